SELECT dbo.fnGetHierarchyID() AS Hash_HierarchyID, SiteCode AS Hash_SiteCode, SiteName AS Hash_SiteName FROM v_Site
