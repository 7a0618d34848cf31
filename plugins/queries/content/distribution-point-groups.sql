SELECT
    COUNT_BIG(*) AS Groups,
    AVG(CAST(MemberCount AS float)) AS AvgDPs,
    AVG(CAST(ContentCount AS float)) AS AvgPackages
FROM v_SMS_DistributionPointGroup
