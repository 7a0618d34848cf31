SELECT
    SiteCode AS Hash_SiteCode,
    ReportingSiteCode AS Hash_Parent,
    Type,
    Version,
    BuildNumber,
    Status,
    Mode,
    TimeZoneInfo
FROM v_Site
