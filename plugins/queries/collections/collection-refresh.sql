SELECT
    CAST(RefreshType AS int) AS RefreshType,
    CAST(CurrentStatus AS int) AS CurrentStatus,
    COUNT_BIG(*) AS Collections,
    MIN(DATEDIFF(day, LastRefreshTime, GETUTCDATE())) AS MinDays,
    MAX(DATEDIFF(day, LastRefreshTime, GETUTCDATE())) AS MaxDays,
    AVG(CAST(DATEDIFF(day, LastRefreshTime, GETUTCDATE()) AS float)) AS AvgDays
FROM v_Collection
GROUP BY RefreshType, CurrentStatus
