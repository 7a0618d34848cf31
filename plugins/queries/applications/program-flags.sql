SELECT
    CAST(ProgramFlags AS bigint) AS ProgramFlags,
    COUNT_BIG(*) AS Programs
FROM v_Program
GROUP BY ProgramFlags
