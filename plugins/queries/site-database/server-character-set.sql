SELECT
    CAST(SERVERPROPERTY('SqlCharSetName') AS nvarchar(128)) AS CharacterSet,
    CAST(SERVERPROPERTY('SqlSortOrderName') AS nvarchar(128)) AS SortOrder,
    CAST(SERVERPROPERTY('LCID') AS int) AS LocaleID
