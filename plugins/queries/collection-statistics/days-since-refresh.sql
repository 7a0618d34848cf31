SELECT
    c.CollectionType AS CollectionType,
    c.RefreshType AS RefreshType,
    DATEDIFF(day, '1970-01-01', c.LastRefreshTime) AS Value,
    COUNT_BIG(*) AS Collections
FROM v_Collection AS c
WHERE c.LastRefreshTime IS NOT NULL
GROUP BY c.CollectionType, c.RefreshType, DATEDIFF(day, '1970-01-01', c.LastRefreshTime)
