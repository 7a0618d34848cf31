SELECT
    SiteCode AS Hash_SiteCode,
    ReportingSiteCode AS Hash_Parent,
    Type,
    CASE WHEN Version LIKE '5.0[0-9].%' AND Version NOT LIKE '%[^0-9.]%' THEN Version END AS Version,
    BuildNumber,
    Status,
    Mode,
    CASE
        WHEN TimeZoneInfo LIKE '<%>' OR TimeZoneInfo NOT LIKE '%[^0-9A-F ]%' THEN TimeZoneInfo
    END AS TimeZoneInfo
FROM v_Site
