SELECT
    c.CollectionType AS CollectionType,
    c.RefreshType AS RefreshType,
    c.IncludeExcludeCollectionsCount AS Value,
    COUNT_BIG(*) AS Collections
FROM v_Collection AS c
WHERE c.IncludeExcludeCollectionsCount > 0
GROUP BY c.CollectionType, c.RefreshType, c.IncludeExcludeCollectionsCount
