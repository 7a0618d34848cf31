SELECT
    CAST(Status AS int) AS Status,
    CAST(LastErrorCode AS int) AS LastErrorCode,
    COUNT_BIG(*) AS Machines
FROM v_CP_Machine
GROUP BY Status, LastErrorCode
