SELECT
    MAX(n.Cnt) AS MaxAssignments,
    AVG(CAST(n.Cnt AS float)) AS AvgAssignments
FROM (
    SELECT x.CI_ID, COUNT(*) AS Cnt
    FROM v_CIAssignmentToCI AS x
    JOIN v_UpdateInfo AS u ON u.CI_ID = x.CI_ID
    GROUP BY x.CI_ID
) AS n
