//! Statements that want more than to read the site database: each is refused, with the reason that fits.
//!
//! The guard prints what it understood, so that most of these could do nothing even if they passed. They are
//! refused all the same: what a reviewer reads has to be what runs.

use glasshouse_guard::{Floors, Printed, Reason, Refusal};

fn refused(sql: &str) -> Refusal {
    match Printed::of(sql) {
        Err(refusal) => refusal,
        Ok(printed) => panic!("passed: {sql}\n     as: {}", printed.as_str()),
    }
}

/// The statements that pass, or are refused for another reason than the one expected.
fn others(statements: &[(&str, String)]) -> Vec<String> {
    let mut others = Vec::new();
    for (code, sql) in statements {
        match Printed::of(sql) {
            Err(refusal) if refusal.reason.code() == *code && !refusal.reason.mend().is_empty() => {}
            other => others.push(format!("{code}: {sql:.200}\n    {other:.200?}")),
        }
    }
    others
}

/// A test for each group, a line for each statement: the reason's code, and the text.
macro_rules! evil {
    ($($name:ident { $($code:literal <- $sql:expr;)+ })+) => {
        $(
            #[test]
            fn $name() {
                let others = others(&[$(($code, String::from($sql))),+]);
                assert!(others.is_empty(), "{}", others.join("\n"));
            }
        )+

        #[test]
        fn there_are_more_than_150_of_them() {
            let codes = [$($($code),+),+];
            assert!(codes.len() > 150, "{}", codes.len());
        }
    };
}

/// A name of the parser's that has the letters of an ASCII one, from another script.
const CYRILLIC: &str = "v_\u{420}_System";
const FULL_WIDTH: &str = "\u{ff33}\u{ff25}\u{ff2c}\u{ff25}\u{ff23}\u{ff34} 1 AS a";

