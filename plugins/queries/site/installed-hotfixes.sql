SELECT
    CAST(PackageGuid AS nvarchar(36)) AS PackageGuid,
    CASE WHEN FullVersion LIKE '5.0[0-9].%' AND FullVersion NOT LIKE '%[^0-9.]%' THEN FullVersion END AS FullVersion,
    DateReleased
FROM CM_UpdatePackages
WHERE UpdateType = 2
    AND State IN (196612, 196613)
