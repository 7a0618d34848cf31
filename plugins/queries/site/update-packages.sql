SELECT
    CAST(PackageGuid AS nvarchar(36)) AS PackageGuid,
    CAST(State AS int) AS State,
    CAST(UpdateType AS int) AS UpdateType,
    CAST(Impact AS int) AS Impact,
    FullVersion
FROM CM_UpdatePackages
