SELECT
    c.CollectionType AS CollectionType,
    c.RefreshType AS RefreshType,
    r.Rules AS Value,
    COUNT_BIG(*) AS Collections
FROM v_Collection AS c
JOIN (SELECT q.CollectionID AS CollectionID, COUNT_BIG(*) AS Rules FROM v_CollectionRuleQuery AS q GROUP BY q.CollectionID) AS r
    ON r.CollectionID = c.CollectionID
GROUP BY c.CollectionType, c.RefreshType, r.Rules
