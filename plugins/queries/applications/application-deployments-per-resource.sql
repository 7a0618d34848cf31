SELECT
    CAST(t.ResourceType AS int) AS ResourceType,
    MIN(t.Deployments) AS MinDeployments,
    MAX(t.Deployments) AS MaxDeployments,
    AVG(CAST(t.Deployments AS float)) AS AvgDeployments
FROM (
    SELECT m.ResourceType, m.ResourceID, COUNT_BIG(DISTINCT a.AssignmentID) AS Deployments
    FROM v_ApplicationAssignment AS a
    JOIN v_FullCollectionMembership AS m ON m.CollectionID = a.CollectionID
    GROUP BY m.ResourceType, m.ResourceID
) AS t
GROUP BY t.ResourceType
