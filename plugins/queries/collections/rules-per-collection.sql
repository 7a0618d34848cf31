SELECT
    'Query' AS RuleType,
    COUNT_BIG(*) AS Collections,
    MIN(r.Rules) AS MinRules,
    MAX(r.Rules) AS MaxRules,
    AVG(CAST(r.Rules AS float)) AS AvgRules
FROM (
    SELECT CollectionID, COUNT_BIG(*) AS Rules
    FROM v_CollectionRuleQuery
    GROUP BY CollectionID
) AS r
UNION ALL
SELECT
    'Direct' AS RuleType,
    COUNT_BIG(*) AS Collections,
    MIN(r.Rules) AS MinRules,
    MAX(r.Rules) AS MaxRules,
    AVG(CAST(r.Rules AS float)) AS AvgRules
FROM (
    SELECT CollectionID, COUNT_BIG(*) AS Rules
    FROM v_CollectionRuleDirect
    GROUP BY CollectionID
) AS r
UNION ALL
SELECT
    'Include or exclude' AS RuleType,
    COUNT_BIG(*) AS Collections,
    MIN(CAST(c.IncludeExcludeCollectionsCount AS bigint)) AS MinRules,
    MAX(CAST(c.IncludeExcludeCollectionsCount AS bigint)) AS MaxRules,
    AVG(CAST(c.IncludeExcludeCollectionsCount AS float)) AS AvgRules
FROM v_Collection AS c
WHERE c.IncludeExcludeCollectionsCount > 0
