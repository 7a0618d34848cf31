SELECT
    CAST(RefreshType AS int) AS RefreshType,
    CAST(CurrentStatus AS int) AS CurrentStatus,
    COUNT_BIG(*) AS Collections
FROM v_Collection
GROUP BY RefreshType, CurrentStatus
