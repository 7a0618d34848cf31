SELECT s.AADDeviceID AS DeviceId
FROM v_R_System AS s
WHERE s.Client0 = 1 AND ISNULL(s.Obsolete0, 0) = 0 AND ISNULL(s.Decommissioned0, 0) = 0
    AND s.AADDeviceID IS NOT NULL AND s.AADDeviceID <> '00000000-0000-0000-0000-000000000000'
