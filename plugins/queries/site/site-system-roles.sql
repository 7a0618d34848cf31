SELECT
    RoleName,
    COUNT_BIG(*) AS Instances,
    SUM(CASE WHEN InternetEnabled = 1 THEN 1 ELSE 0 END) AS InternetEnabled,
    SUM(CASE WHEN SslState > 0 THEN 1 ELSE 0 END) AS Ssl
FROM v_SystemResourceList
GROUP BY RoleName
