SELECT
    SUM(CASE WHEN WoLEnabled = 1 THEN 1 ELSE 0 END) AS WolDeployments,
    COUNT_BIG(*) AS Deployments
FROM v_CIAssignment
