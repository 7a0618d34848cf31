SELECT
    CAST(DeploymentIntent AS int) AS DeploymentIntent,
    COUNT_BIG(*) AS Deployments
FROM v_DeploymentSummary
WHERE FeatureType = 5
GROUP BY DeploymentIntent
