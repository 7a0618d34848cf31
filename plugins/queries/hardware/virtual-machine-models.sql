SELECT
    CASE WHEN COUNT_BIG(*) >= 5 THEN cs.Manufacturer0 END AS Manufacturer,
    CASE WHEN COUNT_BIG(*) >= 5 THEN cs.Model0 END AS Model,
    COUNT_BIG(*) AS Devices
FROM v_R_System AS s
JOIN v_GS_COMPUTER_SYSTEM AS cs ON cs.ResourceID = s.ResourceID
WHERE s.Client0 = 1
    AND s.Is_Virtual_Machine0 = 1
GROUP BY cs.Manufacturer0, cs.Model0
