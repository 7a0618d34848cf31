SELECT
    COUNT_BIG(*) AS Baselines,
    SUM(CASE WHEN s.FailureCount > 0 THEN 1 ELSE 0 END) AS BaselinesWithFailures,
    SUM(CAST(s.FailureCount AS bigint)) AS Failures
FROM v_CIComplianceSummary AS s
JOIN v_ConfigurationItems AS ci ON ci.CI_ID = s.CI_ID
WHERE ci.CIType_ID = 2
    AND ci.IsLatest = 1
