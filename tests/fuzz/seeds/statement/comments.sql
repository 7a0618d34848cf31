-- first
SELECT /* a /* nested */ one */ Name0, -- two
	COUNT(*) AS n
FROM v_R_System
GROUP BY Name0
HAVING COUNT(DISTINCT ResourceID) > 1 ;;
