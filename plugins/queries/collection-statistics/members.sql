SELECT
    c.CollectionType AS CollectionType,
    c.RefreshType AS RefreshType,
    c.MemberCount AS Value,
    COUNT_BIG(*) AS Collections
FROM v_Collection AS c
WHERE c.MemberCount IS NOT NULL
GROUP BY c.CollectionType, c.RefreshType, c.MemberCount
