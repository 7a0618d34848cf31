SELECT
    MIN(DATEDIFF(hour, LastScanTime, GETUTCDATE())) AS MinHours,
    MAX(DATEDIFF(hour, LastScanTime, GETUTCDATE())) AS MaxHours,
    AVG(CAST(DATEDIFF(hour, LastScanTime, GETUTCDATE()) AS float)) AS AvgHours
FROM v_UpdateScanStatus
WHERE LastScanTime IS NOT NULL
