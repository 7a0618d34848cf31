SELECT
    d.LastMessageStateID,
    n.StateName,
    COUNT_BIG(*) AS Clients
FROM v_ClientDeploymentState AS d
JOIN v_StateNames AS n ON n.StateID = d.LastMessageStateID AND n.TopicType = 800
GROUP BY d.LastMessageStateID, n.StateName
