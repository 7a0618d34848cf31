SELECT
    COUNT_BIG(*) AS CollectionsWithPower,
    ISNULL(SUM(CAST(MemberCount AS bigint)), 0) AS Machines
FROM v_Collection
WHERE PowerConfigsCount > 0
