SELECT
    CASE WHEN Schedule IS NULL OR Schedule = '' THEN 'unscheduled' ELSE 'scheduled' END AS Evaluation,
    COUNT_BIG(*) AS Rules
FROM vSMS_AutoDeployments
GROUP BY CASE WHEN Schedule IS NULL OR Schedule = '' THEN 'unscheduled' ELSE 'scheduled' END
