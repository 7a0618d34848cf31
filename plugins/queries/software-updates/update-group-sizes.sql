SELECT
    COUNT_BIG(*) AS Groups,
    MIN(g.Updates) AS MinUpdates,
    MAX(g.Updates) AS MaxUpdates,
    AVG(CAST(g.Updates AS float)) AS AvgUpdates
FROM (
    SELECT a.CI_ID, COUNT_BIG(DISTINCT u.CI_ID) AS Updates
    FROM v_AuthListInfo AS a
    LEFT JOIN v_CIRelation AS r ON r.FromCIID = a.CI_ID
    LEFT JOIN v_UpdateInfo AS u ON u.CI_ID = r.ToCIID
    GROUP BY a.CI_ID
) AS g
