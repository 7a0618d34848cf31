SELECT dbo.fnCurrentSiteVersion() AS SiteVersion
