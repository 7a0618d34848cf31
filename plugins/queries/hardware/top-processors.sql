SELECT TOP (10)
    Name0 AS Processor,
    COUNT_BIG(DISTINCT ResourceID) AS Machines
FROM v_GS_PROCESSOR
GROUP BY Name0
ORDER BY Machines DESC, Processor
