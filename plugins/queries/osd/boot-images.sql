SELECT
    ImageOSVersion,
    CAST(Architecture AS int) AS Architecture,
    COUNT_BIG(*) AS BootImages
FROM v_BootImagePackage
GROUP BY ImageOSVersion, Architecture
