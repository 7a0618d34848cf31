SELECT
    CASE WHEN COUNT_BIG(*) >= 5 THEN CAST(HealthCheckID AS nvarchar(64)) END AS HealthCheckID,
    CAST(Result AS int) AS Result,
    COUNT_BIG(*) AS Clients
FROM v_CH_EvalResults
GROUP BY HealthCheckID, Result
