SELECT
    s.Operating_System_Name_and0 AS OS,
    cs.SystemType0 AS SystemType,
    COUNT_BIG(*) AS Clients
FROM v_R_System AS s
JOIN v_GS_COMPUTER_SYSTEM AS cs ON cs.ResourceID = s.ResourceID
WHERE s.Client0 = 1
GROUP BY s.Operating_System_Name_and0, cs.SystemType0
