SELECT
    Role,
    COUNT_BIG(*) AS Systems,
    MIN(PercentFree) AS MinPercentFree,
    AVG(CAST(PercentFree AS float)) AS AvgPercentFree
FROM v_SiteSystemSummarizer
GROUP BY Role
