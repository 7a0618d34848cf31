SELECT
    CAST(DeploymentState AS int) AS DeploymentState,
    CAST(ErrorCode AS int) AS ErrorCode,
    COUNT_BIG(*) AS Clients
FROM v_GS_EPDeploymentState
WHERE ErrorCode <> 0
GROUP BY DeploymentState, ErrorCode
