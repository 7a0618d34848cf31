//! What a session answers itself: settings, who one is, what one may.

use crate::support::*;

#[tokio::test]
async fn what_clients_send_at_connect_is_answered() {
    let site = site().await;
    let mut client = connect(&site).await;
    let batch = "SET ANSI_NULLS, QUOTED_IDENTIFIER ON SET NOCOUNT ON; SET LOCK_TIMEOUT 5000\n\
                 SET DEADLOCK_PRIORITY LOW SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED\n\
                 SET DATEFORMAT ymd SET LANGUAGE us_english SELECT @@LOCK_TIMEOUT";
    let all = client.simple_query(batch).await.unwrap().into_results().await.unwrap();
    assert_eq!(all.last().unwrap()[0].get::<i32, _>(0), Some(5000));
    assert_eq!(said(rows(&mut client, "SET NOSUCH ON").await).0, 195);
    site.stop().await;
}

#[tokio::test]
async fn who_one_is_and_where() {
    let site = site().await;
    let mut client = connect(&site).await;
    assert!(cell(&mut client, "SELECT @@VERSION").await.starts_with("Microsoft SQL Server 2022"));
    let rows = rows(&mut client, "SELECT DB_NAME() AS d, SUSER_SNAME() AS s, @@SPID AS n, USER_NAME()")
        .await
        .unwrap();
    assert_eq!(rows[0].get::<&str, _>("d"), Some("CM_CAS"));
    assert_eq!(rows[0].get::<&str, _>("s"), Some("reader"));
    assert_eq!(rows[0].get::<i32, _>("n"), Some(i32::from(site.log().clients()[0].session)));
    assert_eq!(rows[0].columns()[3].name(), "");
    site.stop().await;
}

#[tokio::test]
async fn another_database_is_used_when_it_is_there() {
    let site = site().await;
    let mut client = connect(&site).await;
    assert_eq!(cell(&mut client, "USE [cm_p01]; SELECT DB_NAME()").await, "CM_P01");
    assert_eq!(said(rows(&mut client, "USE CM_XYZ").await).0, 911);
    site.stop().await;
}

#[tokio::test]
async fn rights_are_those_of_the_login() {
    let site = site().await;
    let asks = [
        "SELECT IS_SRVROLEMEMBER('sysadmin')",
        "SELECT IS_ROLEMEMBER(N'db_datawriter')",
        "SELECT IS_MEMBER('db_owner')",
        "SELECT HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'INSERT')",
        "SELECT HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER STATE')",
        "SELECT HAS_PERMS_BY_NAME('dbo.v_Site', 'OBJECT', 'UPDATE')",
    ];
    for (user, expected) in [
        ("reader", [0, 0, 0, 0, 0, 0]),
        ("state_reader", [0, 0, 0, 0, 1, 0]),
        ("writer", [0, 1, 0, 1, 0, 1]),
        ("owner", [0, 0, 1, 1, 0, 1]),
        ("sa", [1, 0, 1, 1, 1, 1]),
    ] {
        let mut client = connect_as(&site, config(&site, user)).await.unwrap();
        let mut answers = Vec::new();
        for ask in asks {
            answers.push(number(&mut client, ask).await.unwrap());
        }
        assert_eq!(answers, expected, "{user}");
        for unknown in [
            "SELECT IS_SRVROLEMEMBER('nosuch')",
            "SELECT HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'NO SUCH PERMISSION')",
            "SELECT HAS_PERMS_BY_NAME(DB_NAME(), 'NO SUCH CLASS', 'SELECT')",
            "SELECT HAS_PERMS_BY_NAME('dbo.v_NotThere', 'OBJECT', 'SELECT')",
        ] {
            assert_eq!(number(&mut client, unknown).await, None, "{unknown}");
        }
    }
    site.stop().await;
}

#[tokio::test]
async fn values_of_the_session_go_into_a_statement_as_literals() {
    let site = site().await;
    let mut client = connect(&site).await;
    let sent =
        cell(&mut client, "SELECT CASE WHEN IS_SRVROLEMEMBER('sysadmin') = 1 THEN N'x' END FROM sent").await;
    assert_eq!(sent, "SELECT CASE WHEN 0 = 1 THEN N'x' END FROM sent");
    let listed = "SELECT p.permission_name FROM sent CROSS JOIN sys.fn_my_permissions(NULL, 'DATABASE') AS p";
    let sent = cell(&mut client, listed).await;
    assert!(sent.contains("N'SELECT' AS permission_name") && !sent.contains("N'INSERT'"), "{sent}");
    // What names nothing of the session goes as it came.
    let as_it_is = "SELECT  a,b /* c */ FROM sent";
    assert_eq!(cell(&mut client, as_it_is).await, as_it_is);
    site.stop().await;
}

#[tokio::test]
async fn a_reader_cannot_write_nor_run_procedures() {
    let site = site().await;
    let mut client = connect(&site).await;
    for (sql, number) in [
        ("INSERT INTO v_Site VALUES (1)", 229),
        ("SELECT SiteCode INTO t FROM v_Site", 262),
        ("CREATE TABLE t (a int)", 262),
        ("EXEC xp_cmdshell 'dir'", 2812),
        ("SELECT cpu_count FROM sys.dm_os_sys_info", 300),
        ("SELECT a FROM sys.dm_db_partition_stats", 262),
        ("SELECT 'unclosed", 105),
        ("SELECT a FROM nowhere", 208),
    ] {
        assert_eq!(said(rows(&mut client, sql).await).0, number, "{sql}");
    }
    assert_eq!(rows(&mut client, "SELECT SiteCode FROM v_Site").await.unwrap().len(), 4);
    site.stop().await;
}

#[tokio::test]
async fn large_text_is_cut_at_textsize() {
    let site = site().await;
    let mut client = connect(&site).await;
    assert_eq!(cell(&mut client, "SELECT a FROM long").await.chars().count(), 100_000);
    rows(&mut client, "SET TEXTSIZE 2000").await.unwrap();
    assert_eq!(cell(&mut client, "SELECT a FROM long").await.chars().count(), 1000);
    rows(&mut client, "SET TEXTSIZE -1; SET ROWCOUNT 2").await.unwrap();
    assert_eq!(rows(&mut client, "SELECT a FROM v_Site").await.unwrap().len(), 2);
    site.stop().await;
}
