-- Inventory and client status have at most one row a device; a device without either is counted, too.
-- Client type 3 is a device that is managed without this client.
-- 125, 126, 129 and 130 are the editions of the long-term servicing channel, 191 is the one for IoT;
-- branch 2 is that channel.
SELECT
    CASE WHEN s.Client0 = 1 AND ISNULL(s.Client_Type0, 1) <> 3 THEN 1 ELSE 0 END AS Client,
    s.Client_Version0 AS ClientVersion,
    os.ProductType0 AS ProductType,
    CASE WHEN os.OperatingSystemSKU0 IN (125, 126, 129, 130, 191) OR s.OSBranch01 = '2' THEN 1 ELSE 0 END AS LongTerm,
    CAST(c.ClientActiveStatus AS int) AS Active,
    c.LastEvaluationHealthy AS Healthy,
    DATEDIFF(day, '1970-01-01', c.LastHW) AS InventoryDay,
    COUNT_BIG(*) AS Devices
FROM v_R_System AS s
LEFT JOIN v_GS_OPERATING_SYSTEM AS os ON os.ResourceID = s.ResourceID
LEFT JOIN v_CH_ClientSummary AS c ON c.ResourceID = s.ResourceID
WHERE ISNULL(s.Obsolete0, 0) = 0 AND ISNULL(s.Decommissioned0, 0) = 0
GROUP BY
    CASE WHEN s.Client0 = 1 AND ISNULL(s.Client_Type0, 1) <> 3 THEN 1 ELSE 0 END,
    s.Client_Version0,
    os.ProductType0,
    CASE WHEN os.OperatingSystemSKU0 IN (125, 126, 129, 130, 191) OR s.OSBranch01 = '2' THEN 1 ELSE 0 END,
    CAST(c.ClientActiveStatus AS int),
    c.LastEvaluationHealthy,
    DATEDIFF(day, '1970-01-01', c.LastHW)
