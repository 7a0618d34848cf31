SELECT
    type_desc AS FileType,
    SUM(CAST(size AS bigint)) * 8 AS SizeKB
FROM sys.database_files
GROUP BY type_desc
