SELECT
    CAST(LastScanState AS int) AS LastScanState,
    CAST(LastErrorCode AS int) AS LastErrorCode,
    COUNT_BIG(*) AS Machines
FROM v_UpdateScanStatus
WHERE LastErrorCode <> 0
GROUP BY LastScanState, LastErrorCode
