//! What SQL Server does otherwise than SQLite: values, types and errors, each as its documentation has it.

#![cfg(test)]

use pretend_site::{Answer, Database, Moment, Plan, Row, SiteData, SqlError, SqlType, Value};

struct Asked(SiteData);

impl Asked {
    fn new() -> Self {
        Self(SiteData::new(Plan { devices: 100, planted: false, ..Plan::default() }).unwrap())
    }

    fn answer(&self, sql: &str) -> Answer {
        self.0.query(sql, &[]).unwrap_or_else(|error| panic!("{sql}\n{error}"))
    }

    fn rows(&self, sql: &str) -> Vec<Row> {
        self.answer(sql).rows.map(|row| row.unwrap_or_else(|error| panic!("{sql}\n{error}"))).collect()
    }

    /// The one value of an expression.
    fn value(&self, expression: &str) -> Value {
        let rows = self.rows(&format!("SELECT {expression} AS v"));
        assert_eq!(rows.len(), 1, "{expression}");
        rows[0][0].clone()
    }

    fn type_of(&self, expression: &str) -> SqlType {
        self.answer(&format!("SELECT {expression} AS v FROM v_R_System s")).columns[0].sql_type
    }

    /// The error of a statement, before or among its rows.
    fn error(&self, sql: &str) -> SqlError {
        match self.0.query(sql, &[]) {
            Err(error) => error,
            Ok(answer) => {
                answer.rows.filter_map(Result::err).next().unwrap_or_else(|| panic!("no error: {sql}"))
            }
        }
    }

