SELECT
    CASE WHEN COUNT_BIG(*) >= 5 THEN AgentName END AS AgentName,
    CAST(ResourceType AS int) AS ResourceType,
    COUNT_BIG(*) AS Discoveries,
    MAX(AgentTime) AS LastRun
FROM v_AgentDiscoveries
GROUP BY AgentName, ResourceType
