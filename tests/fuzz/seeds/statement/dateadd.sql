SELECT TOP (25) Component, MessageID, COUNT_BIG(*) AS Messages FROM v_StatusMessage WHERE Time >= DATEADD(day, -7, GETUTCDATE()) GROUP BY Component, MessageID ORDER BY Messages DESC
