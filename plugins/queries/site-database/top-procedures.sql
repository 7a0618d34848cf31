SELECT TOP (20)
    OBJECT_NAME(object_id, database_id) AS Hash_Procedure,
    execution_count AS Executions,
    total_worker_time AS CpuMicroseconds
FROM sys.dm_exec_procedure_stats
WHERE database_id = DB_ID()
ORDER BY total_worker_time DESC, Hash_Procedure
