//! What an operator writes, and what is wrong with it.

#![cfg(test)]

mod support;

use glasshouse_contract::FaultKind;
use glasshouse_site::{Site, SiteConfig, SiteError};
use support::{READER, config, secret};

fn fails(site: &str, login: &str, tls: &str) -> SiteError {
    let folder = tempfile::tempdir().unwrap();
    secret(folder.path(), "password", "pass");
    Site::new(&config(site, login, tls), folder.path()).unwrap_err()
}

#[test]
fn the_lines_of_the_manual_are_read() {
    let text = "name = \"cas\"\nserver = \"sql.contoso.example\"\nport = 1433\ndatabase = \"CM_CAS\"\n\
        installed = \"2026-01-07T14:00:00Z\"\nhierarchy = \"GUID\"\nstatement_timeout_s = 300\nconnections = 2\n\
        [login]\nuser = \"glasshouse_reader\"\npassword_file = \"secrets/cas\"\n[tls]\nca_file = \"ca.pem\"\n";
    let config: SiteConfig = toml::from_str(text).unwrap();
    assert_eq!(config.installed.unwrap().to_string(), "2026-01-07T14:00:00Z");
    assert!(!config.allow_writing_login);
}

#[test]
fn a_password_has_no_line_of_its_own() {
    let text =
        "name = \"cas\"\nserver = \"x\"\ndatabase = \"y\"\n[login]\nuser = \"u\"\npassword = \"secret\"\n";
    let error = toml::from_str::<SiteConfig>(text).unwrap_err();
    assert!(error.message().contains("unknown field `password`"), "{error}");
}

#[test]
fn a_setting_that_cannot_be_is_named_with_its_mend() {
    for (site, login, tls, setting, mend) in [
        ("port = 1\ninstance = \"X\"", READER, "", "`instance`", "keep one"),
        ("port = 0", READER, "", "`port`", "1433"),
        ("instance = \"a;b\"", READER, "", "`instance`", "name alone"),
        ("connections = 0", READER, "", "`connections`", "1 to 16"),
        ("connections = 99", READER, "", "`connections`", "1 to 16"),
        ("statement_timeout_s = 0", READER, "", "`statement_timeout_s`", "seconds"),
        ("", "", "", "`login`", "keep one"),
        ("", "user = \"u\"", "", "`login.password`", "password"),
        ("", "password_file = \"password\"", "", "`login.user`", "user"),
        ("", "user = \"u\"\npassword_file = \"a\"\npassword_env = \"b\"", "", "`login.password`", "keep one"),
        ("", "user = \"u\"\npassword_file = \"a\"\nkerberos = true", "", "`login`", "keep one"),
        ("", READER, "ca_file = \"nowhere.pem\"", "`tls.ca_file`", "PEM"),
        ("", READER, "ca_file = \"password\"", "`tls.ca_file`", "PEM"),
        ("", READER, "pin = []", "`tls.pin`", "pin"),
        ("", READER, "no_encryption = true\naccept_any_certificate = true", "`tls`", "keep one"),
        (
            "",
            READER,
            "server_name = \"a b\"\naccept_any_certificate = true",
            "`tls.server_name`",
            "certificate",
        ),
    ] {
        let error = fails(site, login, tls);
        assert_eq!((error.fault().kind, error.is_of_site()), (FaultKind::Malformed, true));
        assert!(error.to_string().contains(setting), "{error}");
        // `login.password` is mended in words that name the two lines.
        let fault = error.fault();
        assert!(fault.mend.contains(mend) || setting == "`login.password`", "{fault}");
    }
}

#[test]
fn the_ways_of_other_tools_to_name_a_server_are_explained() {
    let folder = tempfile::tempdir().unwrap();
    secret(folder.path(), "password", "pass");
    for (server, mend) in [
        ("(local)", "localhost"),
        (".", "localhost"),
        ("sql\\\\CM", "instance ="),
        ("sql,1433", "port ="),
        ("tcp:sql", "host name"),
        ("", "host name"),
    ] {
        let mut config = config("", READER, "");
        config.server = server.replace("\\\\", "\\");
        let error = Site::new(&config, folder.path()).unwrap_err();
        assert!(error.fault().mend.contains(mend), "{}", error.fault());
    }
}

#[cfg(unix)]
#[test]
fn a_secret_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    secret(folder.path(), "password", "hunter2");
    let path = folder.path().join("password");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    let error = Site::new(&config("", READER, ""), folder.path()).unwrap_err();
    assert!(error.to_string().contains("mode 640"), "{error}");
    assert!(!format!("{error:?}{}", error.fault()).contains("hunter2"));
}

#[test]
fn a_secret_that_is_none_is_refused_without_being_shown() {
    let folder = tempfile::tempdir().unwrap();
    for (text, why) in
        [("", "is empty"), ("\n", "is empty"), ("hunter2\nmore\n", "one line"), ("hunter2\0", "one line")]
    {
        secret(folder.path(), "password", text);
        let error = Site::new(&config("", READER, ""), folder.path()).unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
        assert!(!format!("{error:?}{}", error.fault()).contains("hunter2"));
    }
    let error = fails("", "user = \"u\"\npassword_env = \"GLASSHOUSE_TEST_THAT_IS_NOT_SET\"", "");
    assert!(error.to_string().contains("is not set"), "{error}");
}

#[cfg(not(feature = "kerberos"))]
#[test]
fn a_way_to_log_in_that_was_not_built_in_is_told_before_the_first_run() {
    let error = fails("", "kerberos = true", "");
    assert!(error.fault().mend.contains("--features kerberos"), "{}", error.fault());
}

#[test]
fn a_site_shows_its_name_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    secret(folder.path(), "password", "hunter2");
    let site = Site::new(&config("", READER, "accept_any_certificate = true"), folder.path()).unwrap();
    assert_eq!(format!("{site:?}"), "Site { name: \"cas\", .. }");
}
