SELECT
    CAST(Is_Virtual_Machine0 AS int) AS IsVirtual,
    COUNT_BIG(*) AS Devices
FROM v_R_System
WHERE Client0 = 1
GROUP BY Is_Virtual_Machine0
