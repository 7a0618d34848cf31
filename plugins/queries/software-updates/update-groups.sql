SELECT
    (SELECT COUNT_BIG(*) FROM v_AuthListInfo) AS UpdateGroups,
    (SELECT COUNT_BIG(*) FROM v_CIAssignment WHERE AssignmentType IN (1, 5)) AS Assignments
