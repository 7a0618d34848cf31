SELECT
    CAST(RelationType AS int) AS RelationType,
    COUNT_BIG(*) AS Relations
FROM v_CIRelation
GROUP BY RelationType
