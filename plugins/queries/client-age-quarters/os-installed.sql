SELECT
    DATEDIFF(month, '1970-01-01', os.InstallDate0) AS Month,
    COUNT_BIG(*) AS Devices
FROM v_GS_OPERATING_SYSTEM AS os
JOIN v_R_System AS s ON s.ResourceID = os.ResourceID
WHERE s.Client0 = 1 AND ISNULL(s.Obsolete0, 0) = 0 AND ISNULL(s.Decommissioned0, 0) = 0
GROUP BY DATEDIFF(month, '1970-01-01', os.InstallDate0)
