SELECT
    COUNT_BIG(*) AS DPs,
    SUM(CAST(IsPXE AS int)) AS PXE,
    SUM(CAST(IsMulticast AS int)) AS Multicast,
    SUM(CAST(IsPullDP AS int)) AS PullDP,
    SUM(CAST(IsPeerDP AS int)) AS PeerDP,
    SUM(CAST(IsProtected AS int)) AS Protected,
    SUM(CAST(PreStagingAllowed AS int)) AS Prestaged,
    SUM(CASE WHEN Communication > 0 THEN 1 ELSE 0 END) AS Https
FROM v_DistributionPointInfo
