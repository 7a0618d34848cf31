SELECT
    CASE WHEN COUNT_BIG(*) >= 5 THEN s.Client_Version0 END AS ClientVersion,
    CAST(c.ClientActiveStatus AS int) AS ClientActiveStatus,
    CAST(c.LastEvaluationHealthy AS int) AS LastEvaluationHealthy,
    COUNT_BIG(*) AS Clients
FROM v_CH_ClientSummary AS c
JOIN v_R_System AS s ON s.ResourceID = c.ResourceID
GROUP BY s.Client_Version0, c.ClientActiveStatus, c.LastEvaluationHealthy
