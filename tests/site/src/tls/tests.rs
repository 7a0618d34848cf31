//! tiberius over TLS. It is built without TLS of its own, so a proxy in front of it does what the product's
//! adapter does: PRELOGIN and TLS towards the server, PRELOGIN in the clear towards tiberius.

use std::sync::Arc;

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tds_protocol::{EncryptionLevel, PacketHeader, PacketStatus, PacketType, PreLogin};
use tiberius::{AuthMethod, Client, Config};
use tokio::{
    io::{AsyncWriteExt, copy_bidirectional, duplex},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;
use tokio_util::compat::TokioAsyncWriteCompatExt;

use crate::{
    Encryption, Fault, Options, Plan, Running, Site, SiteData,
    wire::{Packets, Prelogin, PreloginFraming, read_message},
};

async fn site(fault: Option<&str>) -> Running {
    let plan = Plan { devices: 10, planted: false, ..Plan::default() };
    let mut options = Options::of(SiteData::new(plan).unwrap());
    options.encryption = Encryption::Required;
    options.names = vec!["sql.contoso.example".to_owned()];
    options.faults = fault.map(|fault| fault.parse::<Fault>().unwrap()).into_iter().collect();
    Site::start(options).await.unwrap()
}

/// The rows that tiberius reads, or what the TLS client has against the server.
async fn rows(site: &Running, name: &str) -> Result<usize, String> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(site.ca_pem().as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();

    let mut socket = TcpStream::connect(site.addr).await.unwrap();
    let asked = PreLogin::new().with_encryption(EncryptionLevel::On).encode();
    let mut packet =
        PacketHeader::new(PacketType::PreLogin, PacketStatus::END_OF_MESSAGE, asked.len() as u16 + 8)
            .encode_to_bytes()
            .to_vec();
    packet.extend_from_slice(&asked);
    socket.write_all(&packet).await.unwrap();
    let answer = PreLogin::decode(read_message(&mut socket).await.unwrap().body).unwrap();
    assert_eq!(answer.encryption, EncryptionLevel::On);
    let connector = TlsConnector::from(Arc::new(client));
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut tls =
        connector.connect(name, PreloginFraming::new(socket)).await.map_err(|error| error.to_string())?;
    tls.get_mut().0.handshake_is_done();

    let (near, mut far) = duplex(1 << 16);
    let proxy = tokio::spawn(async move {
        let asked = Prelogin::decode(&read_message(&mut far).await.unwrap().body).unwrap();
        let mut packets = Packets::new(4096, 0);
        let mut answer = packets.push(&asked.answer(EncryptionLevel::NotSupported, true)).to_vec();
        answer.extend_from_slice(&packets.finish());
        far.write_all(&answer).await.unwrap();
        let _closed = copy_bidirectional(&mut far, &mut tls).await;
    });
    let mut config = Config::new();
    config.encryption(tiberius::EncryptionLevel::NotSupported);
    config.authentication(AuthMethod::sql_server("reader", "Reader-Passw0rd"));
    let mut client = Client::connect(config, near.compat_write()).await.unwrap();
    let rows =
        client.simple_query("SELECT SiteCode FROM v_Site").await.unwrap().into_first_result().await.unwrap();
    drop(client);
    proxy.await.unwrap();
    Ok(rows.len())
}

#[tokio::test]
async fn tiberius_reads_rows_over_tls_that_was_checked_against_the_authority() {
    let site = site(None).await;
    for name in ["localhost", "127.0.0.1", "sql.contoso.example"] {
        assert_eq!(rows(&site, name).await, Ok(4), "{name}");
    }
    assert!(site.log().clients().iter().all(|client| client.encrypted));
    site.stop().await;
}

#[tokio::test]
async fn an_expired_certificate_is_one_that_has_expired_and_nothing_else() {
    let site = site(Some("expired-certificate,times=1")).await;
    let error = rows(&site, "localhost").await.unwrap_err();
    assert!(error.contains("expired"), "{error}");
    assert_eq!(rows(&site, "localhost").await, Ok(4));
    site.stop().await;
}

#[tokio::test]
async fn a_wrong_name_is_another_servers_and_nothing_else() {
    let site = site(Some("wrong-name")).await;
    let error = rows(&site, "localhost").await.unwrap_err();
    assert!(error.contains("not valid for name"), "{error}");
    assert_eq!(rows(&site, super::OTHER_NAME).await, Ok(4));
    site.stop().await;
}
