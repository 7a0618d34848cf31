SELECT
    CASE WHEN COUNT_BIG(DISTINCT ResourceID) >= 5 THEN ProductVersion0 END AS OfficeVersion,
    COUNT_BIG(DISTINCT ResourceID) AS Machines
FROM v_GS_INSTALLED_SOFTWARE
WHERE ProductName0 LIKE 'Microsoft 365 Apps%'
    OR ProductName0 LIKE 'Microsoft Office Professional%'
    OR ProductName0 LIKE 'Microsoft Office Standard%'
    OR ProductName0 LIKE 'Microsoft Office LTSC%'
GROUP BY ProductVersion0
