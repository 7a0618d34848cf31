SELECT
    COUNT_BIG(DISTINCT ci.CI_ID) AS Baselines,
    COUNT_BIG(DISTINCT x.AssignmentID) AS Deployments
FROM v_ConfigurationItems AS ci
LEFT JOIN v_CIAssignmentToCI AS x ON x.CI_ID = ci.CI_ID
WHERE ci.CIType_ID = 2
    AND ci.IsLatest = 1
