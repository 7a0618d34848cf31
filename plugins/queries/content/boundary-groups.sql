SELECT
    COUNT_BIG(*) AS Groups,
    MIN(MemberCount) AS MinBoundaries,
    MAX(MemberCount) AS MaxBoundaries,
    AVG(CAST(MemberCount AS float)) AS AvgBoundaries,
    AVG(CAST(SiteSystemCount AS float)) AS AvgSiteSystems
FROM vSMS_BoundaryGroup
