SELECT
    (
        SELECT COUNT_BIG(*)
        FROM (
            SELECT SMBIOS_GUID0
            FROM v_R_System
            WHERE SMBIOS_GUID0 IS NOT NULL
                AND ISNULL(Obsolete0, 0) = 0
            GROUP BY SMBIOS_GUID0
            HAVING COUNT_BIG(*) > 1
        ) AS g
    ) AS SmbiosGuids,
    (
        SELECT COUNT_BIG(*)
        FROM (
            SELECT Hardware_ID0
            FROM v_R_System
            WHERE Hardware_ID0 IS NOT NULL
                AND ISNULL(Obsolete0, 0) = 0
            GROUP BY Hardware_ID0
            HAVING COUNT_BIG(*) > 1
        ) AS h
    ) AS HardwareIDs
