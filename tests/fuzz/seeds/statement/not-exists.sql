SELECT COUNT_BIG(*) AS CollectionsWithoutDeployment FROM v_Collection c WHERE c.IsBuiltIn = 0 AND NOT EXISTS (SELECT 1 FROM v_DeploymentSummary d WHERE d.CollectionID = c.CollectionID)
