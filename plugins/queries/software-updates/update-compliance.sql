SELECT
    SUM(CAST(s.NumPresent AS bigint)) AS Present,
    SUM(CAST(s.NumMissing AS bigint)) AS Missing,
    SUM(CAST(s.NumUnknown AS bigint)) AS UnknownCount,
    SUM(CAST(s.NumTotal AS bigint)) AS Total
FROM v_Update_ComplianceSummary AS s
JOIN v_UpdateInfo AS u ON u.CI_ID = s.CI_ID
WHERE u.IsDeployed = 1
