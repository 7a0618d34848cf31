SELECT
    CAST(PackageGuid AS nvarchar(36)) AS PackageGuid,
    CAST(State AS int) AS State,
    CAST(UpdateType AS int) AS UpdateType,
    CAST(Impact AS int) AS Impact,
    CASE WHEN FullVersion LIKE '5.0[0-9].%' AND FullVersion NOT LIKE '%[^0-9.]%' THEN FullVersion END AS FullVersion
FROM CM_UpdatePackages
