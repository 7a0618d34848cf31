SELECT
    CASE WHEN COUNT_BIG(*) >= 5 THEN os.Caption0 END AS OS,
    CASE WHEN COUNT_BIG(*) >= 5 THEN os.Version0 END AS OSVersion,
    COUNT_BIG(*) AS Clients
FROM v_GS_OPERATING_SYSTEM AS os
JOIN v_R_System AS s ON s.ResourceID = os.ResourceID
WHERE s.Client0 = 1
GROUP BY os.Caption0, os.Version0
