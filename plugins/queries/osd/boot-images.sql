SELECT
    CASE
        WHEN ImageOSVersion NOT LIKE '%[^0-9.]%' AND (ImageOSVersion LIKE '10.0.%' OR ImageOSVersion LIKE '6.[1-3].%')
            THEN ImageOSVersion
    END AS ImageOSVersion,
    CASE
        WHEN CAST(Architecture AS nvarchar(16)) IN ('0', 'x86') THEN 'x86'
        WHEN CAST(Architecture AS nvarchar(16)) IN ('9', 'x64') THEN 'x64'
        WHEN CAST(Architecture AS nvarchar(16)) IN ('12', 'ARM64') THEN 'ARM64'
        ELSE 'other'
    END AS Architecture,
    COUNT_BIG(*) AS BootImages
FROM v_BootImagePackage
GROUP BY ImageOSVersion, Architecture
