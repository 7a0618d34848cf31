SELECT 'it''s' AS a, N'ä''中' AS b, 'ä' AS c, '--' AS d, '/* x */' AS e, '];' AS f, '\' AS g, '' AS h FROM [dbo].[t] AS [x] WHERE [x].[Select] LIKE '50!%' ESCAPE '!' OR x.y NOT LIKE 'a%' ESCAPE ''''
