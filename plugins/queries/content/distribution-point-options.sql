SELECT
    COUNT_BIG(*) AS DPs,
    SUM(CAST(HealthCheckEnabled AS int)) AS Monitored,
    SUM(CAST(RateLimitsEnabled AS int)) AS RateLimited,
    SUM(CAST(InternetFacing AS int)) AS InternetFacing,
    SUM(CASE WHEN GroupCount > 0 THEN 1 ELSE 0 END) AS InGroups
FROM v_DistributionPointInfo
