SELECT
    COUNT_BIG(*) AS Clients,
    SUM(CASE WHEN LastDDR >= DATEADD(day, -7, GETUTCDATE()) THEN 1 ELSE 0 END) AS Discovery,
    SUM(CASE WHEN LastHW >= DATEADD(day, -7, GETUTCDATE()) THEN 1 ELSE 0 END) AS HardwareInventory,
    SUM(CASE WHEN LastSW >= DATEADD(day, -7, GETUTCDATE()) THEN 1 ELSE 0 END) AS SoftwareInventory,
    SUM(CASE WHEN LastStatusMessage >= DATEADD(day, -7, GETUTCDATE()) THEN 1 ELSE 0 END) AS StatusMessages,
    SUM(CASE WHEN LastPolicyRequest >= DATEADD(day, -7, GETUTCDATE()) THEN 1 ELSE 0 END) AS PolicyRequests
FROM v_CH_ClientSummary
