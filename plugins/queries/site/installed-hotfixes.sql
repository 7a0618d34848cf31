SELECT
    CAST(PackageGuid AS nvarchar(36)) AS PackageGuid,
    FullVersion,
    DateReleased
FROM CM_UpdatePackages
WHERE UpdateType = 2
    AND State IN (196612, 196613)
