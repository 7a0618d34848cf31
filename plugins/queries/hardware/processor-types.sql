SELECT
    CASE WHEN COUNT_BIG(*) >= 5 THEN s.Operating_System_Name_and0 END AS OS,
    CASE WHEN COUNT_BIG(*) >= 5 THEN cs.SystemType0 END AS SystemType,
    COUNT_BIG(*) AS Clients
FROM v_R_System AS s
JOIN v_GS_COMPUTER_SYSTEM AS cs ON cs.ResourceID = s.ResourceID
WHERE s.Client0 = 1
GROUP BY s.Operating_System_Name_and0, cs.SystemType0
