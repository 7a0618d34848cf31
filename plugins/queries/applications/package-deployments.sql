SELECT
    COUNT_BIG(*) AS Deployments,
    COUNT_BIG(DISTINCT PackageID) AS Packages,
    COUNT_BIG(DISTINCT CollectionID) AS Collections
FROM v_Advertisement
