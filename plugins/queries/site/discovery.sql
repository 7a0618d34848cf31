SELECT
    AgentName,
    CAST(ResourceType AS int) AS ResourceType,
    COUNT_BIG(*) AS Discoveries,
    MAX(AgentTime) AS LastRun
FROM v_AgentDiscoveries
GROUP BY AgentName, ResourceType
