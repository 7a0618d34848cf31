SELECT
    COUNT_BIG(*) AS Apps,
    SUM(CASE WHEN t.DeploymentTypes > 1 THEN 1 ELSE 0 END) AS AppsWithSeveral,
    MAX(t.DeploymentTypes) AS MaxDeploymentTypes
FROM (
    SELECT r.FromCIID, COUNT_BIG(DISTINCT r.ToCIID) AS DeploymentTypes
    FROM v_CIRelation AS r
    JOIN v_ConfigurationItems AS app ON app.CI_ID = r.FromCIID AND app.CIType_ID = 10 AND app.IsLatest = 1
    JOIN v_ConfigurationItems AS dt ON dt.CI_ID = r.ToCIID AND dt.CIType_ID = 21
    GROUP BY r.FromCIID
) AS t
