SELECT
    CAST(a.DesiredConfigType AS int) AS DesiredConfigType,
    CAST(d.DeploymentIntent AS int) AS DeploymentIntent,
    COUNT_BIG(*) AS Deployments,
    SUM(CASE WHEN a.NotifyUser = 1 THEN 1 ELSE 0 END) AS UserInteraction
FROM v_ApplicationAssignment AS a
JOIN v_DeploymentSummary AS d ON d.AssignmentID = a.AssignmentID
GROUP BY a.DesiredConfigType, d.DeploymentIntent
