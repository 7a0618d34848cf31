SELECT
    'SMS_R_System' AS WmiClass,
    COUNT_BIG(*) AS Rules,
    COUNT_BIG(DISTINCT CollectionID) AS Collections
FROM v_CollectionRuleQuery
WHERE QueryExpression LIKE '%SMS[_]R[_]System%'
UNION ALL
SELECT
    'SMS_R_User' AS WmiClass,
    COUNT_BIG(*) AS Rules,
    COUNT_BIG(DISTINCT CollectionID) AS Collections
FROM v_CollectionRuleQuery
WHERE QueryExpression LIKE '%SMS[_]R[_]User%'
UNION ALL
SELECT
    'SMS_G_System_COMPUTER_SYSTEM' AS WmiClass,
    COUNT_BIG(*) AS Rules,
    COUNT_BIG(DISTINCT CollectionID) AS Collections
FROM v_CollectionRuleQuery
WHERE QueryExpression LIKE '%SMS[_]G[_]System[_]COMPUTER[_]SYSTEM%'
UNION ALL
SELECT
    'SMS_G_System_OPERATING_SYSTEM' AS WmiClass,
    COUNT_BIG(*) AS Rules,
    COUNT_BIG(DISTINCT CollectionID) AS Collections
FROM v_CollectionRuleQuery
WHERE QueryExpression LIKE '%SMS[_]G[_]System[_]OPERATING[_]SYSTEM%'
UNION ALL
SELECT
    'SMS_G_System_ADD_REMOVE_PROGRAMS' AS WmiClass,
    COUNT_BIG(*) AS Rules,
    COUNT_BIG(DISTINCT CollectionID) AS Collections
FROM v_CollectionRuleQuery
WHERE QueryExpression LIKE '%SMS[_]G[_]System[_]ADD[_]REMOVE[_]PROGRAMS%'
UNION ALL
SELECT
    'SMS_G_System_INSTALLED_SOFTWARE' AS WmiClass,
    COUNT_BIG(*) AS Rules,
    COUNT_BIG(DISTINCT CollectionID) AS Collections
FROM v_CollectionRuleQuery
WHERE QueryExpression LIKE '%SMS[_]G[_]System[_]INSTALLED[_]SOFTWARE%'
UNION ALL
SELECT
    'SMS_G_System_SoftwareFile' AS WmiClass,
    COUNT_BIG(*) AS Rules,
    COUNT_BIG(DISTINCT CollectionID) AS Collections
FROM v_CollectionRuleQuery
WHERE QueryExpression LIKE '%SMS[_]G[_]System[_]SoftwareFile%'
UNION ALL
SELECT
    'SMS_G_System_PC_BIOS' AS WmiClass,
    COUNT_BIG(*) AS Rules,
    COUNT_BIG(DISTINCT CollectionID) AS Collections
FROM v_CollectionRuleQuery
WHERE QueryExpression LIKE '%SMS[_]G[_]System[_]PC[_]BIOS%'
UNION ALL
SELECT
    'SMS_G_System_SYSTEM_ENCLOSURE' AS WmiClass,
    COUNT_BIG(*) AS Rules,
    COUNT_BIG(DISTINCT CollectionID) AS Collections
FROM v_CollectionRuleQuery
WHERE QueryExpression LIKE '%SMS[_]G[_]System[_]SYSTEM[_]ENCLOSURE%'
UNION ALL
SELECT
    'SMS_G_System_CH_ClientSummary' AS WmiClass,
    COUNT_BIG(*) AS Rules,
    COUNT_BIG(DISTINCT CollectionID) AS Collections
FROM v_CollectionRuleQuery
WHERE QueryExpression LIKE '%SMS[_]G[_]System[_]CH[_]ClientSummary%'
UNION ALL
SELECT
    'SMS_G_System_WORKSTATION_STATUS' AS WmiClass,
    COUNT_BIG(*) AS Rules,
    COUNT_BIG(DISTINCT CollectionID) AS Collections
FROM v_CollectionRuleQuery
WHERE QueryExpression LIKE '%SMS[_]G[_]System[_]WORKSTATION[_]STATUS%'
