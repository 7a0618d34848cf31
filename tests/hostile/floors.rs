//! Queries that want to give an identifier out under a harmless class. A class is not believed because it is
//! declared: each of these is refused, by what its SQL reads.

use glasshouse_contract::{DataClass, Manifest};
use glasshouse_guard::{Finding, Floors, GuardError, Printed, check};

/// A manifest with one statement, whose columns are declared as `Name type class`.
fn manifest(sql: &str, columns: &[&str], more: &str) -> Manifest {
    manifest_at("basic", sql, columns, more)
}

fn manifest_at(level: &str, sql: &str, columns: &[&str], more: &str) -> Manifest {
    let columns: String = columns
        .iter()
        .map(|column| {
            let [name, kind, class] = column.split(' ').collect::<Vec<_>>()[..] else { panic!("{column}") };
            format!(
                "[[query.statement.column]]\nname = '{name}'\ntype = '{kind}'\nclass = '{class}'\ndescription = 'x'\n"
            )
        })
        .collect();
    let text = format!(
        "id = 'contoso.evil'\nversion = '1.0.0'\napi = '1.0'\nkind = 'query'\ntitle = 'x'\npurpose = 'x'\n\
         author = 'x'\n[[query.statement]]\nname = 's'\nlevel = '{level}'\nsql = '''{sql}'''\n{columns}{more}"
    );
    Manifest::parse(text.as_bytes()).unwrap()
}

fn refused(sql: &str, columns: &[&str], more: &str) -> GuardError {
    check(&manifest(sql, columns, more), Floors::shipped()).unwrap_err()
}

/// The floor of the statement's one column of interest, which is called `x`.
fn floor(sql: &str) -> DataClass {
    let printed = Printed::of(sql).unwrap_or_else(|refusal| panic!("{refusal}\n{sql}"));
    let columns = printed.columns(Floors::shipped());
    let column = columns.iter().find(|column| column.name == "x").unwrap();
    assert!(!column.why.is_empty(), "{sql}");
    column.floor
}

/// Each of these columns is still an identifier, whatever it is called and however it is written.
fn all_identify(statements: &[&str]) {
    for sql in statements {
        assert_eq!(floor(sql), DataClass::Identifier, "{sql}");
    }
}

/// Each of these is what it looks like: a rule that refuses everything would be no proof.
fn all_are(class: DataClass, statements: &[&str]) {
    for sql in statements {
        assert_eq!(floor(sql), class, "{sql}");
    }
}

