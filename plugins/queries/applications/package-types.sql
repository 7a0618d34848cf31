SELECT
    CAST(PackageType AS int) AS PackageType,
    COUNT_BIG(*) AS Packages
FROM v_Package
GROUP BY PackageType
