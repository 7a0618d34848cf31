SELECT
    CAST(os.OSLanguage0 AS int) AS OSLanguage,
    CAST(os.Locale0 AS nvarchar(16)) AS Locale,
    COUNT_BIG(*) AS Clients
FROM v_GS_OPERATING_SYSTEM AS os
GROUP BY os.OSLanguage0, os.Locale0
