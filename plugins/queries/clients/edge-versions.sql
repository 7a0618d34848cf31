SELECT
    CASE WHEN COUNT_BIG(DISTINCT ResourceID) >= 5 THEN ProductVersion0 END AS EdgeVersion,
    COUNT_BIG(DISTINCT ResourceID) AS Machines
FROM v_GS_INSTALLED_SOFTWARE
WHERE ProductName0 = 'Microsoft Edge'
GROUP BY ProductVersion0
