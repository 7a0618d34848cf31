SELECT (SELECT COUNT_BIG(*) FROM v_BootImagePackage) AS BootImages, (SELECT COUNT_BIG(*) FROM v_DriverPackage) AS DriverPackages, (SELECT COUNT_BIG(*) FROM v_TaskSequencePackage) AS TaskSequences
