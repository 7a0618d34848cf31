SELECT
    CAST(CurrentState AS int) AS CurrentState,
    COUNT_BIG(*) AS Requests,
    COUNT_BIG(DISTINCT CI_UniqueID) AS Apps
FROM v_UserAppRequests
GROUP BY CurrentState
