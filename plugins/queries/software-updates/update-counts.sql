SELECT
    COUNT_BIG(*) AS Updates,
    SUM(CAST(IsDeployed AS int)) AS Deployed,
    SUM(CAST(IsExpired AS int)) AS Expired,
    SUM(CAST(IsSuperseded AS int)) AS Superseded,
    SUM(CAST(IsContentProvisioned AS int)) AS Downloaded,
    SUM(CAST(EULAExists AS int)) AS WithEula
FROM v_UpdateInfo
WHERE IsLatest = 1
