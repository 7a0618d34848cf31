SELECT
    m.CollectionID,
    m.SMSID,
    CASE WHEN s.Build01 LIKE '10.0.%' OR s.Build01 LIKE '6.[1-3].%' THEN s.Build01 END AS OSBuildVersion,
    m.Name AS DeviceName,
    b.SerialNumber0 AS SerialNumber
FROM v_FullCollectionMembership AS m
JOIN v_R_System AS s ON s.ResourceID = m.ResourceID
LEFT JOIN v_GS_PC_BIOS AS b ON b.ResourceID = m.ResourceID
WHERE m.CollectionID = 'SMS00001'
    AND ISNULL(m.IsObsolete, 0) = 0
    AND ISNULL(m.IsDecommissioned, 0) = 0
