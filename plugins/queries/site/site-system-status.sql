SELECT
    s.Role,
    CAST(s.Status AS int) AS Status,
    CAST(s.AvailabilityState AS int) AS AvailabilityState,
    COUNT_BIG(*) AS Systems
FROM (
    SELECT
        CASE Role
            WHEN 'AI Update Service Point' THEN 'AI Update Service Point'
            WHEN 'Data Warehouse Service Point' THEN 'Data Warehouse Service Point'
            WHEN 'SMS Application Web Service' THEN 'SMS Application Web Service'
            WHEN 'SMS Certificate Registration Point' THEN 'SMS Certificate Registration Point'
            WHEN 'SMS Cloud Proxy Connector' THEN 'SMS Cloud Proxy Connector'
            WHEN 'SMS Component Server' THEN 'SMS Component Server'
            WHEN 'SMS Device Management Point' THEN 'SMS Device Management Point'
            WHEN 'SMS Distribution Point' THEN 'SMS Distribution Point'
            WHEN 'SMS Dmp Connector' THEN 'SMS Dmp Connector'
            WHEN 'SMS Endpoint Protection Point' THEN 'SMS Endpoint Protection Point'
            WHEN 'SMS Enrollment Server' THEN 'SMS Enrollment Server'
            WHEN 'SMS Enrollment Web Site' THEN 'SMS Enrollment Web Site'
            WHEN 'SMS Fallback Status Point' THEN 'SMS Fallback Status Point'
            WHEN 'SMS Management Point' THEN 'SMS Management Point'
            WHEN 'SMS Multicast Service Point' THEN 'SMS Multicast Service Point'
            WHEN 'SMS Notification Server' THEN 'SMS Notification Server'
            WHEN 'SMS Portal Web Site' THEN 'SMS Portal Web Site'
            WHEN 'SMS Provider' THEN 'SMS Provider'
            WHEN 'SMS PXE Service Point' THEN 'SMS PXE Service Point'
            WHEN 'SMS Site Server' THEN 'SMS Site Server'
            WHEN 'SMS Site System' THEN 'SMS Site System'
            WHEN 'SMS Software Update Point' THEN 'SMS Software Update Point'
            WHEN 'SMS SQL Server' THEN 'SMS SQL Server'
            WHEN 'SMS SRS Reporting Point' THEN 'SMS SRS Reporting Point'
            WHEN 'SMS State Migration Point' THEN 'SMS State Migration Point'
            WHEN 'SMS System Health Validator' THEN 'SMS System Health Validator'
            ELSE 'other'
        END AS Role,
        Status,
        AvailabilityState
    FROM v_SiteSystemSummarizer
) AS s
GROUP BY s.Role, s.Status, s.AvailabilityState
