SELECT
    CAST(UEFI0 AS int) AS Uefi,
    CAST(SecureBoot0 AS int) AS SecureBoot,
    COUNT_BIG(*) AS Devices
FROM v_GS_FIRMWARE
GROUP BY UEFI0, SecureBoot0
