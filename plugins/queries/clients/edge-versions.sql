SELECT
    ProductVersion0 AS EdgeVersion,
    COUNT_BIG(DISTINCT ResourceID) AS Machines
FROM v_GS_INSTALLED_SOFTWARE
WHERE ProductName0 = 'Microsoft Edge'
GROUP BY ProductVersion0
