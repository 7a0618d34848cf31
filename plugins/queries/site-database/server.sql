SELECT
    CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)) AS ProductVersion,
    CAST(SERVERPROPERTY('ProductLevel') AS nvarchar(128)) AS ProductLevel,
    CAST(SERVERPROPERTY('Edition') AS nvarchar(128)) AS Edition,
    CAST(SERVERPROPERTY('Collation') AS nvarchar(128)) AS Collation,
    CAST(SERVERPROPERTY('IsClustered') AS int) AS IsClustered,
    CAST(SERVERPROPERTY('IsHadrEnabled') AS int) AS IsHadrEnabled
