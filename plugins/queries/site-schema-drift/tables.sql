SELECT t.name AS TableName
FROM sys.tables AS t