    #[track_caller]
    fn all(&self, cases: &[(&str, Value)]) {
        for (expression, expected) in cases {
            assert_eq!(self.value(expression), *expected, "{expression}");
        }
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn day(days: u32) -> Value {
    Value::Moment(Moment { days, nanos: 0, offset: 0 })
}

const fn decimal(precision: u8, scale: u8) -> SqlType {
    SqlType::Decimal { precision, scale }
}

#[test]
fn integers_divide_as_integers_and_average_as_integers() {
    Asked::new().all(&[
        ("7 / 2", Value::Int(3)),
        ("-7 / 2", Value::Int(-3)),
        ("7 % 3", Value::Int(1)),
        ("7 / 2.0", Value::Decimal(3_500_000)),
        ("1 + '2'", Value::Int(3)),
        ("(SELECT AVG(x.n) FROM (SELECT 1 AS n UNION ALL SELECT 2) AS x)", Value::Int(1)),
        ("(SELECT AVG(CAST(x.n AS float)) FROM (SELECT 1 AS n UNION ALL SELECT 2) AS x)", Value::Float(1.5)),
        ("(SELECT SUM(x.n) FROM (SELECT 1 AS n WHERE 1 = 0) AS x)", Value::Null),
        ("5 & 3 | 8", Value::Int(9)),
        ("5 ^ 1", Value::Int(4)),
    ]);
}

#[test]
fn a_percentage_has_the_scale_that_sql_server_gives_it() {
    let asked = Asked::new();
    let expression = "100.0 * SUM(CASE WHEN s.Client0 = 1 THEN 1 ELSE 0 END) / NULLIF(COUNT(*), 0)";
    assert_eq!(asked.type_of(expression), decimal(26, 12));
    assert_eq!(asked.value("100.0 * 1 / 3"), Value::Decimal(33_333_333));
    assert_eq!(asked.value("CAST(100.0 * 1 / 3 AS decimal(5,2))"), Value::Decimal(3333));
}

#[test]
fn text_compares_without_case_and_trailing_spaces() {
    let asked = Asked::new();
    for (condition, holds) in [
        ("'abc' = 'ABC'", true),
        ("'abc' = 'abc   '", true),
        ("'abc' = ' abc'", false),
        ("'e' = N'é'", false),
        ("'É' = 'é'", true),
        ("'B' > 'a'", true),
        ("'abc' <> 'ABD'", true),
        ("'abc' IN ('x', 'ABC ')", true),
        ("'b' BETWEEN 'A' AND 'C'", true),
        ("'abc' LIKE 'AB[c-d]'", true),
        ("'abc' LIKE 'ab[^a-c]'", false),
        ("'a_c' LIKE 'a[_]c'", true),
        ("'abc' LIKE 'a[_]c'", false),
        ("'50%' LIKE '50!%' ESCAPE '!'", true),
        ("'abc' LIKE 'abc '", false),
        ("'a' IN (SELECT 'A')", true),
        ("NULL = NULL", false),
        ("'1' = 1", true),
        ("CAST('2024-01-01' AS datetime) = '20240101'", true),
        ("'2024-02-01' > CAST('2024-01-31' AS date)", true),
        ("1 NOT IN (2, NULL)", false),
    ] {
        let expected = Value::Int(i64::from(holds));
        assert_eq!(asked.value(&format!("CASE WHEN {condition} THEN 1 ELSE 0 END")), expected, "{condition}");
    }
}

#[test]
fn groups_unions_and_counts_go_by_the_collation() {
    let asked = Asked::new();
    let three = "(SELECT 'a' AS t UNION ALL SELECT 'A ' UNION ALL SELECT 'b') AS x";
    assert_eq!(
        asked.rows(&format!("SELECT COUNT(*) FROM {three} GROUP BY x.t ORDER BY COUNT(*)")),
        [[Value::Int(1)], [Value::Int(2)]]
    );
    assert_eq!(asked.rows(&format!("SELECT COUNT(DISTINCT x.t) FROM {three}")), [[Value::Int(2)]]);
    assert_eq!(asked.rows(&format!("SELECT DISTINCT x.t + '' AS t FROM {three}")).len(), 2);
    assert_eq!(asked.rows("SELECT 'a' AS t UNION SELECT 'A' UNION SELECT N'b' ORDER BY t DESC").len(), 2);
    let bare = "SELECT NULL AS t UNION ALL SELECT 'x' UNION ALL SELECT NULL";
    assert_eq!(asked.rows(bare), [[Value::Null], [text("x")], [Value::Null]]);
    assert_eq!(asked.answer(bare).columns[0].sql_type, SqlType::VarChar(1));
    assert_eq!(asked.rows("SELECT 'a' AS t INTERSECT SELECT 'A'").len(), 1);
    assert_eq!(asked.rows("SELECT 'a' AS t EXCEPT SELECT 'A'").len(), 0);
    assert_eq!(asked.rows(&format!("SELECT MAX(UPPER(x.t)) FROM {three}")), [[text("B")]]);
}

#[test]
fn dates_count_boundaries() {
    Asked::new().all(&[
        ("DATEDIFF(year, '2023-12-31', '2024-01-01')", Value::Int(1)),
        ("DATEDIFF(month, '2024-01-31', '2024-02-01')", Value::Int(1)),
        ("DATEDIFF(day, '2024-01-01 23:59', '2024-01-02 00:01')", Value::Int(1)),
        ("DATEDIFF(hour, '2024-01-01 10:59', '2024-01-01 11:00')", Value::Int(1)),
        ("DATEDIFF(week, '2024-01-06', '2024-01-07')", Value::Int(1)),
        ("DATEDIFF(dd, '2024-01-02', '2024-01-01')", Value::Int(-1)),
        ("DATEDIFF_BIG(ms, '2024-01-01', '2024-01-02')", Value::Int(86_400_000)),
        ("DATEADD(month, 1, CAST('2024-01-31' AS date))", day(738_944)),
        ("YEAR('2024-05-06') * 100 + MONTH('2024-05-06')", Value::Int(202_405)),
        ("DATEPART(weekday, '2007-10-30')", Value::Int(3)),
        ("DATENAME(month, '2007-10-30')", text("October")),
        ("CONVERT(char(8), CAST('2024-05-06' AS datetime), 112)", text("20240506")),
        ("CONVERT(varchar(10), GETUTCDATE(), 23)", text("2026-01-28")),
        ("EOMONTH('2024-02-10')", day(738_944)),
        ("DATEDIFF(day, NULL, GETUTCDATE())", Value::Null),
        ("CAST(CAST('2024-01-01 12:00' AS datetime) + 1 AS date)", day(738_886)),
    ]);
}

#[test]
fn text_functions_are_as_documented() {
    Asked::new().all(&[
        ("LEN('abc  ')", Value::Int(3)),
        ("DATALENGTH(N'abc  ')", Value::Int(10)),
        ("LEFT('abcdef', 2) + RIGHT('abcdef', 2)", text("abef")),
        ("SUBSTRING('abcdef', 2, 3)", text("bcd")),
        ("SUBSTRING('abcdef', 0, 3)", text("ab")),
        ("CHARINDEX('C', 'abcabc')", Value::Int(3)),
        ("CHARINDEX('c', 'abcabc', 4)", Value::Int(6)),
        ("CHARINDEX('x', 'abc')", Value::Int(0)),
        ("PATINDEX('%[0-9]%', 'ab12')", Value::Int(3)),
        ("REPLACE('aXbx', 'x', '-')", text("a-b-")),
        ("CONCAT('a', NULL, 1)", text("a1")),
        ("'a' + NULL", Value::Null),
        ("UPPER('äb') + LOWER('CD')", text("ÄBcd")),
        ("STUFF('abcdef', 2, 3, 'x')", text("axef")),
        ("REPLICATE('ab', 2)", text("abab")),
        ("LTRIM(RTRIM('  a '))", text("a")),
        ("ISNULL(NULL, 'x')", text("x")),
        ("ISNULL(CAST(NULL AS varchar(2)), 'xyz')", text("xy")),
        ("COALESCE(NULL, NULL, 3)", Value::Int(3)),
        ("NULLIF('a', 'A')", Value::Null),
        ("IIF(1 > 2, 'a', 'b')", text("b")),
        ("CHOOSE(2, 'a', 'b')", text("b")),
        ("CASE 'A' WHEN 'a' THEN 1 END", Value::Int(1)),
        ("TRY_CAST('x' AS int)", Value::Null),
        ("TRY_CONVERT(int, '12')", Value::Int(12)),
        ("CAST(1 AS bit)", Value::Bool(true)),
        ("CAST(2.5 AS int)", Value::Int(2)),
        ("ROUND(2.567, 1)", Value::Decimal(2600)),
        ("ABS(-3) + FLOOR(2.7) + CEILING(2.1)", Value::Decimal(8)),
        ("CAST('6F9619FF-8B86-D011-B42D-00C04FC964FF' AS nvarchar(8))", text("6F9619FF")),
    ]);
}

#[test]
fn each_expression_has_the_type_that_sql_server_announces() {
    let asked = Asked::new();
    for (expression, expected) in [
        ("COUNT(*)", SqlType::Int),
        ("COUNT_BIG(*)", SqlType::BigInt),
        ("SUM(s.Client0)", SqlType::Int),
        ("SUM(CAST(s.Client0 AS bigint))", SqlType::BigInt),
        ("AVG(s.Client0)", SqlType::Int),
        ("AVG(CAST(s.Client0 AS float))", SqlType::Float),
        ("AVG(1.50)", decimal(38, 6)),
        ("MAX(s.Creation_Date0)", SqlType::DateTime),
        ("MIN(s.Name0)", SqlType::NVarChar(256)),
    ] {
        assert_eq!(asked.type_of(expression), expected, "{expression}");
    }
    for (expression, expected) in [
        ("s.Is_Virtual_Machine0", SqlType::Bit),
        ("s.AADDeviceID", SqlType::UniqueIdentifier),
        ("'abc'", SqlType::VarChar(3)),
        ("N'abc'", SqlType::NVarChar(3)),
        ("1", SqlType::Int),
        ("3000000000", decimal(10, 0)),
        ("1.50", decimal(3, 2)),
        ("1e0", SqlType::Float),
        ("CASE WHEN s.Client0 = 1 THEN 'a' ELSE N'bcd' END", SqlType::NVarChar(3)),
        ("CASE WHEN s.Client0 = 1 THEN 1 ELSE 2.5 END", decimal(11, 1)),
        ("ISNULL(s.Client0, 0)", SqlType::Int),
        ("DATEDIFF(day, s.Creation_Date0, GETUTCDATE())", SqlType::Int),
        ("GETUTCDATE()", SqlType::DateTime),
        ("DATEADD(day, 1, CAST('2024-01-01' AS date))", SqlType::Date),
        ("ROW_NUMBER() OVER (ORDER BY s.Name0)", SqlType::BigInt),
        ("s.Name0 + N'-' + s.User_Name0", SqlType::NVarChar(513)),
        ("LEFT(s.Name0, 3)", SqlType::NVarChar(3)),
        ("LEN(s.Name0)", SqlType::Int),
        ("DB_NAME()", SqlType::NVarChar(128)),
        ("SERVERPROPERTY('Edition')", SqlType::SqlVariant),
        ("CAST(SERVERPROPERTY('Edition') AS nvarchar(128))", SqlType::NVarChar(128)),
        ("NULL", SqlType::Int),
    ] {
        assert_eq!(asked.type_of(expression), expected, "{expression}");
    }
    let columns = asked.answer("SELECT s.ResourceID, s.Name0, ISNULL(s.Name0, N''), COUNT(*) OVER () AS n FROM [dbo].[v_R_System] AS [s]").columns;
    let seen: Vec<(&str, bool)> =
        columns.iter().map(|column| (column.name.as_str(), column.nullable)).collect();
    assert_eq!(seen, [("ResourceID", false), ("Name0", true), ("", false), ("n", true)]);
}

#[test]
fn tables_of_with_windows_and_pages_work() {
    let asked = Asked::new();
    let chain = "WITH n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT SUM(i) FROM n";
    assert_eq!(asked.rows(chain), [[Value::Int(15)]]);
    let two = "WITH [a] ([x], [y]) AS (SELECT 1, 'p' UNION ALL SELECT 2, 'q'), [b] AS (SELECT [x] AS [x] FROM [a] WHERE [y] = 'Q') SELECT * FROM [b]";
    assert_eq!(asked.rows(two), [[Value::Int(2)]]);
    let ranks = "SELECT TOP (3) s.Build01, RANK() OVER (ORDER BY s.Build01) AS r, NTILE(2) OVER (PARTITION BY s.Client0 ORDER BY s.ResourceID) AS t,
        SUM(s.Client0) OVER (ORDER BY s.ResourceID ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running,
        LAG(s.Build01, 1, N'none') OVER (ORDER BY s.ResourceID) AS earlier
        FROM v_R_System AS s ORDER BY s.ResourceID";
    assert_eq!(asked.rows(ranks)[0][4], text("none"));
    let page =
        "SELECT s.ResourceID FROM v_R_System s ORDER BY s.ResourceID OFFSET 10 ROWS FETCH NEXT 5 ROWS ONLY";
    let page = asked.rows(page);
    assert_eq!((page.len(), &page[0][0]), (5, &Value::Int(16_777_230)));
    let having = "SELECT s.Build01, COUNT(*) AS n FROM v_R_System s GROUP BY s.Build01 HAVING COUNT(*) >= 10 ORDER BY n DESC, s.Build01";
    assert!(!asked.rows(having).is_empty());
    let outer = "SELECT TOP 1 s.Name0, b.SerialNumber0 FROM v_R_System s LEFT OUTER JOIN v_GS_PC_BIOS b ON b.ResourceID = s.ResourceID AND 1 = 0";
    assert_eq!(asked.rows(outer)[0][1], Value::Null);
    let correlated = "SELECT COUNT(*) FROM v_Collection c WHERE c.MemberCount = (SELECT COUNT(*) FROM v_FullCollectionMembership m WHERE m.CollectionID = c.CollectionID)";
    assert_eq!(asked.rows(correlated), asked.rows("SELECT COUNT(*) FROM v_Collection"));
    let distinct = "SELECT DISTINCT UPPER(s.Build01) AS b FROM v_R_System s ORDER BY UPPER(s.Build01) DESC";
    assert!(asked.rows(distinct).len() > 3);
    let joined = "SELECT STRING_AGG(x.t, ',') WITHIN GROUP (ORDER BY x.t DESC) FROM (SELECT 'a' AS t UNION ALL SELECT 'b') AS x";
    assert_eq!(asked.rows(joined), [[text("b,a")]]);
    let other_kind =
        "SELECT COUNT(*) FROM (SELECT '7' AS t UNION ALL SELECT '8') AS x WHERE 7 IN (SELECT x.t)";
    assert_eq!(asked.rows(other_kind), [[Value::Int(1)]]);
    let nulls_first = "SELECT x.n FROM (SELECT 1 AS n UNION ALL SELECT NULL) AS x ORDER BY x.n";
    assert_eq!(asked.rows(nulls_first), [[Value::Null], [Value::Int(1)]]);
}

#[test]
fn parameters_are_values_of_their_types() {
    let asked = Asked::new();
    let params = [
        ("@P1".to_owned(), Value::Text("o'neil".to_owned())),
        ("@P2".to_owned(), Value::Int(7)),
        ("@P3".to_owned(), Value::Null),
    ];
    let answer = asked.0.query("SELECT @P1 AS a, @p2 + 1 AS b, @P3 AS c", &params).unwrap();
    let rows: Vec<Row> = answer.rows.map(Result::unwrap).collect();
    assert_eq!(rows, [[text("o'neil"), Value::Int(8), Value::Null]]);
}

#[test]
fn errors_have_sql_servers_numbers_and_words() {
    let asked = Asked::new();
    for (sql, number, message) in [
        ("SELECT a FROM v_Nothing", 208, "Invalid object name 'v_Nothing'."),
        ("SELECT a FROM [dbo].[v_Nothing]", 208, "Invalid object name 'dbo.v_Nothing'."),
        ("SELECT a FROM other.dbo.v_Site", 208, "Invalid object name 'other.dbo.v_Site'."),
        ("SELECT Nothing FROM v_Site", 207, "Invalid column name 'Nothing'."),
        ("SELECT s.Nothing FROM v_Site s", 207, "Invalid column name 'Nothing'."),
        (
            "SELECT x.SiteCode FROM v_Site s",
            4104,
            "The multi-part identifier \"x.SiteCode\" could not be bound.",
        ),
        (
            "SELECT ResourceID FROM v_R_System a JOIN v_GS_TPM b ON a.ResourceID = b.ResourceID",
            209,
            "Ambiguous column name 'ResourceID'.",
        ),
        ("SELECT FROM v_Site", 102, "Incorrect syntax near 'FROM'."),
        ("SELECT 1 / 0", 8134, "Divide by zero error encountered."),
        (
            "SELECT CAST('x' AS int)",
            245,
            "Conversion failed when converting the varchar value 'x' to data type int.",
        ),
        (
            "SELECT SUM(s.Is_Virtual_Machine0) FROM v_R_System s",
            8117,
            "Operand data type bit is invalid for sum operator.",
        ),
        (
            "SELECT s.Name0, COUNT(*) FROM v_R_System s",
            8120,
            "Column 's.Name0' is invalid in the select list because it is not contained in either an aggregate function or the GROUP BY clause.",
        ),
        (
            "SELECT DISTINCT s.Name0 FROM v_R_System s ORDER BY s.ResourceID",
            145,
            "ORDER BY items must appear in the select list if SELECT DISTINCT is specified.",
        ),
        ("SELECT nosuch(1)", 195, "'nosuch' is not a recognized built-in function name."),
        ("SELECT @missing", 137, "Must declare the scalar variable \"@missing\"."),
        (
            "SELECT 1 UNION ALL SELECT 1, 2",
            205,
            "All queries combined using a UNION, INTERSECT or EXCEPT operator must have an equal number of expressions in their target lists.",
        ),
        ("SELECT x.n FROM (SELECT 1) AS x", 8155, "No column name was specified for column 1 of 'x'."),
        (
            "SELECT 1 FROM v_Site WHERE COUNT(*) > 1",
            147,
            "An aggregate may not appear in the WHERE clause unless it is in a subquery contained in a HAVING clause or a select list, and the column being aggregated is an outer reference.",
        ),
        (
            "WITH n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n",
            530,
            "The statement terminated. The maximum recursion 100 has been exhausted before statement completion.",
        ),
        (
            "DELETE FROM v_Site",
            3906,
            "Failed to update database \"CM_CAS\" because the database is read-only.",
        ),
        (
            "SELECT (SELECT SiteCode, Type FROM v_Site)",
            116,
            "Only one expression can be specified in the select list when the subquery is not introduced with EXISTS.",
        ),
        (
            "SELECT x.a FROM (SELECT SiteCode AS a FROM v_Site ORDER BY a) AS x",
            1033,
            "The ORDER BY clause is invalid in views, inline functions, derived tables, subqueries, and common table expressions, unless TOP, OFFSET or FOR XML is also specified.",
        ),
        (
            "SELECT SUM(x.n) FROM (SELECT 2000000000 AS n UNION ALL SELECT 2000000000) AS x",
            8115,
            "Arithmetic overflow error converting expression to data type int.",
        ),
        (
            "SELECT 1 WHERE 'a'",
            4145,
            "An expression of non-boolean type specified in a context where a condition is expected, near ''a''.",
        ),
    ] {
        let error = asked.error(sql);
        assert_eq!((error.number, error.message.as_str()), (number, message), "{sql}");
    }
}

#[test]
fn system_objects_speak_of_this_database_alone() {
    let asked = Asked::new();
    assert_eq!(asked.value("DB_NAME()"), text("CM_CAS"));
    assert_eq!(asked.value("DB_ID()"), Value::Int(5));
    assert_eq!(asked.value("dbo.fnCurrentSiteVersion()"), text("5.00.9132.1000"));
    let custom = "SELECT COUNT(*) FROM sys.tables WHERE name IN ('Contoso_AssetLedger', 'zz_import_2019', 'tmp_KeepMe')";
    assert_eq!(asked.rows(custom), [[Value::Int(3)]]);
    let named = "SELECT COUNT(*) FROM sys.dm_exec_procedure_stats WHERE database_id = DB_ID() AND OBJECT_NAME(object_id, database_id) IS NULL";
    assert_eq!(asked.rows(named), [[Value::Int(0)]]);
    let wide = "SELECT CHARACTER_MAXIMUM_LENGTH FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = 'v_GS_CONTOSO_WARRANTY0' AND COLUMN_NAME = 'Notes0'";
    assert_eq!(asked.rows(wide), [[Value::Int(4000)]]);
}

#[test]
fn what_else_authors_write_over_the_views_is_answered() {
    let asked = Asked::new();
    for sql in [
        "SELECT * FROM (SELECT TOP 5 Name0 FROM v_R_System ORDER BY Name0) AS x ORDER BY Name0 DESC",
        "SELECT s.Name0 AS [My Name] FROM [v_R_System] AS [s] ORDER BY [My Name]",
        "SELECT COUNT(*) AS n FROM v_R_System s, v_GS_FIRMWARE f WHERE s.ResourceID = f.ResourceID",
        "WITH a AS (SELECT ResourceID AS r FROM v_R_System), b AS (SELECT x.r AS r FROM a x JOIN a y ON x.r = y.r) SELECT COUNT(*) AS n FROM b",
        "SELECT s.Build01, (SELECT COUNT(*) FROM v_R_System t WHERE t.Build01 = s.Build01) AS n FROM v_R_System s GROUP BY s.Build01",
        "SELECT CASE WHEN s.Client0 = 1 THEN 'yes' ELSE 'no' END AS c, COUNT(*) AS n FROM v_R_System s GROUP BY CASE WHEN s.Client0 = 1 THEN 'yes' ELSE 'no' END ORDER BY COUNT(*) DESC",
        "SELECT s.Build01, 100.0 * COUNT(*) / SUM(COUNT(*)) OVER () AS share FROM v_R_System s GROUP BY s.Build01",
        "SELECT s.Name0 FROM v_R_System s WHERE s.ResourceID NOT IN (SELECT t.ResourceID FROM v_GS_TPM t)",
        "SELECT a.SiteCode, b.SiteCode FROM v_Site a FULL OUTER JOIN v_Site b ON a.SiteCode = b.ReportingSiteCode",
        "SELECT a.SiteCode, b.SiteCode FROM v_Site a RIGHT JOIN v_Site b ON a.SiteCode = b.ReportingSiteCode",
        "SELECT COUNT(*) AS n FROM v_R_System WHERE Creation_Date0 >= DATEADD(day, -3000, GETUTCDATE()) AND Is_Virtual_Machine0 = 'false'",
        "SELECT CAST(s.AADDeviceID AS nvarchar(36)) AS id FROM v_R_System s WHERE s.AADDeviceID IS NOT NULL",
        "SELECT YEAR(c.LastActiveTime) AS y, MONTH(c.LastActiveTime) AS m, COUNT(*) AS n FROM v_CH_ClientSummary c GROUP BY YEAR(c.LastActiveTime), MONTH(c.LastActiveTime)",
        "SELECT DISTINCT TOP (5) s.Build01 FROM v_R_System s ORDER BY s.Build01",
        "SELECT name FROM [sys].[tables] AS [t] WHERE [t].[is_ms_shipped] = 0",
        "SELECT [COLUMN_NAME] FROM [INFORMATION_SCHEMA].[COLUMNS] WHERE [TABLE_NAME] = N'V_SITE' ORDER BY [ORDINAL_POSITION]",
        "SELECT -s.ResourceID AS r, ~s.Client0 AS c FROM v_R_System s WHERE s.Name0 IS NOT DISTINCT FROM s.Netbios_Name0",
        "SELECT SiteCode + N'-' + CAST(Type AS nvarchar(10)) AS label FROM v_Site WHERE SiteName NOT LIKE N'%[0-9]%'",
        "SELECT MIN(x.n) AS low, MAX(x.n) AS high, AVG(CAST(x.n AS decimal(18,4))) AS mean FROM (SELECT COUNT(*) AS n FROM v_FullCollectionMembership GROUP BY CollectionID) AS x",
        "SELECT TOP (3) WITH_ALIAS.c FROM (SELECT COUNT_BIG(*) AS c FROM v_R_System GROUP BY Name0 HAVING COUNT_BIG(*) >= 1) AS WITH_ALIAS",
        "SELECT q.b, q.n FROM (SELECT s.Build01 AS b, COUNT(*) AS n, ROW_NUMBER() OVER (ORDER BY COUNT(*) DESC, s.Build01) AS k FROM v_R_System s GROUP BY s.Build01) AS q WHERE q.k <= 3",
        "SELECT n = COUNT(*) FROM v_Site WITH (NOLOCK)",
        "SELECT (SELECT TOP 1 SiteCode FROM v_Site ORDER BY Type DESC) AS top_site UNION SELECT SiteCode FROM v_Site ORDER BY 1",
        "SELECT SUM(CASE WHEN EXISTS (SELECT 1 FROM v_GS_TPM t WHERE t.ResourceID = s.ResourceID) THEN 1 ELSE 0 END) AS n FROM v_R_System s",
        "SELECT DATEDIFF(day, MIN(o.InstallDate0), MAX(o.InstallDate0)) / 30 AS months FROM v_GS_OPERATING_SYSTEM o",
        "SELECT COUNT(*) AS n FROM v_Collection c LEFT JOIN v_Collection p ON p.CollectionID = c.LimitToCollectionID WHERE p.CollectionID IS NULL",
    ] {
        assert!(!asked.rows(sql).is_empty(), "{sql}");
    }
}
