SELECT
    CAST(UseGMTTimes AS int) AS UseGMTTimes,
    CAST(SuppressReboot AS int) AS SuppressReboot,
    CAST(UserUIExperience AS int) AS UserUIExperience,
    COUNT_BIG(*) AS Deployments
FROM v_CIAssignment
WHERE AssignmentType IN (1, 5)
GROUP BY UseGMTTimes, SuppressReboot, UserUIExperience
