SELECT
    DATEDIFF(month, '1970-01-01', b.ReleaseDate0) AS Month,
    COUNT_BIG(*) AS Devices
FROM v_GS_PC_BIOS AS b
JOIN v_R_System AS s ON s.ResourceID = b.ResourceID
WHERE s.Client0 = 1 AND ISNULL(s.Obsolete0, 0) = 0 AND ISNULL(s.Decommissioned0, 0) = 0
GROUP BY DATEDIFF(month, '1970-01-01', b.ReleaseDate0)
