SELECT MAX(u.Cnt) AS MaxUsers, AVG(CAST(u.Cnt AS float)) AS AvgUsers FROM (SELECT MachineResourceID, COUNT(*) AS Cnt FROM v_UserMachineRelationship GROUP BY MachineResourceID) AS u
