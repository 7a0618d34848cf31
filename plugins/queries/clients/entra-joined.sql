SELECT
    CASE WHEN COUNT_BIG(*) >= 5 THEN Operating_System_Name_and0 END AS OS,
    CASE WHEN COUNT_BIG(*) >= 5 THEN Build01 END AS Build,
    COUNT_BIG(*) AS Clients
FROM v_R_System
WHERE Client0 = 1
    AND AADDeviceID IS NOT NULL
    AND AADDeviceID <> '00000000-0000-0000-0000-000000000000'
GROUP BY Operating_System_Name_and0, Build01
