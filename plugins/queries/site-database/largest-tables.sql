SELECT TOP (20)
    OBJECT_NAME(object_id) AS Hash_TableName,
    SUM(row_count) AS TableRows,
    SUM(reserved_page_count) * 8 AS ReservedKB
FROM sys.dm_db_partition_stats
WHERE index_id IN (0, 1)
GROUP BY object_id
ORDER BY ReservedKB DESC, Hash_TableName
