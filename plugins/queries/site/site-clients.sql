SELECT
    SiteCode AS Hash_SiteCode,
    COUNT_BIG(*) AS Members,
    SUM(CASE WHEN IsClient = 1 THEN 1 ELSE 0 END) AS Clients
FROM v_FullCollectionMembership
WHERE CollectionID = 'SMS00001'
GROUP BY SiteCode
