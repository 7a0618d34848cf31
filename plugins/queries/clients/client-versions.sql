SELECT
    CASE WHEN COUNT_BIG(*) >= 5 THEN Client_Version0 END AS ClientVersion,
    COUNT_BIG(*) AS Clients
FROM v_R_System
WHERE Client0 = 1
    AND ISNULL(Obsolete0, 0) = 0
    AND ISNULL(Decommissioned0, 0) = 0
GROUP BY Client_Version0
