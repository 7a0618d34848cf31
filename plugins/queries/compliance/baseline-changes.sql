SELECT
    COUNT_BIG(*) AS Baselines,
    SUM(CASE WHEN DateCreated >= DATEADD(day, -30, GETUTCDATE()) THEN 1 ELSE 0 END) AS CreatedInMonth,
    SUM(CASE WHEN DateLastModified >= DATEADD(day, -30, GETUTCDATE()) THEN 1 ELSE 0 END) AS ChangedInMonth
FROM v_ConfigurationItems
WHERE CIType_ID = 2
    AND IsLatest = 1
