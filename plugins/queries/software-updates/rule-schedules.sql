SELECT
    Schedule,
    COUNT_BIG(*) AS Rules
FROM vSMS_AutoDeployments
GROUP BY Schedule
