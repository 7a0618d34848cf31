SELECT
    CAST(FeatureType AS int) AS FeatureType,
    CAST(DeploymentIntent AS int) AS DeploymentIntent,
    COUNT_BIG(*) AS Deployments,
    SUM(CAST(NumberTotal AS bigint)) AS Targeted,
    SUM(CAST(NumberErrors AS bigint)) AS Errors
FROM v_DeploymentSummary
GROUP BY FeatureType, DeploymentIntent
