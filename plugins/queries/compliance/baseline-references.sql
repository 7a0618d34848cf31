SELECT
    COUNT_BIG(*) AS Baselines,
    MIN(b.Items) AS MinItems,
    MAX(b.Items) AS MaxItems,
    AVG(CAST(b.Items AS float)) AS AvgItems
FROM (
    SELECT ci.CI_ID, COUNT_BIG(DISTINCT r.ToCIID) AS Items
    FROM v_ConfigurationItems AS ci
    LEFT JOIN v_CIRelation AS r ON r.FromCIID = ci.CI_ID
    WHERE ci.CIType_ID = 2
        AND ci.IsLatest = 1
    GROUP BY ci.CI_ID
) AS b
