SELECT
    SUM(CASE WHEN CIType_ID = 10 THEN 1 ELSE 0 END) AS Apps,
    SUM(CASE WHEN CIType_ID = 21 THEN 1 ELSE 0 END) AS DeploymentTypes,
    SUM(CASE WHEN CIType_ID = 10 AND IsSuperseded = 1 THEN 1 ELSE 0 END) AS SupersededApps
FROM v_ConfigurationItems
WHERE IsLatest = 1
    AND IsHidden = 0
