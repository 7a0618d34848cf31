SELECT
    d.LastMessageStateID,
    CASE WHEN COUNT_BIG(*) >= 5 THEN n.StateName END AS StateName,
    COUNT_BIG(*) AS Clients
FROM v_ClientDeploymentState AS d
JOIN v_StateNames AS n ON n.StateID = d.LastMessageStateID AND n.TopicType = 800
GROUP BY d.LastMessageStateID, n.StateName
