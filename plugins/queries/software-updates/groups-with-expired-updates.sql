SELECT
    COUNT_BIG(DISTINCT a.CI_ID) AS GroupsWithExpired,
    COUNT_BIG(DISTINCT u.CI_ID) AS ExpiredUpdates
FROM v_AuthListInfo AS a
JOIN v_CIRelation AS r ON r.FromCIID = a.CI_ID
JOIN v_UpdateInfo AS u ON u.CI_ID = r.ToCIID
WHERE u.IsExpired = 1
