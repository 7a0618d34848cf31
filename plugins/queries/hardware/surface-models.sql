SELECT
    CASE WHEN COUNT_BIG(*) >= 5 THEN Model0 END AS Model,
    COUNT_BIG(*) AS Devices
FROM v_GS_COMPUTER_SYSTEM
WHERE Manufacturer0 = 'Microsoft Corporation'
    AND Model0 LIKE 'Surface%'
GROUP BY Model0
