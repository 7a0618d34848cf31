SELECT
    Role,
    CAST(Status AS int) AS Status,
    CAST(AvailabilityState AS int) AS AvailabilityState,
    COUNT_BIG(*) AS Systems
FROM v_SiteSystemSummarizer
GROUP BY Role, Status, AvailabilityState
