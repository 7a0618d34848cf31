SELECT
    CAST(Type AS int) AS Type,
    COUNT_BIG(*) AS TaskSequences
FROM v_TaskSequencePackage
GROUP BY Type
