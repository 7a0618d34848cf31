SELECT
    CAST(c.CollectionType AS int) AS CollectionType,
    CAST(d.DeploymentIntent AS int) AS DeploymentIntent,
    COUNT_BIG(DISTINCT a.AssignmentID) AS Deployments
FROM v_ApplicationAssignment AS a
JOIN v_Collection AS c ON c.CollectionID = a.CollectionID
JOIN v_DeploymentSummary AS d ON d.AssignmentID = a.AssignmentID
GROUP BY c.CollectionType, d.DeploymentIntent