evil! {
    a_word_that_begins_a_statement_is_no_alias {
        "reserved-word" <- "SELECT Name0 FROM v_R_System SHUTDOWN";
        "reserved-word" <- "SELECT Name0 FROM v_R_System AS SHUTDOWN";
        "reserved-word" <- "SELECT Name0 SHUTDOWN FROM v_R_System";
        "reserved-word" <- "SELECT Name0 FROM v_R_System KILL 52";
        "reserved-word" <- "SELECT Name0 FROM v_R_System KILL";
        "reserved-word" <- "SELECT Name0 FROM v_R_System REVERT";
        "reserved-word" <- "SELECT Name0 FROM v_R_System RECONFIGURE";
        "reserved-word" <- "SELECT Name0 FROM v_R_System reconfigure WHERE 1 = 1";
        "reserved-word" <- "SELECT Name0 FROM v_R_System CHECKPOINT";
        "reserved-word" <- "SELECT Name0 FROM v_R_System COMMIT";
        "reserved-word" <- "SELECT Name0 FROM v_R_System ROLLBACK";
        "reserved-word" <- "SELECT Name0 FROM v_R_System SAVE";
        "reserved-word" <- "SELECT Name0 FROM v_R_System RETURN";
        "reserved-word" <- "SELECT Name0 FROM v_R_System BREAK";
        "reserved-word" <- "SELECT Name0 FROM v_R_System THROW";
        "reserved-word" <- "SELECT Name0 FROM v_R_System GO";
        "reserved-word" <- "SELECT Name0 FROM v_R_System\nGO\n";
        "reserved-word" <- "SELECT Name0 FROM v_R_System ENABLE";
        "reserved-word" <- "SELECT Name0 FROM v_R_System DISABLE";
        "reserved-word" <- "SELECT Name0 FROM v_R_System RECEIVE";
        "reserved-word" <- "SELECT Name0 FROM v_R_System SEND";
        "reserved-word" <- "SELECT Name0 FROM v_R_System MOVE";
        "reserved-word" <- "SELECT 1 AS EXEC";
        "reserved-word" <- "SELECT 1 AS Drop";
        "reserved-word" <- "SELECT Shutdown.Name0 FROM v_R_System AS [Shutdown]";
        "reserved-word" <- "SELECT s.Name0 FROM (SELECT Name0 FROM v_R_System) KILL";
        "reserved-word" <- "WITH KILL AS (SELECT 1 AS a) SELECT a FROM KILL";
        "reserved-word" <- "SELECT a.x FROM (SELECT 1) AS a (SHUTDOWN)";
        "reserved-word" <- "SELECT Name0 FROM dbo.PROC";
        "reserved-word" <- "SELECT Name0 AS End FROM v_R_System";
        "reserved-word" <- "SELECT 1 AS Null";
        "reserved-word" <- "SELECT Name0 FROM v_R_System AS ON";
    }

    a_second_statement_never_follows {
        "second-statement" <- "SELECT 1 AS a; DROP TABLE x";
        "second-statement" <- "SELECT 1 AS a; SELECT 2 AS b";
        "second-statement" <- "SELECT 1 AS a;; SELECT 2 AS b";
        "second-statement" <- "SELECT 1 AS a;-- comment\n SELECT 2 AS b";
        "second-statement" <- "SELECT 1 AS a /* ; */ ; WITH b AS (SELECT 1 AS c) SELECT c FROM b";
        "second-statement" <- "SELECT 1 AS a SELECT 2 AS b";
        "second-statement" <- "SELECT 1 AS a FROM v_Site SELECT 2 AS b";
        "second-statement" <- "SELECT 1 AS a FROM v_Site x y z";
        "second-statement" <- "SELECT 1 AS a )";
        "second-statement" <- "SELECT (1) AS a) AS b";
        "reserved-word" <- "SELECT 1 AS a EXEC xp_cmdshell 'dir'";
        "reserved-word" <- "SELECT 1 AS a\nEXEC ('DROP TABLE x')";
        "reserved-word" <- "SELECT 1 AS a WAITFOR DELAY '0:0:10'";
        "reserved-word" <- "SELECT 1 AS a WHERE 1 = 1 WAITFOR TIME '23:00'";
        "reserved-word" <- "SELECT 1 AS a IF 1 = 1 SELECT 2 AS b";
        "reserved-word" <- "SELECT 1 AS a WHILE 1 = 1 SELECT 2 AS b";
        "reserved-word" <- "SELECT 1 AS a BEGIN TRAN";
        "reserved-word" <- "SELECT 1 AS a USE master";
        "reserved-word" <- "SELECT 1 AS a SET NOCOUNT ON";
        "reserved-word" <- "SELECT 1 AS a PRINT 'x'";
        "reserved-word" <- "SELECT 1 AS a DBCC FREEPROCCACHE";
    }

    only_a_select_begins {
        "not-a-select" <- "";
        "not-a-select" <- "-- nothing\n";
        "not-a-select" <- ";";
        "not-a-select" <- "(SELECT 1 AS a)";
        "not-a-select" <- "'SELECT 1 AS a'";
        "not-a-select" <- "[SELECT] 1";
        "not-a-select" <- "FROM v_Site SELECT SiteCode";
        "not-a-select" <- "xp_cmdshell 'dir'";
        "not-a-select" <- "sp_who";
        "not-a-select" <- "sp_executesql N'SELECT 1'";
        "symbol" <- "{call sp_who}";
        "reserved-word" <- "EXEC sp_executesql N'SELECT 1'";
        "reserved-word" <- "EXECUTE AS LOGIN = 'sa'";
        "reserved-word" <- "INSERT INTO x SELECT 1 AS a";
        "reserved-word" <- "UPDATE x SET a = 1";
        "reserved-word" <- "DELETE FROM x";
        "reserved-word" <- "MERGE x USING y ON 1 = 1 WHEN MATCHED THEN DELETE";
        "reserved-word" <- "TRUNCATE TABLE x";
        "reserved-word" <- "DECLARE @x int = 1 SELECT @x AS a";
        "reserved-word" <- "BACKUP DATABASE x TO DISK = 'y'";
        "reserved-word" <- "GRANT SELECT ON x TO y";
        "reserved-word" <- "BULK INSERT x FROM 'y'";
        "reserved-word" <- "VALUES (1)";
        "reserved-word" <- "TABLE v_Site";
    }

    nothing_is_written_or_called {
        "reserved-word" <- "SELECT Name0 INTO x FROM v_R_System";
        "reserved-word" <- "SELECT Name0 INTO #x FROM v_R_System";
        "reserved-word" <- "WITH c AS (DELETE FROM x OUTPUT deleted.a) SELECT a FROM c";
        "reserved-word" <- "WITH c AS (INSERT INTO x VALUES (1)) SELECT a FROM c";
        "reserved-word" <- "WITH c AS (UPDATE x SET a = 1) SELECT a FROM c";
        "reserved-word" <- "WITH c AS (SELECT 1 AS a) DELETE FROM c";
        "reserved-word" <- "WITH c AS (SELECT 1 AS a) INSERT INTO x SELECT a FROM c";
        "reserved-word" <- "WITH c AS (SELECT 1 AS a) UPDATE c SET a = 2";
        "reserved-word" <- "WITH c AS (SELECT 1 AS a) MERGE x USING c ON 1 = 1 WHEN MATCHED THEN DELETE";
        "reserved-word" <- "SELECT a FROM (DELETE FROM x OUTPUT deleted.a) AS d";
        "reserved-word" <- "SELECT a FROM (INSERT INTO x DEFAULT VALUES) AS d";
        "second-statement" <- "SELECT NEXT VALUE ON s";
        "reserved-word" <- "SELECT NEXT VALUE FOR dbo.s AS a";
        "reserved-word" <- "SELECT a FROM (VALUES (1)) AS v (a)";
    }

    no_other_server_and_no_other_database_is_reached {
        "parts" <- "SELECT name FROM master.sys.databases";
        "parts" <- "SELECT name FROM master..sysdatabases";
        "parts" <- "SELECT name FROM [master].[dbo].[spt_values]";
        "parts" <- "SELECT name FROM srv.master.sys.databases";
        "syntax" <- "SELECT name FROM srv...x";
        "parts" <- "SELECT name FROM CM_P01.dbo.v_R_System";
        "parts" <- "SELECT dbo.v_R_System.Name0 FROM v_R_System";
        "parts" <- "SELECT CM_P01.dbo.v_R_System.Name0 FROM v_R_System";
        "parts" <- "SELECT master.dbo.fn_x() AS a";
        "schema" <- "SELECT name FROM tempdb.x";
        "schema" <- "SELECT name FROM guest.x";
        "schema" <- "SELECT name FROM db_owner.x";
        "reserved-word" <- "SELECT a FROM OPENROWSET('SQLNCLI', 'x', 'SELECT 1') AS r";
        "reserved-word" <- "SELECT a FROM OPENROWSET(BULK 'c:\\x', SINGLE_CLOB) AS r";
        "reserved-word" <- "SELECT a FROM OPENQUERY(srv, 'SELECT 1') AS r";
        "reserved-word" <- "SELECT a FROM OPENDATASOURCE('SQLNCLI', 'x').db.dbo.t";
        "reserved-word" <- "SELECT a FROM OPENXML(1, '/x') AS r";
        "argument" <- "SELECT OBJECT_NAME(1, 5) AS a";
        "argument" <- "SELECT OBJECT_NAME(object_id, database_id) AS a FROM (SELECT object_id, 5 AS database_id FROM sys.tables) AS t";
        "argument" <- "SELECT OBJECT_NAME(t.object_id, t.schema_id) AS a FROM sys.tables AS t";
        "arity" <- "SELECT DB_NAME(5) AS a";
        "arity" <- "SELECT DB_ID('master') AS a";
    }

    system_objects_are_those_of_the_list {
        "system-object" <- "SELECT name FROM sys.server_principals";
        "system-object" <- "SELECT password_hash FROM sys.sql_logins";
        "system-object" <- "SELECT name FROM sys.linked_logins";
        "system-object" <- "SELECT name FROM sys.servers";
        "system-object" <- "SELECT text FROM sys.dm_exec_sql_text";
        "system-object" <- "SELECT plan_handle FROM sys.dm_exec_query_stats";
        "system-object" <- "SELECT session_id FROM sys.dm_exec_sessions";
        "system-object" <- "SELECT name FROM sys.master_files";
        "system-object" <- "SELECT name FROM sys.sysprocesses";
        "system-object" <- "SELECT definition FROM sys.sql_modules";
        "system-object" <- "SELECT name FROM [sys].[database_principals]";
        "system-object" <- "SELECT USER_NAME FROM INFORMATION_SCHEMA.TABLE_PRIVILEGES";
        "system-object" <- "SELECT name FROM sysobjects";
        "system-object" <- "SELECT name FROM SysLogins";
        "system-object" <- "SELECT name FROM dbo.sysdatabases";
        "system-object" <- "SELECT name FROM [dbo].[sysprocesses]";
        "system-object" <- "SELECT number FROM dbo.spt_values";
        "system-object" <- "SELECT a FROM dm_exec_sessions";
        "system-object" <- "SELECT dbo.xp_cmdshell('dir') AS a";
        "system-object" <- "SELECT a FROM dbo.xp_dirtree";
        "system-object" <- "SELECT a FROM sp_who";
    }

    a_view_over_the_whole_server_is_filtered {
        "unfiltered" <- "SELECT name FROM sys.databases";
        "unfiltered" <- "SELECT name FROM sys.databases WHERE database_id = 5";
        "unfiltered" <- "SELECT name FROM sys.databases WHERE database_id <> DB_ID()";
        "unfiltered" <- "SELECT name FROM sys.databases WHERE database_id = DB_ID() OR 1 = 1";
        "unfiltered" <- "SELECT name FROM sys.databases WHERE NOT database_id = DB_ID()";
        "unfiltered" <- "SELECT name FROM sys.databases WHERE NOT (NOT (database_id = DB_ID()))";
        "unfiltered" <- "SELECT name FROM sys.databases WHERE database_id + 0 = DB_ID()";
        "unfiltered" <- "SELECT name FROM sys.databases WHERE database_id = DB_ID() + 1";
        "unfiltered" <- "SELECT name FROM sys.databases WHERE database_id IN (DB_ID(), 1)";
        "unfiltered" <- "SELECT d.name FROM sys.databases AS d WHERE x.database_id = DB_ID()";
        "unfiltered" <- "SELECT d.name FROM sys.databases AS d, (SELECT DB_ID() AS database_id) AS e WHERE e.database_id = DB_ID()";
        "unfiltered" <- "SELECT d.name FROM sys.databases AS d, v_Site AS s WHERE database_id = DB_ID()";
        "unfiltered" <- "SELECT d.name FROM v_Site AS s LEFT JOIN sys.databases AS d ON d.database_id = DB_ID()";
        "unfiltered" <- "SELECT name FROM sys.databases WHERE EXISTS (SELECT 1 FROM sys.databases AS d WHERE d.database_id = DB_ID())";
        "unfiltered" <- "SELECT name FROM (SELECT name FROM sys.databases) AS d WHERE database_id = DB_ID()";
        "unfiltered" <- "SELECT name FROM sys.databases WHERE database_id = DB_ID() UNION ALL SELECT name FROM sys.databases";
        "unfiltered" <- "SELECT COUNT(*) AS n FROM sys.databases GROUP BY database_id HAVING database_id = DB_ID()";
        "unfiltered" <- "SELECT execution_count FROM sys.dm_exec_procedure_stats";
        "unfiltered" <- "SELECT (SELECT COUNT(*) FROM sys.change_tracking_databases) AS n";
        "unfiltered" <- "WITH d AS (SELECT name FROM sys.databases) SELECT name FROM d";
        // Before the view is joined, `d` is the one further out.
        "unfiltered" <- "SELECT (SELECT COUNT(*) FROM v_Site AS s INNER JOIN v_Site AS t ON d.database_id = DB_ID(), sys.databases AS d) AS n FROM sys.databases AS d WHERE d.database_id = DB_ID()";
        "unfiltered" <- "SELECT (SELECT COUNT(*) FROM v_Site AS s INNER JOIN v_Site AS t ON d.database_id = DB_ID() CROSS JOIN sys.databases AS d) AS n FROM sys.databases AS d WHERE d.database_id = DB_ID()";
        "argument" <- "SELECT (SELECT COUNT(*) FROM sys.tables AS a INNER JOIN sys.views AS b ON OBJECT_NAME(a.object_id, d.database_id) = b.name INNER JOIN sys.databases AS d ON d.database_id = DB_ID()) AS n FROM (SELECT 5 AS database_id) AS d";
        "unfiltered" <- "SELECT (SELECT COUNT(*) FROM sys.databases AS d, v_Site AS s INNER JOIN v_Site AS t ON d.database_id = DB_ID()) AS n FROM sys.databases AS d WHERE d.database_id = DB_ID()";
    }

    functions_are_those_of_the_list {
        "function" <- "SELECT HOST_NAME() AS a";
        "function" <- "SELECT SUSER_SNAME() AS a";
        "function" <- "SELECT ORIGINAL_LOGIN() AS a";
        "function" <- "SELECT xp_cmdshell('dir') AS a";
        "function" <- "SELECT sys.fn_x() AS a";
        "function" <- "SELECT NEWID() AS a";
        "function" <- "SELECT OBJECT_ID('master..x') AS a";
        "function" <- "SELECT HAS_PERMS_BY_NAME(NULL, NULL, 'CONTROL SERVER') AS a";
        "function" <- "SELECT fn_my_permissions(NULL, 'SERVER') AS a";
        "function" <- "SELECT PWDENCRYPT('x') AS a";
        "function" <- "SELECT HASHBYTES('MD5', 'x') AS a";
        "function" <- "SELECT CHAR(39) AS a";
        "function" <- "SELECT IDENT_CURRENT('x') AS a";
        "function" <- "SELECT DATABASEPROPERTYEX('master', 'Status') AS a";
        "function" <- "SELECT SESSION_CONTEXT(N'x') AS a";
        "reserved-word" <- "SELECT CURRENT_USER AS a";
        "reserved-word" <- "SELECT SYSTEM_USER AS a";
        "arity" <- "SELECT LEN() AS a";
        "arity" <- "SELECT ISNULL(1) AS a";
        "arity" <- "SELECT ABS(1, 2) AS a";
        "argument" <- "SELECT SERVERPROPERTY(Name0) AS a FROM v_R_System";
        "argument" <- "SELECT SERVERPROPERTY('a b') AS a";
        "argument" <- "SELECT DATEADD(Name0, 1, GETUTCDATE()) AS a FROM v_R_System";
        "argument" <- "SELECT DATEDIFF('day', 1, 2) AS a";
        "clause" <- "SELECT ROW_NUMBER() AS a FROM v_Site";
        "clause" <- "SELECT LEN(Name0) OVER (ORDER BY Name0) AS a FROM v_R_System";
        "clause" <- "SELECT LEN(DISTINCT Name0) AS a FROM v_R_System";
        "star" <- "SELECT SUM(*) AS a FROM v_R_System";
        "clause" <- "SELECT SUM(Active0) OVER (ORDER BY Name0 ROWS UNBOUNDED PRECEDING) AS a FROM v_R_System";
    }

    types_are_those_of_the_list {
        "data-type" <- "SELECT CAST('x' AS xml) AS a";
        "data-type" <- "SELECT CAST('x' AS sql_variant) AS a";
        "data-type" <- "SELECT CAST('x' AS varbinary(8)) AS a";
        "data-type" <- "SELECT CAST('x' AS geography) AS a";
        "data-type" <- "SELECT CAST('x' AS dbo.mine) AS a";
        "data-type" <- "SELECT CAST('x' AS sysname) AS a";
        "data-type" <- "SELECT CAST('x' AS nvarchar) AS a";
        "data-type" <- "SELECT CAST('x' AS varchar(9000)) AS a";
        "data-type" <- "SELECT CAST(1 AS decimal(39)) AS a";
        "data-type" <- "SELECT CAST(1 AS int(4)) AS a";
        "data-type" <- "SELECT CONVERT(hierarchyid, 'x') AS a";
    }

    columns_are_named_and_few {
        "star" <- "SELECT * FROM v_R_System";
        "star" <- "SELECT s.* FROM v_R_System AS s";
        "star" <- "SELECT COUNT(*) AS n, * FROM v_R_System";
        "star" <- "SELECT COUNT(s.*) AS n FROM v_R_System AS s";
        "star" <- "SELECT Name FROM (SELECT * FROM v_Collection) AS c";
        "unnamed-column" <- "SELECT COUNT(*) FROM v_R_System";
        "unnamed-column" <- "SELECT 1 AS a, 2";
        "column-twice" <- "SELECT Name0, Name0 FROM v_R_System";
        "column-twice" <- "SELECT Name0 AS a, Client0 AS A FROM v_R_System";
        "table-twice" <- "SELECT s.Name0 FROM v_R_System AS s, v_Site AS S";
        "table-twice" <- "WITH a AS (SELECT 1 AS x), A AS (SELECT 2 AS x) SELECT x FROM a";
    }

    no_variable_hint_or_temporary_table_is_used {
        "variable" <- "SELECT @@VERSION AS a";
        "variable" <- "SELECT @x AS a";
        "variable" <- "SELECT Name0 FROM @t";
        "variable" <- "SELECT @x = Name0 FROM v_R_System";
        "temporary-table" <- "SELECT a FROM #t";
        "temporary-table" <- "SELECT a FROM ##t";
        "temporary-table" <- "SELECT a FROM tempdb..#t";
        "bad-name" <- "SELECT a FROM [#t]";
        "reserved-word" <- "SELECT Name0 FROM v_R_System WITH (TABLOCKX, HOLDLOCK)";
        "clause" <- "SELECT Name0 FROM v_R_System WITH (NOLOCK)";
        "clause" <- "SELECT Name0 FROM v_R_System (NOLOCK)";
        "reserved-word" <- "SELECT Name0 FROM v_R_System OPTION (MAXRECURSION 0)";
        "reserved-word" <- "SELECT Name0 FROM v_R_System TABLESAMPLE (10 PERCENT)";
        "reserved-word" <- "SELECT Name0 FROM v_R_System FOR XML AUTO";
        "reserved-word" <- "SELECT Name0 FROM v_R_System FOR JSON PATH";
        "reserved-word" <- "SELECT Name0 FROM v_R_System FOR BROWSE";
        "reserved-word" <- "SELECT Name0 FROM v_R_System FOR SYSTEM_TIME ALL";
        "clause" <- "SELECT a.x FROM v_Site AS s CROSS APPLY dbo.f(s.SiteCode) AS a";
        "clause" <- "SELECT x FROM dbo.f(1)";
        "clause" <- "SELECT x FROM STRING_SPLIT('a,b', ',')";
        "reserved-word" <- "SELECT a FROM v_Site PIVOT (COUNT(SiteCode) FOR Type IN ([1])) AS p";
        "reserved-word" <- "SELECT 1 AS a EXCEPT SELECT 2";
        "function" <- "SELECT SiteCode FROM v_Site GROUP BY ROLLUP (SiteCode)";
        "clause" <- "SELECT Name0 FROM v_R_System LIMIT 1";
        "clause" <- "SELECT Name0 FROM v_R_System ORDER BY Name0 OFFSET 5 ROWS";
        "reserved-word" <- "SELECT TOP (10) PERCENT Name0 FROM v_R_System";
        "clause" <- "SELECT TOP (1 + 1) Name0 FROM v_R_System";
        "reserved-word" <- "SELECT Name0 COLLATE Latin1_General_BIN AS a FROM v_R_System";
        "clause" <- "SELECT GETUTCDATE() AT TIME ZONE 'UTC' AS a";
        "clause" <- "SELECT Name0, Client0 FROM v_R_System ORDER BY 1";
        "clause" <- "SELECT Name0, Client0 FROM v_R_System ORDER BY (2) DESC";
        "clause" <- "SELECT ROW_NUMBER() OVER (ORDER BY 1) AS n FROM v_R_System";
        "clause" <- "SELECT (WITH a AS (SELECT 1 AS x) SELECT x FROM a) AS b";
    }

    a_name_is_plain_in_brackets_too {
        "bad-name" <- "SELECT [a]]..] FROM v_Site";
        "bad-name" <- "SELECT 1 AS [a]]; DROP TABLE x --]";
        "bad-name" <- "SELECT 1 AS []";
        "bad-name" <- "SELECT 1 AS [a b]";
        "bad-name" <- "SELECT 1 AS [a'b]";
        "bad-name" <- "SELECT 1 AS [a;b]";
        "bad-name" <- "SELECT 1 AS [1a]";
        "bad-name" <- "SELECT 1 AS [a\nb]";
        "bad-name" <- "SELECT 1 AS [a--b]";
        "bad-name" <- "SELECT Name0 FROM [dbo.v_R_System]";
        "bad-name" <- "SELECT Name0 FROM [master..sysdatabases]";
        "bad-name" <- "SELECT 1 AS a$b";
        "bad-name" <- "SELECT 1 AS a#b";
        "bad-name" <- "SELECT 1 AS [\u{4e2d}]";
        "bad-name" <- format!("SELECT 1 AS {}", "a".repeat(129));
        "double-quotes" <- "SELECT \"Name0\" FROM v_R_System";
        "double-quotes" <- "SELECT Name0 FROM v_R_System WHERE Name0 = \"x\"";
        "double-quotes" <- "SELECT 1 AS \"a]; DROP TABLE x --\"";
        "syntax" <- "SELECT 1 AS [a";
    }

    a_letter_is_the_letter_that_it_looks_like {
        "not-ascii" <- format!("SELECT Name0 FROM {CYRILLIC}");
        "not-ascii" <- FULL_WIDTH;
        "not-ascii" <- "SELECT Name\u{ff10} FROM v_R_System";
        "not-ascii" <- "S\u{415}LECT 1 AS a";
        "not-ascii" <- "SELECT 1 AS \u{3b1}";
        "not-ascii" <- "SELECT \u{130}SNULL(1, 2) AS a";
        "not-ascii" <- "SELECT \u{17f}um(Active0) AS a FROM v_R_System";
        "not-ascii" <- "SELECT \u{2018}x\u{2019} AS a";
        "not-ascii" <- "SELECT \u{ff07}x\u{ff07} AS a";
        "not-ascii" <- "SELECT \u{201c}x\u{201d} AS a";
        "not-ascii" <- "SELECT 1 \u{2212} 1 AS a";
        "not-ascii" <- "SELECT 1\u{ff1b} DROP TABLE x";
        "not-ascii" <- "SELECT 1\u{37e} AS a";
    }

    nothing_hides_in_white_space {
        "hidden-character" <- "SELECT 1 AS a --\rDROP TABLE x";
        "hidden-character" <- "SELECT 1 AS a -- x\u{85}DROP TABLE x";
        "hidden-character" <- "SELECT 1 AS a -- x\u{2028}DROP TABLE x";
        "hidden-character" <- "SELECT 1 AS a -- x\u{2029}DROP TABLE x";
        "hidden-character" <- "SELECT 1 AS a /* \r */";
        "hidden-character" <- "SELECT 1 AS a -- \u{b}DROP TABLE x";
        "hidden-character" <- "SELECT 1 AS a -- \u{c}DROP TABLE x";
        "hidden-character" <- "SELECT 1 AS a\0; DROP TABLE x";
        "hidden-character" <- "SELECT '\u{202e}x' AS a";
        "hidden-character" <- "SELECT 'a\u{200b}b' AS a";
        "hidden-character" <- "SELECT 1 AS \u{2066}a";
        "hidden-character" <- "\u{feff}SELECT 1 AS a";
        "hidden-character" <- "SELECT\u{a0}1 AS a";
        "hidden-character" <- "SELECT\u{3000}1 AS a";
        "hidden-character" <- "SELECT 'a\u{7}b' AS a";
        "hidden-character" <- "SELECT 'a\nb' AS a";
        "hidden-character" <- "SELECT 'a\\\nb' AS a";
    }

    quotes_and_comments_end_where_they_should {
        "syntax" <- "SELECT 'a AS a";
        "syntax" <- "SELECT 'it''s AS a";
        "syntax" <- "SELECT 1 AS a /* x";
        "syntax" <- "SELECT 1 AS a /* /* */ ; DROP TABLE x";
        "second-statement" <- "SELECT 'a''' AS a; DROP TABLE x --'";
        "second-statement" <- "SELECT 'a\\' AS a; DROP TABLE x --'";
        "second-statement" <- "SELECT 1 AS a /* /* */ */ ; DROP TABLE x";
        "reserved-word" <- "SELECT 1 AS a --\nDROP TABLE x";
        "reserved-word" <- "SELECT 1 AS a --\r\nDROP TABLE x";
        "not-a-select" <- "SEL/**/ECT 1 AS a EXEC sp_who";
        "not-a-select" <- "SEL/**/ECT 1 AS a";
        "symbol" <- "SELECT {fn NOW()} AS a";
        "symbol" <- "SELECT 1 AS a \\ 2";
        "symbol" <- "SELECT ~1 AS a";
        "symbol" <- "SELECT 1 !< 2 AS a";
        "symbol" <- "SELECT geometry::Parse('x') AS a";
        "symbol" <- "SELECT 'a' || 'b' AS a";
        "literal" <- "SELECT 0x44524F50 AS a";
        "symbol" <- "SELECT $1 AS a";
        "literal" <- "SELECT 1e5 AS a";
        "literal" <- "SELECT 1111111111222222222233333333334444444444 AS a";
        "literal" <- "SELECT X'44' AS a";
    }

    conditions_and_values_stay_apart {
        "misplaced" <- "SELECT 1 = 1 AS a";
        "misplaced" <- "SELECT Name0 FROM v_R_System WHERE 1";
        "misplaced" <- "SELECT Name0 FROM v_R_System WHERE Name0";
        "misplaced" <- "SELECT Name0 FROM v_R_System WHERE (1 = 1) = (1 = 1)";
        "misplaced" <- "SELECT SUM(Active0 = 1) AS a FROM v_R_System";
        "ambiguous" <- "SELECT 1 + 2 & 4 AS a";
        "ambiguous" <- "SELECT 1 | 2 & 4 AS a";
        "ambiguous" <- "SELECT 1 ^ 2 - 4 AS a";
    }

    size_and_depth_end_somewhere {
        "too-long" <- format!("SELECT '{}' AS a", "x".repeat(40_000));
        "too-many" <- format!("SELECT 1 AS a WHERE 1 IN ({})", vec!["1"; 1_001].join(","));
        "too-many" <- format!("SELECT 1 AS a WHERE 1 IN ({})", vec!["1"; 5_000].join(","));
        "too-many" <- format!("SELECT {} AS a", vec!["1"; 5_000].join("+"));
        "too-many" <- format!("SELECT 1 AS a WHERE {} 1 = 1", "NOT ".repeat(2_000));
        "too-many" <- vec!["SELECT 1 AS a"; 1_500].join(" UNION ");
        "too-deep" <- format!("SELECT {}1{} AS a", "(".repeat(60), ")".repeat(60));
        "too-deep" <- format!("SELECT {}1{} AS a", "(".repeat(3_900), ")".repeat(3_900));
        "too-deep" <- format!("SELECT {} AS a", vec!["1"; 100].join("+"));
        "too-deep" <- format!("SELECT 1 AS a WHERE {}1 = 1", "NOT ".repeat(50));
        "too-deep" <- format!("SELECT {}1{} AS a", "ABS(".repeat(60), ")".repeat(60));
        "too-deep" <- format!("SELECT {}1{} AS a", "CASE 1 WHEN 1 THEN ".repeat(60), " END".repeat(60));
        "too-deep" <- format!("SELECT 1 AS a FROM {}v_Site{}", "(SELECT 1 AS a FROM ".repeat(60), ") AS t".repeat(60));
        "too-deep" <- vec!["SELECT 1 AS a"; 60].join(" UNION ");
        "syntax" <- "SELECT (1 AS a";
        "syntax" <- "SELECT FROM v_Site";
        "syntax" <- "SELECT 1 AS a FROM v_Site WHERE";
    }
}

