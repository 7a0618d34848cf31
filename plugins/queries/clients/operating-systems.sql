SELECT
    os.Caption0 AS OS,
    os.Version0 AS OSVersion,
    COUNT_BIG(*) AS Clients
FROM v_GS_OPERATING_SYSTEM AS os
JOIN v_R_System AS s ON s.ResourceID = os.ResourceID
WHERE s.Client0 = 1
GROUP BY os.Caption0, os.Version0
