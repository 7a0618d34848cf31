SELECT
    COUNT_BIG(*) AS Baselines,
    SUM(CAST(s.CountTargeted AS bigint)) AS Targeted,
    SUM(CAST(s.CountCompliant AS bigint)) AS Compliant,
    SUM(CAST(s.CountNoncompliant AS bigint)) AS Noncompliant,
    SUM(CAST(s.FailureCount AS bigint)) AS Failures
FROM v_CIComplianceSummary AS s
JOIN v_ConfigurationItems AS ci ON ci.CI_ID = s.CI_ID
WHERE ci.CIType_ID = 2
    AND ci.IsLatest = 1
