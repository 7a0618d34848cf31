SELECT
    Operating_System_Name_and0 AS OS,
    Build01 AS Build,
    COUNT_BIG(*) AS Clients
FROM v_R_System
WHERE Client0 = 1
    AND AADDeviceID IS NOT NULL
    AND AADDeviceID <> '00000000-0000-0000-0000-000000000000'
GROUP BY Operating_System_Name_and0, Build01
