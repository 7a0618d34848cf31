//! Who is let in, and what is known of them.

use pretend_site::{Encryption, Site, What};
use tiberius::AuthMethod;

use crate::support::*;

#[tokio::test]
async fn a_login_with_its_password_is_let_in_and_recorded() {
    let site = site().await;
    let mut config = config(&site, "reader");
    config.application_name("an app");
    config.client_name("PC1");
    config.readonly(true);
    let mut client = connect_as(&site, config).await.unwrap();
    assert_eq!(cell(&mut client, "SELECT APP_NAME()").await, "an app");
    let known = site.log().clients().pop().unwrap();
    assert_eq!(
        (known.login.as_str(), known.app_name.as_str(), known.host_name.as_str()),
        ("reader", "an app", "PC1")
    );
    assert_eq!((known.database.as_str(), known.read_only_intent, known.encrypted), ("CM_CAS", true, false));
    assert_eq!(site.log().statements(), ["SELECT APP_NAME()"]);
    site.stop().await;
}

#[tokio::test]
async fn a_wrong_password_is_error_18456() {
    let site = site().await;
    let mut config = config(&site, "reader");
    config.authentication(AuthMethod::sql_server("reader", "wrong"));
    let expected = (18456, "Login failed for user 'reader'.".to_owned());
    assert_eq!(said(connect_as(&site, config).await), expected);
    assert_eq!(site.log().entries().last().unwrap().what, What::Refused(18456));
    site.stop().await;
}

#[tokio::test]
async fn a_database_that_is_not_there_is_error_4060() {
    let site = site().await;
    let mut config = config(&site, "reader");
    config.database("CM_XYZ");
    let (number, text) = said(connect_as(&site, config).await);
    assert_eq!(number, 4060);
    assert_eq!(text, "Cannot open database \"CM_XYZ\" requested by the login. The login failed.");
    site.stop().await;
}

#[tokio::test]
async fn a_login_by_token_is_let_in_as_whom_the_token_belongs_to() {
    let site = site().await;
    let mut config = config(&site, "reader");
    config.authentication(AuthMethod::aad_token("State-Passw0rd"));
    let mut client = connect_as(&site, config.clone()).await.unwrap();
    assert_eq!(cell(&mut client, "SELECT SUSER_SNAME()").await, "state_reader");
    config.authentication(AuthMethod::aad_token("no token"));
    assert_eq!(said(connect_as(&site, config).await).0, 18456);
    site.stop().await;
}

#[tokio::test]
async fn who_does_not_encrypt_is_not_let_in_where_all_must() {
    let mut options = options();
    options.encryption = Encryption::Required;
    let site = Site::start(options).await.unwrap();
    // tiberius is built without TLS here, as it is in the product.
    assert!(in_time(connect_as(&site, config(&site, "reader"))).await.is_err());
    assert_eq!(site.log().clients(), []);
    site.stop().await;
}

#[tokio::test]
async fn a_site_listens_on_loopback_alone() {
    let mut options = options();
    options.listen = "0.0.0.0:0".parse().unwrap();
    let error = Site::start(options).await.err().unwrap();
    assert!(error.to_string().contains("loopback only"), "{error}");
}

#[tokio::test]
async fn a_site_that_is_stopped_listens_no_more_and_has_ended_its_sessions() {
    let site = site().await;
    let addr = site.addr;
    let mut client = connect(&site).await;
    site.stop().await;
    assert!(in_time(rows(&mut client, "SELECT SiteCode FROM v_Site")).await.is_err());
    assert!(tokio::net::TcpStream::connect(addr).await.is_err());
}
