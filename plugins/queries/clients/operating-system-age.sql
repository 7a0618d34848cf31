SELECT
    (DATEDIFF(day, InstallDate0, GETUTCDATE()) / 91) * 3 AS AgeMonthsBucket,
    COUNT_BIG(*) AS Clients
FROM v_GS_OPERATING_SYSTEM
WHERE InstallDate0 IS NOT NULL
GROUP BY (DATEDIFF(day, InstallDate0, GETUTCDATE()) / 91) * 3
