SELECT
    CAST(HealthCheckID AS nvarchar(64)) AS HealthCheckID,
    CAST(Result AS int) AS Result,
    COUNT_BIG(*) AS Clients
FROM v_CH_EvalResults
GROUP BY HealthCheckID, Result
