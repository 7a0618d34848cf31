SELECT
    t.CITypeName,
    COUNT_BIG(*) AS Items
FROM v_ConfigurationItems AS ci
JOIN v_CITypes AS t ON t.CIType_ID = ci.CIType_ID
WHERE ci.IsLatest = 1
GROUP BY t.CITypeName
