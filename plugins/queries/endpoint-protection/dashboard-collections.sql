SELECT COUNT_BIG(*) AS Collections
FROM v_EndpointProtectionCollections
