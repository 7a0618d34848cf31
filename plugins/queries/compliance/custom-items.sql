SELECT
    t.CITypeName,
    COUNT_BIG(*) AS Items,
    SUM(CASE WHEN ci.IsEnabled = 1 THEN 1 ELSE 0 END) AS Enabled
FROM v_ConfigurationItems AS ci
JOIN v_CITypes AS t ON t.CIType_ID = ci.CIType_ID
WHERE ci.IsLatest = 1
    AND ci.IsUserDefined = 1
GROUP BY t.CITypeName
