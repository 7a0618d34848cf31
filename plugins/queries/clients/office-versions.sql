SELECT
    ProductVersion0 AS OfficeVersion,
    COUNT_BIG(DISTINCT ResourceID) AS Machines
FROM v_GS_INSTALLED_SOFTWARE
WHERE ProductName0 LIKE 'Microsoft 365 Apps%'
    OR ProductName0 LIKE 'Microsoft Office Professional%'
    OR ProductName0 LIKE 'Microsoft Office Standard%'
    OR ProductName0 LIKE 'Microsoft Office LTSC%'
GROUP BY ProductVersion0
