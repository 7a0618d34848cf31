SELECT
    CAST(OSBranch01 AS int) AS Branch,
    CASE WHEN COUNT_BIG(*) >= 5 THEN Build01 END AS Build,
    Full_Domain_Name0 AS Hash_Forest,
    COUNT_BIG(*) AS Devices
FROM v_R_System
WHERE Client0 = 1
    AND Build01 LIKE '10.0.%'
GROUP BY OSBranch01, Build01, Full_Domain_Name0
