SELECT COUNT_BIG(*) AS OSImages
FROM v_ImagePackage
