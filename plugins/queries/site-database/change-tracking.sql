SELECT
    retention_period AS RetentionPeriod,
    retention_period_units_desc AS Units,
    CAST(is_auto_cleanup_on AS int) AS AutoCleanup
FROM sys.change_tracking_databases
WHERE database_id = DB_ID()
