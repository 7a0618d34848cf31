SELECT
    CASE WHEN COUNT_BIG(*) >= 5 THEN s.Operating_System_Name_and0 END AS OS,
    CASE WHEN COUNT_BIG(*) >= 5 THEN c.ClientStateDescription END AS ClientState,
    COUNT_BIG(*) AS Clients
FROM v_CH_ClientSummary AS c
JOIN v_R_System AS s ON s.ResourceID = c.ResourceID
GROUP BY s.Operating_System_Name_and0, c.ClientStateDescription
