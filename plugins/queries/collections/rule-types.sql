SELECT
    'Query' AS RuleType,
    COUNT_BIG(*) AS Rules,
    COUNT_BIG(DISTINCT CollectionID) AS Collections
FROM v_CollectionRuleQuery
UNION ALL
SELECT
    'Direct' AS RuleType,
    COUNT_BIG(*) AS Rules,
    COUNT_BIG(DISTINCT CollectionID) AS Collections
FROM v_CollectionRuleDirect
