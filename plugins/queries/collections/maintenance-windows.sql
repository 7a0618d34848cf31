SELECT
    CAST(ServiceWindowType AS int) AS ServiceWindowType,
    CAST(RecurrenceType AS int) AS RecurrenceType,
    COUNT_BIG(*) AS Windows,
    MIN(Duration) AS MinMinutes,
    MAX(Duration) AS MaxMinutes,
    AVG(CAST(Duration AS float)) AS AvgMinutes
FROM v_ServiceWindow
WHERE IsEnabled = 1
GROUP BY ServiceWindowType, RecurrenceType
