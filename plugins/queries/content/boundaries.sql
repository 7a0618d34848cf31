SELECT
    CAST(BoundaryType AS int) AS BoundaryType,
    CAST(BoundaryFlags AS int) AS BoundaryFlags,
    COUNT_BIG(*) AS Boundaries
FROM v_BoundaryInfo
GROUP BY BoundaryType, BoundaryFlags