/// A database that minds capitals would take `v_R_System` for the view and not for the common table.
#[test]
fn a_common_table_is_printed_by_the_name_that_it_was_given() {
    let printed =
        Printed::of("WITH v_r_system AS (SELECT 'a' AS Name0) SELECT s.Name0 FROM v_R_System AS s").unwrap();
    assert!(printed.as_str().ends_with("FROM [v_r_system] AS [s]"), "{}", printed.as_str());
}

#[test]
fn a_filter_in_the_join_that_brings_the_view_holds() {
    for sql in [
        "SELECT d.state FROM v_Site AS s INNER JOIN sys.databases AS d ON d.database_id = DB_ID()",
        "SELECT d.state FROM sys.databases AS d INNER JOIN v_Site AS s ON d.database_id = DB_ID()",
    ] {
        assert!(Printed::of(sql).is_ok(), "{sql}");
    }
}

#[test]
fn a_refusal_says_where_what_and_how_to_mend() {
    let refusal = refused("SELECT Name0\nFROM v_R_System SHUTDOWN");
    let fault = refusal.fault("statement `devices`");
    insta::assert_snapshot!(fault, @r"
    statement `devices`: line 2 column 17: the word `SHUTDOWN`
      mend: put it into [brackets] if it is a name; statements other than SELECT are not run
    ");
}

#[test]
fn words_of_the_author_are_shown_without_what_moves_a_cursor() {
    let long = refused(&format!("SELECT 1 AS [{}]", "a b".repeat(5_000)));
    assert!(long.to_string().len() < 300, "{long}");
    assert_eq!(refused("SELECT 1 AS [a\nb]").reason, Reason::BadName("a\nb".to_owned()));
    assert!(!refused("SELECT 1 AS [a\nb]").to_string().contains('\n'));
}

/// Nested in one another, each of these could be looked at twice on each level: 2^30 looks.
#[test]
fn work_is_in_proportion_to_the_text() {
    let nested = |open: &str, inner: &str, close: &str| {
        format!("SELECT {}{inner}{} AS a FROM v_R_System", open.repeat(30), close.repeat(30))
    };
    let tables = (0..15).fold("v_R_System".to_owned(), |table, _| {
        format!("(SELECT TOP (1) Name0 FROM {table} AS t ORDER BY Name0)")
    });
    let begun = std::time::Instant::now();
    for sql in [
        nested("NULLIF(", "Name0", ", 1)"),
        nested("ROW_NUMBER() OVER (ORDER BY ", "Name0", ")"),
        nested("CASE WHEN Client0 = 1 THEN ", "Name0", " ELSE 1 END"),
        format!("SELECT Name0 FROM {tables} AS t ORDER BY Name0"),
        format!(
            "WITH t AS (SELECT 1 AS a, {0} UNION ALL SELECT 2, {0} FROM t) SELECT a FROM t",
            ["Name0 AS b"; 300].join(", ")
        ),
    ] {
        let printed = Printed::of(&sql).unwrap_or_else(|refusal| panic!("{refusal}: {sql:.300}"));
        assert!(!printed.columns(Floors::shipped()).is_empty());
    }
    assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{:?}", begun.elapsed());
}

/// A thread of a runtime has 2 MiB; a debug build uses several times what a release build does.
#[test]
fn the_longest_chain_that_passes_needs_little_stack() {
    let chain = format!("SELECT 1 AS a WHERE {}", vec!["1=1"; 500].join(" OR "));
    let broken = format!("{chain} OR (");
    let union = vec!["SELECT 1 AS a"; 1_000].join(" UNION ");
    let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(move || {
        assert!(Printed::of(&chain).is_ok());
        assert!(Printed::of(&broken).is_err());
        assert!(Printed::of(&union).is_err());
    });
    thread.unwrap().join().unwrap();
}
