SELECT
    CASE WHEN Schedule LIKE '<%>' OR Schedule NOT LIKE '%[^0-9A-F]%' THEN Schedule END AS Schedule,
    COUNT_BIG(*) AS Rules
FROM vSMS_AutoDeployments
GROUP BY Schedule
