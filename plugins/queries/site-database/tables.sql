SELECT name AS Hash_TableName
FROM sys.tables
