SELECT
    CAST(AutoDeploymentEnabled AS int) AS AutoDeploymentEnabled,
    CAST(IsServicingPlan AS int) AS IsServicingPlan,
    COUNT_BIG(*) AS Rules
FROM vSMS_AutoDeployments
GROUP BY AutoDeploymentEnabled, IsServicingPlan
