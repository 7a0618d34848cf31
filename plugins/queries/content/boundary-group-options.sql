SELECT
    CAST(Shared AS int) AS Shared,
    CAST(Flags AS int) AS Flags,
    COUNT_BIG(*) AS Groups
FROM vSMS_BoundaryGroup
GROUP BY Shared, Flags
