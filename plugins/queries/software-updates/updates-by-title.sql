SELECT
    'Microsoft 365 Apps' AS Product,
    COUNT_BIG(*) AS Updates,
    SUM(CASE WHEN IsDeployed = 1 THEN 1 ELSE 0 END) AS Deployed,
    SUM(CASE WHEN IsContentProvisioned = 1 THEN 1 ELSE 0 END) AS Downloaded
FROM v_UpdateInfo
WHERE IsLatest = 1
    AND (Title LIKE 'Microsoft 365 Apps Update%' OR Title LIKE 'Office 365 Client Update%')
UNION ALL
SELECT
    'Surface' AS Product,
    COUNT_BIG(*) AS Updates,
    SUM(CASE WHEN IsDeployed = 1 THEN 1 ELSE 0 END) AS Deployed,
    SUM(CASE WHEN IsContentProvisioned = 1 THEN 1 ELSE 0 END) AS Downloaded
FROM v_UpdateInfo
WHERE IsLatest = 1
    AND Title LIKE 'Surface%'
