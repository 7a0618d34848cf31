SELECT
    CAST(Severity AS int) AS Severity,
    COUNT_BIG(*) AS Messages
FROM v_StatusMessage
WHERE Time >= DATEADD(day, -7, GETUTCDATE())
GROUP BY Severity
