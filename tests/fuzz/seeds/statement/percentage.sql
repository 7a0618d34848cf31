SELECT 100.0 * SUM(CASE WHEN LastErrorCode = 0 THEN 1 ELSE 0 END) / NULLIF(COUNT(*),0) AS ScanSuccessPercent FROM v_UpdateScanStatus
