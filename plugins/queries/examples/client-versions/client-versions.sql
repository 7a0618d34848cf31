SELECT
    CASE WHEN COUNT(*) >= 5 THEN s.Client_Version0 END AS ClientVersion,
    COUNT(*) AS Devices,
    SUM(CASE WHEN s.Active0 = 1 THEN 1 ELSE 0 END) AS Active
FROM v_R_System AS s
WHERE s.Client0 = 1
GROUP BY s.Client_Version0
