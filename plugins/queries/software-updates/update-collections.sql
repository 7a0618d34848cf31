SELECT
    COUNT_BIG(DISTINCT CollectionID) AS Collections,
    COUNT_BIG(*) AS Deployments
FROM v_CIAssignment
WHERE AssignmentType IN (1, 5)
