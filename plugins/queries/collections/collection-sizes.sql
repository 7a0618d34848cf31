SELECT
    CAST(CollectionType AS int) AS CollectionType,
    CAST(RefreshType AS int) AS RefreshType,
    COUNT_BIG(*) AS Collections,
    MIN(MemberCount) AS MinMembers,
    MAX(MemberCount) AS MaxMembers,
    AVG(CAST(MemberCount AS float)) AS AvgMembers
FROM v_Collection
GROUP BY CollectionType, RefreshType
