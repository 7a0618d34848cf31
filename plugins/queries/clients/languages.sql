SELECT
    CAST(os.OSLanguage0 AS int) AS OSLanguage,
    CASE WHEN COUNT_BIG(*) >= 5 THEN CAST(os.Locale0 AS nvarchar(16)) END AS Locale,
    COUNT_BIG(*) AS Clients
FROM v_GS_OPERATING_SYSTEM AS os
GROUP BY os.OSLanguage0, os.Locale0
