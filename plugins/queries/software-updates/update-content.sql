SELECT
    CAST(IsDeployed AS int) AS Deployed,
    CAST(IsContentProvisioned AS int) AS HasContent,
    COUNT_BIG(*) AS Updates
FROM v_UpdateInfo
WHERE IsLatest = 1
GROUP BY IsDeployed, IsContentProvisioned