#[test]
fn a_mislabelled_class_is_refused() {
    let error = refused("SELECT Name0 AS Model FROM v_R_System", &["Model text category"], "");
    insta::assert_snapshot!(error.fault("contoso.evil"), @r"
    contoso.evil: column `s.Model` is declared category, and its floor is identifier: dbo.v_R_System.Name0 is identifier
      mend: raise the class, or say in `lowers` why less is true: an administrator then decides
    ");
    for (class, refused) in [("measure", true), ("pseudonym", true), ("identifier", false), ("text", false)] {
        let manifest = manifest("SELECT Name0 FROM v_R_System", &[&format!("Name0 text {class}")], "");
        assert_eq!(check(&manifest, Floors::shipped()).is_err(), refused, "{class}");
    }
}

#[test]
fn a_column_that_nobody_lists_is_text() {
    all_are(
        DataClass::Text,
        &[
            "SELECT Secret AS x FROM v_R_System",
            "SELECT Name0 AS x FROM dbo.SomeTable",
            "SELECT dbo.fnSomething() AS x",
            "SELECT SERVERPROPERTY('Something') AS x",
            "SELECT physical_memory_kb AS x FROM sys.dm_os_sys_info",
            // Of two views either may have it.
            "SELECT Client0 AS x FROM v_R_System AS s INNER JOIN dbo.SomeTable AS t ON t.ResourceID = s.ResourceID",
            "SELECT (SELECT MAX(Client0) FROM dbo.SomeTable AS t) AS x FROM v_R_System AS s",
            "SELECT nobody.Client0 AS x FROM v_R_System AS s",
        ],
    );
}

#[test]
fn an_identifier_packed_into_a_number_stays_one() {
    all_identify(&[
        "SELECT CAST(ResourceID AS bigint) AS x FROM v_R_System",
        "SELECT TRY_CAST(Name0 AS int) AS x FROM v_R_System",
        "SELECT CONVERT(int, Name0) AS x FROM v_R_System",
        "SELECT CHECKSUM(Name0) AS x FROM v_R_System",
        "SELECT ASCII(SUBSTRING(Name0, 1, 1)) AS x FROM v_R_System",
        "SELECT UNICODE(Name0) * 65536 + UNICODE(RIGHT(Name0, 1)) AS x FROM v_R_System",
        "SELECT SUM(CAST(ResourceID AS bigint)) AS x FROM v_R_System",
        "SELECT AVG(ASCII(Name0) * 1.0) AS x FROM v_R_System",
        "SELECT MAX(ASCII(Name0)) AS x FROM v_R_System",
        "SELECT STDEV(ResourceID) AS x FROM v_R_System",
        "SELECT ResourceID & 255 AS x FROM v_R_System",
        "SELECT (ResourceID / 256) ^ 7 AS x FROM v_R_System",
        "SELECT ResourceID % 1000 AS x FROM v_R_System",
        "SELECT -ResourceID AS x FROM v_R_System",
        "SELECT LEN(Name0) AS x FROM v_R_System",
        "SELECT DATALENGTH(Name0) AS x FROM v_R_System",
        "SELECT CHARINDEX('a', Name0) AS x FROM v_R_System",
        "SELECT SQRT(ResourceID) AS x FROM v_R_System",
        "SELECT ISNUMERIC(Name0) AS x FROM v_R_System",
        "SELECT ROUND(ResourceID, 0) AS x FROM v_R_System",
        "SELECT SIGN(ResourceID - 16777219) AS x FROM v_R_System",
        "SELECT DATEDIFF(day, 0, DATEADD(day, ASCII(Name0), 0)) AS x FROM v_R_System",
        "SELECT DATEDIFF(day, 0, CAST(ResourceID AS datetime)) AS x FROM v_R_System",
        "SELECT DATEDIFF(day, 0, ResourceID) AS x FROM v_R_System",
        "SELECT DATEDIFF(second, '2000-01-01', Last_Logon_Timestamp0) AS x FROM v_R_System",
        "SELECT DATEPART(second, Last_Logon_Timestamp0) AS x FROM v_R_System",
        "SELECT NTILE(1000) OVER (ORDER BY Name0) AS x FROM v_R_System",
        "SELECT ROW_NUMBER() OVER (ORDER BY Name0) AS x FROM v_R_System",
    ]);
}

#[test]
fn an_identifier_as_the_label_of_a_case_stays_one() {
    all_identify(&[
        "SELECT CASE WHEN Client0 = 1 THEN Name0 ELSE 'none' END AS x FROM v_R_System",
        "SELECT CASE Client0 WHEN 1 THEN Name0 END AS x FROM v_R_System",
        "SELECT CASE WHEN Client0 = 1 THEN 'none' ELSE Name0 END AS x FROM v_R_System",
        "SELECT IIF(Client0 = 1, 'none', Name0) AS x FROM v_R_System",
        "SELECT COALESCE(NULL, Name0, 'none') AS x FROM v_R_System",
        "SELECT ISNULL(NULL, Name0) AS x FROM v_R_System",
        "SELECT NULLIF(Name0, '') AS x FROM v_R_System",
        "SELECT CASE WHEN 1 = 1 THEN CASE WHEN 1 = 1 THEN Name0 ELSE '' END ELSE 'a' END AS x FROM v_R_System",
    ]);
    // What CASE says in words of its own is a category, in numbers a measure.
    all_are(
        DataClass::Category,
        &[
            "SELECT CASE WHEN Client0 = 1 THEN 'yes' ELSE 'no' END AS x FROM v_R_System",
            "SELECT CASE WHEN Name0 IS NULL THEN 'unnamed' ELSE 'named' END AS x FROM v_R_System",
        ],
    );
    all_are(DataClass::Measure, &["SELECT CASE Client0 WHEN 1 THEN 1 ELSE -1 END AS x FROM v_R_System"]);
}

#[test]
fn a_concatenated_identifier_stays_one() {
    all_identify(&[
        "SELECT 'client ' + Name0 AS x FROM v_R_System",
        "SELECT CONCAT(Client_Version0, '/', Name0) AS x FROM v_R_System",
        "SELECT REPLACE('a', 'a', Name0) AS x FROM v_R_System",
        "SELECT STUFF(Client_Version0, 1, 0, Name0) AS x FROM v_R_System",
        "SELECT UPPER(LTRIM(REVERSE(Name0))) AS x FROM v_R_System",
        "SELECT LEFT(Name0, 1) AS x FROM v_R_System",
        "SELECT STRING_AGG(Name0, ',') AS x FROM v_R_System",
        "SELECT Client_Version0 + CASE WHEN 1 = 1 THEN Name0 END AS x FROM v_R_System",
    ]);
}

#[test]
fn a_key_of_group_by_under_another_name_stays_an_identifier() {
    all_identify(&[
        "SELECT Name0 AS x, COUNT(*) AS n FROM v_R_System GROUP BY Name0",
        "SELECT UPPER(Name0) AS x, COUNT(*) AS n FROM v_R_System GROUP BY UPPER(Name0)",
        "SELECT MIN(Name0) AS x FROM v_R_System GROUP BY ResourceID",
        "SELECT MAX(Name0) AS x FROM v_R_System",
        "SELECT DISTINCT Name0 AS x FROM v_R_System",
        "SELECT TOP (1) Name0 AS x FROM v_R_System ORDER BY Client0",
    ]);
}

#[test]
fn an_identifier_stays_one_on_every_way_through_a_statement() {
    all_identify(&[
        "SELECT d.Model AS x FROM (SELECT Name0 AS Model FROM v_R_System) AS d",
        "SELECT d.Model AS x FROM (SELECT Name0 FROM v_R_System) AS d (Model)",
        "SELECT Model AS x FROM (SELECT Name0 AS Model FROM v_R_System) AS d",
        "WITH d AS (SELECT Name0 AS Model FROM v_R_System) SELECT Model AS x FROM d",
        "WITH d (Model) AS (SELECT Name0 FROM v_R_System) SELECT e.Model AS x FROM d AS e",
        "WITH d AS (SELECT Name0 AS a FROM v_R_System), e AS (SELECT a AS b FROM d) SELECT b AS x FROM e",
        // A common table hides the view of that name.
        "WITH v_CITypes AS (SELECT Name0 AS CITypeName FROM v_R_System) SELECT CITypeName AS x FROM v_CITypes",
        "SELECT CITypeName AS x FROM v_CITypes UNION ALL SELECT Name0 FROM v_R_System",
        "SELECT d.x FROM (SELECT 'a' AS x UNION SELECT 'b' UNION ALL SELECT Name0 FROM v_R_System) AS d",
        "SELECT (SELECT MAX(Name0) FROM v_R_System) AS x",
        "SELECT (SELECT s.Name0 FROM v_CITypes AS t WHERE t.CIType_ID = s.Client0) AS x FROM v_R_System AS s",
        "SELECT FIRST_VALUE(Name0) OVER (ORDER BY Client0) AS x FROM v_R_System",
        "SELECT LAG(Name0) OVER (ORDER BY Client0) AS x FROM v_R_System",
        "SELECT LEAD(Client_Version0, 1, Name0) OVER (ORDER BY Client0) AS x FROM v_R_System",
        "SELECT MAX(Name0) OVER (PARTITION BY Client0) AS x FROM v_R_System",
        "SELECT t.CITypeName + s.Name0 AS x FROM v_CITypes AS t, v_R_System AS s",
        // It comes into the recursion by the second half, and two columns on.
        "WITH t AS (SELECT 'a' AS a, 'b' AS b, 'c' AS c UNION ALL \
         SELECT s.Name0, t.a, t.b FROM v_R_System AS s INNER JOIN t ON t.a = t.b) SELECT c AS x FROM t",
        "SELECT dbo.fnCurrentSiteVersion(Name0) AS x FROM v_R_System",
        "SELECT OBJECT_NAME(object_id) AS x FROM sys.tables",
    ]);
}

#[test]
fn comparing_an_identifier_with_a_literal_is_an_oracle() {
    all_identify(&[
        "SELECT CASE WHEN Name0 = 'bob' THEN 1 ELSE 0 END AS x FROM v_R_System",
        "SELECT CASE Name0 WHEN 'bob' THEN 1 ELSE 0 END AS x FROM v_R_System",
        "SELECT IIF(Name0 LIKE 'b%', 1, 0) AS x FROM v_R_System",
        "SELECT SUM(CASE WHEN Name0 LIKE 'b%' THEN 1 ELSE 0 END) AS x FROM v_R_System",
        "SELECT COUNT(CASE WHEN Name0 < 'm' THEN 1 END) AS x FROM v_R_System",
        "SELECT COUNT(NULLIF(Name0, 'bob')) AS x FROM v_R_System",
        "SELECT COUNT(NULLIF(CHARINDEX('b', Name0), 0)) AS x FROM v_R_System",
        "SELECT COUNT(TRY_CAST(REPLACE(Name0, 'bob', '1') AS int)) AS x FROM v_R_System",
        "SELECT CASE WHEN NULLIF(Name0, 'bob') IS NULL THEN 1 ELSE 0 END AS x FROM v_R_System",
        "SELECT CASE WHEN TRY_CAST(REPLACE(Name0, 'bob', '1') AS int) IS NULL THEN 1 END AS x FROM v_R_System",
        "SELECT CASE WHEN Name0 BETWEEN 'a' AND 'b' THEN 1 END AS x FROM v_R_System",
        "SELECT CASE WHEN Name0 IN ('a', 'b') THEN 1 END AS x FROM v_R_System",
        "SELECT CASE WHEN ASCII(Name0) & 1 = 0 THEN 1 END AS x FROM v_R_System",
        "SELECT CASE WHEN ResourceID = 16777219 THEN 1 END AS x FROM v_R_System",
    ]);
    // Where the comparison stands makes no difference: the rows tell of it.
    all_identify(&[
        "SELECT COUNT(*) AS x FROM v_R_System WHERE Name0 = 'bob'",
        "SELECT COUNT(*) AS x FROM v_R_System WHERE NOT (Client0 = 1 AND Name0 <> 'bob')",
        "SELECT COUNT(*) AS x FROM v_R_System WHERE Name0 IN (SELECT 'bob' AS a)",
        "SELECT COUNT(*) AS x FROM v_R_System AS s WHERE EXISTS (SELECT 1 FROM v_Site AS i WHERE s.Name0 = 'bob')",
        "SELECT Client_Version0 AS x FROM v_R_System WHERE Name0 = 'bob'",
        "SELECT 1 AS x FROM v_R_System GROUP BY Name0 HAVING Name0 = 'bob'",
        "SELECT COUNT(*) AS x FROM v_R_System GROUP BY CASE WHEN Name0 = 'bob' THEN 1 ELSE 0 END",
        "SELECT TOP (1) Client_Version0 AS x FROM v_R_System ORDER BY CASE WHEN Name0 = 'bob' THEN 0 ELSE 1 END",
        "SELECT Client_Version0 AS x, ROW_NUMBER() OVER (ORDER BY CASE WHEN Name0 = 'b' THEN 0 ELSE 1 END) AS r \
         FROM v_R_System WHERE Name0 = 'b'",
        "SELECT COUNT(*) AS x FROM v_R_System AS s INNER JOIN v_Site AS i ON s.Name0 = 'bob'",
        "SELECT COUNT(*) AS x FROM (SELECT 1 AS a FROM v_R_System WHERE Name0 = 'bob') AS d",
        "WITH d AS (SELECT 1 AS a FROM v_R_System WHERE Name0 = 'bob') SELECT COUNT(*) AS x FROM d",
        "SELECT (SELECT COUNT(*) FROM v_R_System WHERE Name0 = 'bob') AS x",
        "SELECT 0 AS x UNION ALL SELECT 1 FROM v_R_System WHERE Name0 = 'bob'",
        "SELECT SUM(CASE WHEN (SELECT COUNT(*) FROM v_R_System WHERE Name0 = 'b') > 0 THEN 1 END) AS x FROM v_Site",
    ]);
    // The literal comes by way of a table, and the answer by way of a column that is a category.
    all_identify(&[
        "SELECT COUNT(*) AS x FROM v_R_System AS s, (SELECT 'bob' AS n UNION ALL SELECT 'eve') AS l WHERE l.n = s.Name0",
        "SELECT n.StateID AS x FROM v_R_System AS s INNER JOIN v_StateNames AS n ON n.StateID = ASCII(s.Name0)",
        "WITH n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 100) \
         SELECT n.i AS x FROM n INNER JOIN v_R_System AS s ON ASCII(s.Name0) = n.i",
        "SELECT t.CITypeName AS x FROM v_CITypes AS t WHERE t.CIType_ID IN (SELECT ASCII(Name0) FROM v_R_System)",
        // What is compared with 0 is a difference to something that the author chose.
        "SELECT n.StateID AS x FROM v_R_System AS s, v_StateNames AS n WHERE ASCII(s.Name0) - n.StateID = 0",
        "SELECT n.StateID AS x FROM v_R_System AS s, v_StateNames AS n WHERE CHARINDEX(n.StateName, s.Name0) <> 0",
        "SELECT COUNT(*) AS x FROM v_R_System WHERE ASCII(Name0) = EXP(0) + EXP(0)",
        "SELECT COUNT(*) AS x FROM v_R_System WHERE ASCII(Name0) - LEN('SMS00001') = 0",
        "SELECT COUNT(*) AS x FROM v_R_System WHERE ASCII(Name0) = (SELECT COUNT(*) FROM v_Site)",
        "SELECT COUNT(*) AS x FROM v_R_System WHERE Last_Logon_Timestamp0 = '2026-01-02T03:04:05'",
        "SELECT COUNT(*) AS x FROM v_R_System WHERE Last_Logon_Timestamp0 > DATEADD(second, -5, GETUTCDATE())",
        "SELECT n.StateID AS x FROM v_R_System AS s INNER JOIN v_StateNames AS n \
         ON s.Last_Logon_Timestamp0 = DATEADD(day, n.StateID, GETUTCDATE())",
        "SELECT LEN(CASE WHEN s.Name0 = ISNULL(NULLIF(t.Name0, t.Name0), 'bob') THEN 'a' END) AS x \
         FROM v_R_System AS s, v_GS_COMPUTER_SYSTEM AS t",
    ]);
}

/// Arithmetic turns an identifier into a number that its author knows: `LEN(x) / LEN(x)` is 1. What is then
/// compared is two things made from identifiers alone, and an oracle all the same.
#[test]
fn what_an_identifier_was_made_into_is_compared_with_nothing() {
    all_identify(&[
        "SELECT COUNT(*) AS x FROM v_R_System WHERE LEN(Name0) = LEN(Name0) / LEN(Name0)",
        "SELECT COUNT(*) AS x FROM v_R_System AS s WHERE ASCII(s.Name0) = \
         POWER(LEN(s.Name0) / LEN(s.Name0) + LEN(s.Name0) / LEN(s.Name0), LEN(s.Netbios_Name0))",
        "SELECT COUNT(*) AS x FROM v_R_System WHERE UNICODE(Name0) = LEN(Name0) * 0",
        "SELECT COUNT(*) AS x FROM v_R_System WHERE POWER(ResourceID, 0) = SIGN(LEN(Name0))",
        "SELECT COUNT(*) AS x FROM v_R_System AS s, v_Collection AS c \
         WHERE c.CollectionID = 'SMS00001' AND ASCII(s.Name0) = ASCII(c.CollectionID)",
        "SELECT COUNT(*) AS x FROM v_R_System WHERE LEFT(Name0, SIGN(ResourceID)) = ''",
        "SELECT COUNT(*) AS x FROM v_R_System AS s, v_Site AS i WHERE CAST(s.Name0 AS char(1)) = CAST(i.SiteCode AS char(1))",
        "SELECT COUNT(*) AS x FROM v_R_System AS s WHERE CHECKSUM(s.Name0) = ResourceID",
        "SELECT COUNT(*) AS x FROM v_R_System AS s WHERE CHARINDEX(s.User_Name0, s.Name0) <> 0",
        // ISNULL has the type of its first argument: here one character, and there three.
        "SELECT COUNT(*) AS x FROM v_R_System AS s, v_Collection AS c WHERE c.CollectionID = 'SMS00001' \
         AND ISNULL(NULLIF('', ''), s.Name0) = ISNULL(NULLIF('', ''), c.CollectionID)",
        "SELECT COUNT(*) AS x FROM v_R_System AS s, v_Site AS i \
         GROUP BY ISNULL(NULLIF(i.SiteCode, i.SiteCode), s.Name0)",
        "SELECT COUNT(*) AS x FROM v_R_System AS s WHERE CONCAT(s.Name0, 'Surface%') = s.User_Name0",
        "SELECT CASE LEN(Name0) WHEN LEN(User_Name0) THEN 1 ELSE 0 END AS x FROM v_R_System",
        "SELECT COUNT(NULLIF(LEN(Name0), LEN(User_Name0))) AS x FROM v_R_System",
        "SELECT COUNT(TRY_CAST(Name0 AS int)) AS x FROM v_R_System",
        "SELECT CASE WHEN TRY_CAST(User_Name0 AS int) IS NULL THEN 1 ELSE 0 END AS x FROM v_R_System",
        "SELECT COUNT(SQRT(LEN(Name0))) AS x FROM v_R_System",
        "SELECT COUNT(*) AS x FROM v_R_System GROUP BY ASCII(Name0)",
        "SELECT COUNT(*) AS x FROM v_R_System WHERE dbo.fnGetHierarchyID(Name0) = Name0",
    ]);
}

/// How many names come before this one is this one's place; among names that the author brings, it is the name.
#[test]
fn an_order_of_identifiers_is_told_wherever_it_is_made() {
    all_identify(&[
        "SELECT (SELECT COUNT(*) FROM v_R_System AS t WHERE t.Name0 < s.Name0) AS x FROM v_R_System AS s",
        "SELECT COUNT(*) AS x FROM v_R_System AS s INNER JOIN v_StatusMessage AS r ON r.RecordID <= s.ResourceID GROUP BY s.ResourceID",
        "SELECT COUNT(*) AS x FROM v_R_System AS s, v_Site AS i WHERE s.Name0 BETWEEN i.SiteCode AND i.SiteName",
        "SELECT COUNT(*) AS x FROM v_R_System WHERE Name0 < 'SMS00001'",
        "SELECT COUNT(*) AS x FROM v_R_System AS s, v_Site AS i WHERE s.Name0 LIKE i.SiteCode",
        "SELECT COUNT(*) OVER (ORDER BY Name0) AS x FROM v_R_System",
        "SELECT SUM(Client0) OVER (ORDER BY Name0) AS x FROM v_R_System",
        "SELECT LAG(Client_Version0) OVER (ORDER BY Name0) AS x FROM v_R_System",
        "SELECT FIRST_VALUE(Client_Version0) OVER (ORDER BY Name0) AS x FROM v_R_System",
        "SELECT Client_Version0 AS x FROM v_R_System ORDER BY Name0",
        "SELECT TOP (1) Client_Version0 AS x FROM v_R_System ORDER BY User_Name0 DESC",
        "SELECT Client_Version0 AS x FROM v_R_System WHERE ResourceID IN (SELECT TOP (1) ResourceID FROM v_R_System ORDER BY Name0)",
        "SELECT d.v AS x FROM (SELECT TOP (1) Name0 AS n, Client_Version0 AS v FROM v_R_System ORDER BY n) AS d",
        "SELECT Client0 AS x FROM v_R_System GROUP BY Client0 ORDER BY MIN(Name0)",
        "SELECT Client_Version0 AS x FROM v_R_System WHERE Name0 = (SELECT MIN(Name0) FROM v_R_System)",
        "SELECT s.Client_Version0 AS x FROM v_R_System AS s INNER JOIN \
         (SELECT MAX(Name0) AS n FROM v_R_System) AS d ON d.n = s.Name0",
        "SELECT COUNT(*) AS x FROM v_R_System GROUP BY Client0 HAVING SUM(ResourceID) = MIN(ResourceID)",
    ]);
    // Names of the author's among those of the site: their places are known, and so those between them.
    all_identify(&[
        "SELECT d.x FROM (SELECT Name0 AS n, 0 AS x FROM v_R_System UNION ALL SELECT 'm', 1) AS d ORDER BY d.n",
        "SELECT Name0 AS n, 0 AS x FROM v_R_System UNION ALL SELECT 'm', 1 ORDER BY n",
        "SELECT Name0 AS n, 0 AS x FROM v_R_System UNION ALL SELECT 'SMS_EXECUTIVE', 1 ORDER BY n",
        "SELECT d.n, d.x FROM (SELECT Name0 AS n, 0 AS x FROM v_R_System UNION ALL SELECT 'm', 1) AS d ORDER BY n",
        "SELECT d.n, d.x FROM (SELECT Name0 AS n, 0 AS x FROM v_R_System UNION ALL SELECT 'SMS_EXECUTIVE', 1) AS d ORDER BY n",
        "SELECT CASE Client0 WHEN 1 THEN Name0 ELSE 'SMS_EXECUTIVE' END AS n, Client0 AS x FROM v_R_System ORDER BY n",
    ]);
    // A table may be read in the order of what it shows: that is how the last places of a TOP are settled.
    all_are(
        DataClass::Measure,
        &["SELECT Domain0 AS n, COUNT(*) AS x FROM v_GS_COMPUTER_SYSTEM GROUP BY Domain0 ORDER BY x DESC, n"],
    );
}

/// What puts equal values together compares them, without a sign of comparison.
#[test]
fn putting_equal_values_together_is_a_comparison() {
    let both = "(SELECT Name0 AS n, 0 AS a FROM v_R_System UNION ALL SELECT 'bob', 1) AS d";
    for sql in [
        format!("SELECT MAX(a) + COUNT(*) AS x FROM {both} GROUP BY n"),
        format!("SELECT COUNT(*) AS x FROM (SELECT DISTINCT n FROM {both}) AS e"),
        format!("SELECT COUNT(DISTINCT n) AS x FROM {both}"),
        format!("SELECT COUNT(*) OVER (PARTITION BY n) AS x FROM {both}"),
        format!("SELECT ROW_NUMBER() OVER (PARTITION BY n ORDER BY a) AS x FROM {both}"),
        "SELECT COUNT(*) AS x FROM (SELECT Name0 FROM v_R_System UNION SELECT 'bob') AS d".to_owned(),
        "SELECT COUNT(*) AS x FROM (SELECT 'bob' AS n UNION SELECT Name0 FROM v_R_System) AS d".to_owned(),
        "SELECT DISTINCT LEFT(Name0, 1) AS n, 1 AS x FROM v_R_System".to_owned(),
    ] {
        assert_eq!(floor(&sql), DataClass::Identifier, "{sql}");
    }
}

/// Every few seconds a site writes a message, with the time: the last one before a logon tells of the logon.
#[test]
fn a_moment_is_compared_with_now_and_no_calendar() {
    all_identify(&[
        "SELECT (SELECT MAX(m.Time) FROM v_StatusMessage AS m WHERE m.Time <= s.Last_Logon_Timestamp0) AS x FROM v_R_System AS s",
        "SELECT m.Time AS x FROM v_R_System AS s INNER JOIN v_StatusMessage AS m ON m.Time = s.Last_Logon_Timestamp0",
        "SELECT COUNT(*) AS x FROM v_R_System AS s, v_R_System AS t WHERE s.Creation_Date0 < t.Creation_Date0 GROUP BY s.ResourceID",
        "SELECT COUNT(*) AS x FROM v_R_System AS s WHERE s.Creation_Date0 < (SELECT MAX(m.Time) FROM v_StatusMessage AS m)",
    ]);
    all_are(
        DataClass::Measure,
        &[
            "SELECT COUNT(*) AS x FROM v_R_System WHERE DATEADD(day, 30, Last_Logon_Timestamp0) >= GETUTCDATE()",
            "SELECT COUNT(*) AS x FROM v_ConfigurationItems WHERE DateCreated < DateLastModified",
        ],
    );
}

/// A name without a table's may mean a table further out, where the inner one does not have it at this site.
#[test]
fn a_column_without_its_table_is_the_worst_that_it_can_be() {
    all_identify(&[
        "SELECT (SELECT MAX(Name0) FROM v_GS_PROCESSOR) AS x FROM v_R_System",
        "SELECT (SELECT MAX(d.n) FROM (SELECT Name0 AS n FROM v_GS_PROCESSOR) AS d) AS x FROM v_R_System",
    ]);
}

/// All columns of these are declared as what they are, and none of them leaves. How many rows there were does.
#[test]
fn a_statement_whose_number_of_rows_is_an_answer_is_refused_below_level_full() {
    for sql in [
        "SELECT Name0 AS x FROM v_R_System WHERE Name0 LIKE 'bob%'",
        "SELECT Name0 AS x FROM v_R_System WHERE ResourceID > 16777300",
        "SELECT TOP (10) Name0 AS x FROM v_R_System WHERE EXISTS (SELECT 1 FROM v_Site AS i WHERE v_R_System.Name0 = 'bob')",
        // Here it is the time that it takes.
        "SELECT CASE WHEN Name0 = 'bob' THEN (SELECT COUNT(*) FROM v_StatusMessage) ELSE 0 END AS x FROM v_R_System",
    ] {
        let error = refused(sql, &["x text identifier"], "");
        assert_eq!(error.findings[0].code(), "telling-rows", "{error}");
        let full = manifest_at("full", sql, &["x text identifier"], "");
        assert!(check(&full, Floors::shipped()).is_ok(), "{sql}");
    }
}

/// A function of the database's own can do anything that the database can, and says nothing of what it reads.
#[test]
fn a_function_that_nobody_lists_is_not_called() {
    for sql in
        ["SELECT dbo.fnSomething() AS x", "SELECT 1 AS x FROM v_Site WHERE dbo.fnSomething(SiteCode) = 1"]
    {
        let error = refused(sql, &["x text text"], "");
        assert_eq!(error.findings[0].code(), "function", "{error}");
    }
    let ours = Floors::shipped().with("version = 1\n[function]\n'dbo.fnSomething' = 'text'\n").unwrap();
    assert!(check(&manifest("SELECT dbo.fnSomething() AS x", &["x text text"], ""), &ours).is_ok());
}

#[test]
fn what_only_counts_joins_and_asks_whether_it_is_there_tells_nothing() {
    all_are(
        DataClass::Measure,
        &[
            "SELECT COUNT(DISTINCT Name0) AS x FROM v_R_System",
            "SELECT COUNT(DISTINCT CASE WHEN Client0 = 1 THEN ResourceID END) AS x FROM v_R_System",
            "SELECT COUNT(*) AS x FROM v_R_System WHERE Name0 IS NOT NULL AND Name0 <> ''",
            "SELECT COUNT(*) AS x FROM v_FullCollectionMembership WHERE CollectionID = 'SMS00001'",
            "SELECT COUNT(*) AS x FROM v_R_System AS s INNER JOIN v_GS_PC_BIOS AS b ON b.ResourceID = s.ResourceID",
            "SELECT MAX(d.n) AS x FROM (SELECT COUNT(*) AS n FROM v_R_System GROUP BY Name0) AS d",
            "SELECT AVG(DATEDIFF(day, InstallDate0, GETUTCDATE())) AS x FROM v_GS_OPERATING_SYSTEM",
            "SELECT MAX(DATEDIFF(hour, LastScanTime, GETUTCDATE())) AS x FROM v_UpdateScanStatus",
            "SELECT COUNT(*) AS x FROM v_R_System WHERE DATEDIFF(day, Last_Logon_Timestamp0, GETUTCDATE()) < 30",
            "SELECT COUNT(*) AS x FROM v_R_System WHERE Last_Logon_Timestamp0 > DATEADD(day, -30, GETUTCDATE())",
            "SELECT COUNT(*) AS x FROM v_R_System AS s INNER JOIN v_Site AS i ON ISNULL(s.AD_Site_Name0, '') = UPPER(i.SiteName)",
            "SELECT SUM(CASE WHEN d.r = 1 THEN 1 ELSE 0 END) AS x FROM (SELECT ROW_NUMBER() OVER \
             (PARTITION BY ResourceID ORDER BY LastHWScan DESC) AS r FROM v_GS_WORKSTATION_STATUS) AS d",
        ],
    );
}

#[test]
fn what_a_shaper_makes_has_the_floor_of_all_that_it_reads() {
    let output = |columns: &str| format!("[[query.output]]\nname = 'o'\n{columns}");
    let column = |line: &str, more: &str| {
        let [name, kind, class] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        format!(
            "[[query.output.column]]\nname='{name}'\ntype='{kind}'\nclass='{class}'\ndescription='x'\n{more}\n"
        )
    };
    let names = ("SELECT Name0, Client0 FROM v_R_System", ["Name0 text identifier", "Client0 int category"]);
    for packed in
        ["Packed int measure", "Label text category", "Ratio float measure", "Flag boolean category"]
    {
        let error = refused(names.0, &names.1, &output(&column(packed, "")));
        assert!(
            matches!(&error.findings[..], [Finding::Floor { floor: DataClass::Identifier, .. }]),
            "{error}"
        );
        // With a reason it is the administrator's to decide: the manifest asks for it by name.
        let manifest = manifest(names.0, &names.1, &output(&column(packed, "lowers = 'ages alone'")));
        assert!(check(&manifest, Floors::shipped()).is_ok());
        let [name, _, class] = packed.split(' ').collect::<Vec<_>>()[..] else { panic!() };
        assert!(manifest.asks().has(&format!("lowers o.{name} {class}")));
    }
    let categories = manifest(
        "SELECT Client_Version0, Client0 FROM v_R_System",
        &["Client_Version0 text category", "Client0 int category"],
        &output(&(column("Share float measure", "") + &column("Version text category", ""))),
    );
    assert!(check(&categories, Floors::shipped()).is_ok());
}

#[test]
fn a_lowered_class_is_asked_for_by_name_and_never_passes_in_silence() {
    let error = refused("SELECT Name0 FROM v_R_System", &["Name0 text pseudonym"], "");
    assert_eq!(error.findings[0].code(), "class-below-floor");
    let lowered =
        manifest("SELECT Name0 FROM v_R_System", &["Name0 text pseudonym"], "lowers = 'named by a scheme'\n");
    let checked = check(&lowered, Floors::shipped()).unwrap();
    assert!(checked[0].columns[0].lowered);
    assert!(lowered.asks().has("lowers s.Name0 pseudonym"));
}

#[test]
fn columns_are_those_that_are_declared_and_in_that_order() {
    for (sql, columns) in [
        ("SELECT Client0, Name0 FROM v_R_System", &["Name0 text identifier", "Client0 int category"][..]),
        ("SELECT Client0, Name0 FROM v_R_System", &["Client0 int category"]),
        ("SELECT Client0 FROM v_R_System", &["Client0 int category", "Name0 text identifier"]),
        ("SELECT client0 FROM v_R_System", &["Client0 int category"]),
    ] {
        let error = refused(sql, columns, "");
        assert_eq!(error.findings[0].code(), "columns", "{error}");
    }
}

/// How far machines comply with updates says what can be done to them: no lower level has it, in whatever clothes.
#[test]
fn update_compliance_is_for_level_full() {
    let counts = "SELECT SUM(CAST(NumMissing AS bigint)) AS x FROM v_Update_ComplianceSummary";
    let column = &["x int measure"][..];
    let error = check(&manifest_at("enhanced", counts, column, ""), Floors::shipped()).unwrap_err();
    insta::assert_snapshot!(error.fault("contoso.evil"), @r"
    contoso.evil: statement `s` is of level enhanced and reads dbo.v_Update_ComplianceSummary.NumMissing, which tells how far machines comply with software updates
      mend: make the statement one of level full, or leave this out of it
    ");
    let hidden = [
        counts,
        // Counted, and not a word of the view's columns.
        "SELECT COUNT(*) AS x FROM v_UpdateComplianceStatus",
        "SELECT COUNT(*) AS x FROM dbo.V_UPDATE_COMPLIANCESTATUSALL",
        // In a condition, in a table of its own, in a second part.
        "SELECT COUNT(*) AS x FROM v_Update_ComplianceSummary WHERE NumMissing > 0",
        "SELECT SUM(m) AS x FROM (SELECT NumTotal - NumPresent AS m FROM v_Update_ComplianceSummary) AS t",
        "WITH c AS (SELECT COUNT(*) AS n FROM v_UpdateSummaryPerCollection) SELECT n AS x FROM c",
        "SELECT COUNT(*) AS x FROM v_Site UNION ALL SELECT COUNT(*) FROM v_UpdateComplianceStatus",
        "SELECT COUNT(*) AS x FROM v_Site WHERE EXISTS (SELECT 1 FROM v_Update_ComplianceSummary WHERE NumMissing > 9)",
        "SELECT COUNT(*) AS x FROM v_Update_ComplianceSummary AS s INNER JOIN v_UpdateInfo AS u ON u.CI_ID = s.CI_ID \
         AND s.NumUnknown > 0",
        "SELECT SUM(CASE WHEN NumMissing > 0 THEN 1 ELSE 0 END) AS x FROM v_Update_ComplianceSummary",
        // A grant of the class is no other level.
        "SELECT RANK() OVER (ORDER BY NumMissing) AS x FROM v_Update_ComplianceSummary",
    ];
    for sql in hidden {
        for (level, refused) in [("basic", true), ("enhanced", true), ("full", false)] {
            let found = check(&manifest_at(level, sql, column, ""), Floors::shipped());
            let for_full = found.as_ref().is_err_and(|error| {
                error.findings.iter().any(|finding| matches!(finding, Finding::ForFull { .. }))
            });
            assert_eq!(for_full, refused, "{level}: {sql}: {found:?}");
        }
    }
    // How many updates are summed up, and how old that is, is no compliance; nor is what updates there are.
    for sql in [
        "SELECT COUNT(*) AS x FROM v_Update_ComplianceSummary",
        "SELECT MAX(DATEDIFF(day, LastSummaryTime, GETUTCDATE())) AS x FROM v_Update_ComplianceSummary",
        "SELECT COUNT(*) AS x FROM v_UpdateInfo WHERE IsDeployed = 1",
    ] {
        check(&manifest_at("enhanced", sql, column, ""), Floors::shipped()).unwrap();
    }
    // A site closes a view of its own.
    let floors = Floors::shipped().with("version = 1\n[full]\nv_OurPatches = []\n").unwrap();
    let ours = manifest_at("enhanced", "SELECT COUNT(*) AS x FROM v_OurPatches", column, "");
    assert!(check(&ours, Floors::shipped()).is_ok() && check(&ours, &floors).is_err());
}

/// An ON knows the tables up to its own join, and takes a name that none of them has for one further out: what a later
/// join brings under that name is not what is compared.
#[test]
fn a_name_in_an_on_is_not_that_of_a_table_joined_later() {
    let inner = "FROM (SELECT 1 AS k) AS a INNER JOIN (SELECT 1 AS k) AS b ON d.Name0 LIKE 'A%' \
                 INNER JOIN (SELECT 'x' AS Name0) AS d ON a.k = b.k";
    let told = |sql: &str| refused(sql, &["n int measure"], "").to_string();
    let counted = format!("SELECT COUNT(*) AS n FROM v_R_System AS d WHERE EXISTS (SELECT 1 AS o {inner})");
    let plainly = "SELECT COUNT(*) AS n FROM v_R_System AS d WHERE d.Name0 LIKE 'A%'";
    assert_eq!(told(&counted), told(plainly));
    all_identify(&[&format!(
        "SELECT CASE WHEN EXISTS (SELECT 1 AS o {inner}) THEN 1 ELSE 0 END AS x FROM v_R_System AS d"
    )]);
}
