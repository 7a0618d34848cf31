SELECT
    'Deployments' AS Summary,
    COUNT_BIG(*) AS Summaries,
    MIN(DATEDIFF(day, SummarizationTime, GETUTCDATE())) AS MinDays,
    MAX(DATEDIFF(day, SummarizationTime, GETUTCDATE())) AS MaxDays
FROM v_DeploymentSummary
UNION ALL
SELECT
    'Software updates' AS Summary,
    COUNT_BIG(*) AS Summaries,
    MIN(DATEDIFF(day, LastSummaryTime, GETUTCDATE())) AS MinDays,
    MAX(DATEDIFF(day, LastSummaryTime, GETUTCDATE())) AS MaxDays
FROM v_Update_ComplianceSummary
UNION ALL
SELECT
    'Compliance settings' AS Summary,
    COUNT_BIG(*) AS Summaries,
    MIN(DATEDIFF(day, LastSummaryTime, GETUTCDATE())) AS MinDays,
    MAX(DATEDIFF(day, LastSummaryTime, GETUTCDATE())) AS MaxDays
FROM v_CIComplianceSummary
