SELECT
    CAST(PkgFlags AS bigint) AS PkgFlags,
    CAST(Priority AS int) AS Priority,
    COUNT_BIG(*) AS Packages
FROM v_Package
GROUP BY PkgFlags, Priority
