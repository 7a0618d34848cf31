//! A login that can write is refused.

#![cfg(test)]

mod support;

use glasshouse_site::{Cause, LoginRights, least_privilege_sql};
use pretend_site::{Options, Plan, SiteData};
use support::{
    PASSWORD, READER, ask, config, failure, pretend, printed, secret, started,
    wire::{self, BATCH, LOGIN, PRELOGIN},
};

#[tokio::test]
async fn a_login_that_only_reads_is_taken() {
    let pretend = pretend(Vec::new(), |_| {}).await;
    assert_eq!(pretend.site().about().await.unwrap().rights, LoginRights::ReadOnly);
    ask(&pretend.site_login("state_reader", "State-Passw0rd", "")).await.unwrap();
}

#[tokio::test]
async fn a_login_that_can_write_is_refused_with_what_it_can_unless_a_line_takes_it() {
    let pretend = pretend(Vec::new(), |_| {}).await;
    for (user, password, can) in [
        ("writer", "Writer-Passw0rd", "db_datawriter"),
        ("owner", "Owner-Passw0rd", "db_owner"),
        ("sa", "Sysadmin-Passw0rd", "sysadmin"),
    ] {
        let error = failure(&pretend.site_login(user, password, "")).await;
        assert_cause!(error, Cause::Writes { what } if what.contains(&can));
        assert!(error.is_of_site() && error.fault().mend.contains("allow_writing_login = true"));
        ask(&pretend.site_login(user, password, "allow_writing_login = true")).await.unwrap();
    }
    let asked = pretend.server.log().statements();
    let sites = asked.iter().filter(|text| text.contains("v_Site")).count();
    assert_eq!(sites, 3, "only where the line was: {asked:?}");
}

#[tokio::test]
async fn rights_that_cannot_be_found_out_are_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    secret(folder.path(), "password", PASSWORD);
    for (answer, reason) in [
        (
            wire::error(195, 15, "'IS_SRVROLEMEMBER' is not a recognized built-in function name."),
            "IS_SRVROLEMEMBER",
        ),
        (wire::numbers(&[0; 5]), "columns"),
    ] {
        let server = wire::serve(move |kind, text| {
            Some(match kind {
                PRELOGIN => wire::prelogin(2),
                LOGIN => wire::welcome(),
                BATCH if text.contains("IS_SRVROLEMEMBER") => answer.clone(),
                _ => wire::done(false),
            })
        })
        .await;
        let lines = format!("port = {}", server.port);
        let site = glasshouse_site::Site::new(&config(&lines, READER, "no_encryption = true"), folder.path())
            .unwrap();
        let error = failure(&site).await;
        assert_cause!(error, Cause::RightsUnknown(why) if why.contains(reason));
    }
}

#[tokio::test]
async fn doctor_learns_which_grants_are_missing() {
    let pretend = pretend(Vec::new(), |_| {}).await;
    let state = printed("SELECT cpu_count AS n FROM sys.dm_os_sys_info");
    let sites = printed(support::SITES);
    let asked = pretend.site().grants(&[&state, &sites]).await.unwrap();
    let told: Vec<_> = asked.iter().map(|grant| (grant.right.as_str(), grant.held)).collect();
    assert_eq!(told, [("VIEW SERVER STATE", Some(false)), ("SELECT on dbo.v_Site", Some(true))]);
    let able = pretend.site_login("state_reader", "State-Passw0rd", "");
    assert_eq!(able.grants(&[&state]).await.unwrap()[0].held, Some(true));
}

#[tokio::test]
async fn version_database_and_support_id_are_asked_of_the_site() {
    let data = SiteData::new(Plan { devices: 10, ..Plan::default() }).unwrap();
    let pretend = started(Options::of(data)).await;
    secret(pretend.folder.path(), "collector", "Collector-Passw0rd");
    let about = async |login: &str| {
        let mut config = pretend.config("hierarchy = \"configured\"", login, "ca_file = \"ca.pem\"");
        config.database = pretend.server.databases().remove(0);
        pretend.open(&config).unwrap().about().await.unwrap()
    };
    let told = about("user = \"collector\"\npassword_file = \"collector\"").await;
    assert_eq!(
        (&told.database, &told.rights),
        (&pretend.server.databases().remove(0), &LoginRights::ReadOnly)
    );
    assert!(told.version.unwrap().starts_with("16."));
    assert_eq!(told.hierarchy.unwrap().matches('-').count(), 4);
    // Who may not call the function has the support id of the configuration.
    assert_eq!(about(READER).await.hierarchy.as_deref(), Some("configured"));
}

#[test]
fn the_least_privilege_script_grants_what_is_read_and_has_no_password() {
    let statements = [
        printed("SELECT SiteCode, dbo.fnGetHierarchyID() AS h FROM v_Site"),
        printed("SELECT cpu_count AS n FROM sys.dm_os_sys_info"),
        printed("SELECT name FROM sys.tables"),
    ];
    let mut config = config("", "user = \"o'reader]\"\npassword_env = \"X\"", "");
    config.database = "CM_C]AS".to_owned();
    insta::assert_snapshot!(least_privilege_sql(&config, &statements), @r"
    -- A login for Glasshouse at site cas: it reads what is named here and nothing else.
    -- Run it as an administrator of the server, in sqlcmd or with SQLCMD Mode on.
    -- The password is taken from the environment variable GLASSHOUSE_PASSWORD.
    USE [master];
    GO
    IF SUSER_ID(N'o''reader]') IS NULL CREATE LOGIN [o'reader]]] WITH PASSWORD = N'$(GLASSHOUSE_PASSWORD)', CHECK_POLICY = ON;
    GRANT VIEW SERVER STATE TO [o'reader]]];
    GO
    USE [CM_C]]AS];
    GO
    IF DATABASE_PRINCIPAL_ID(N'o''reader]') IS NULL CREATE USER [o'reader]]] FOR LOGIN [o'reader]]];
    IF DATABASE_PRINCIPAL_ID(N'glasshouse_read') IS NULL CREATE ROLE [glasshouse_read];
    ALTER ROLE [glasshouse_read] ADD MEMBER [o'reader]]];
    GRANT VIEW DEFINITION TO [glasshouse_read];
    IF OBJECT_ID(N'[dbo].[fnGetHierarchyID]') IS NOT NULL GRANT EXECUTE ON OBJECT::[dbo].[fnGetHierarchyID] TO [glasshouse_read];
    IF OBJECT_ID(N'[dbo].[v_Site]') IS NOT NULL GRANT SELECT ON OBJECT::[dbo].[v_Site] TO [glasshouse_read];
    ");
}
