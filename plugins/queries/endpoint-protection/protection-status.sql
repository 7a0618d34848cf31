SELECT
    SUM(OverallStatusProtectedCount) AS Protected,
    SUM(OverallStatusAtRiskCount) AS AtRisk,
    SUM(OverallStatusNotSupportedCount) AS NotSupported,
    SUM(OverallStatusInactiveCount) AS Inactive,
    SUM(OverallStatusNotYetInstalledCount) AS NotYetInstalled,
    SUM(OverallNotClientCount) AS NotClient
FROM v_EndpointProtectionHealthStatus
WHERE CollectionID = 'SMS00001'
