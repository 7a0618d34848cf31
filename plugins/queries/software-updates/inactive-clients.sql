SELECT
    MIN(x.Cnt) AS MinInactive,
    MAX(x.Cnt) AS MaxInactive,
    AVG(CAST(x.Cnt AS float)) AS AvgInactive
FROM (
    SELECT
        m.CollectionID,
        COUNT_BIG(DISTINCT CASE WHEN c.ClientActiveStatus = 0 THEN m.ResourceID END) AS Cnt
    FROM v_FullCollectionMembership AS m
    JOIN v_CH_ClientSummary AS c ON c.ResourceID = m.ResourceID
    WHERE EXISTS (
        SELECT 1
        FROM v_DeploymentSummary AS d
        WHERE d.CollectionID = m.CollectionID
            AND d.FeatureType = 5
    )
    GROUP BY m.CollectionID
) AS x
