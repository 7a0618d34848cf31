//! TLS against real certificates: whom it takes, whom not, and in which versions.

use std::{sync::Arc, time::Duration};

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, PublicKeyData};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

use super::{framing::Framing, prelogin::HEADER, *};

/// A certificate and the key that the server signs with.
struct Identity {
    certificate: Vec<u8>,
    key: KeyPair,
}

/// A certificate that its own key has signed, as SQL Server makes for itself.
fn self_signed(name: &str) -> Identity {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().self_signed(&key).unwrap();
    Identity { certificate: certificate.der().to_vec(), key }
}

/// One element of DER.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x82, high, low], content].concat()
}

/// A certificate of version 1: no version and no extensions. Its signature is none, which a pin does not look at.
fn version_1() -> Identity {
    let key = KeyPair::generate().unwrap();
    let algorithm = der(0x30, &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2]);
    let name = der(0x30, &[]);
    let dates = der(0x30, &[der(0x17, b"260101000000Z"), der(0x17, b"360101000000Z")].concat());
    let inner = [der(2, &[1]), algorithm.clone(), name.clone(), dates, name, key.subject_public_key_info()];
    let certificate = der(0x30, &[der(0x30, &inner.concat()), algorithm, der(3, &[0; 9])].concat());
    Identity { certificate, key }
}

#[derive(Debug)]
struct Only(Arc<CertifiedKey>);

impl ResolvesServerCert for Only {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

/// A server that answers PRELOGIN, shakes hands and then echoes what comes.
async fn server(
    identity: &Identity,
    version: &'static rustls::SupportedProtocolVersion,
) -> (TcpStream, JoinHandle<()>) {
    let provider = Arc::new(ring::default_provider());
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(identity.key.serialize_der()));
    let key = provider.key_provider.load_private_key(key).unwrap();
    let certified = CertifiedKey::new(vec![CertificateDer::from(identity.certificate.clone())], key);
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Only(Arc::new(certified))));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let serving = tokio::spawn(async move {
        let (mut tcp, _) = listener.accept().await.unwrap();
        let mut head = [0; HEADER];
        tcp.read_exact(&mut head).await.unwrap();
        let mut body = vec![0; usize::from(u16::from_be_bytes([head[2], head[3]])) - HEADER];
        tcp.read_exact(&mut body).await.unwrap();
        let answer = [&[4, 1, 0, 15, 0, 0, 1, 0, 1, 0, 6, 0, 1, 0xff, 1][..]].concat();
        tcp.write_all(&answer).await.unwrap();
        // A client that refuses the certificate ends the handshake.
        let Ok(mut tls) = TlsAcceptor::from(Arc::new(config)).accept(Framing::new(tcp)).await else { return };
        tls.get_mut().0.end_handshake();
        let mut bytes = [0; 64];
        while let Ok(read) = tls.read(&mut bytes).await {
            if read == 0 || tls.write_all(&bytes[..read]).await.is_err() || tls.flush().await.is_err() {
                return;
            }
        }
    });
    (client, serving)
}

/// Connects, and has a few bytes echoed.
async fn connect(
    identity: &Identity,
    version: &'static rustls::SupportedProtocolVersion,
    trust: Trust,
    name: &str,
) -> Result<(), TlsError> {
    use futures_util::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let (tcp, serving) = server(identity, version).await;
    let config = client_config(trust).unwrap();
    let wanted = Wanted {
        tls: Some((&config, ServerName::try_from(name.to_owned()).unwrap())),
        instance: None,
        federated: false,
        patience: Duration::from_secs(10),
    };
    let mut stream = secure(tcp, wanted, Arc::new(ByteBudget::new(1024))).await?;
    // The driver's own PRELOGIN is answered here, and everything after it goes through.
    stream.write_all(&prelogin::request(prelogin::Offer::NotSupported, None, false)).await.unwrap();
    let mut answer = [0; HEADER];
    stream.read_exact(&mut answer).await.unwrap();
    let mut rest = vec![0; usize::from(u16::from_be_bytes([answer[2], answer[3]])) - HEADER];
    stream.read_exact(&mut rest).await.unwrap();
    assert_eq!(prelogin::Answer::parse(&rest).unwrap().offer, prelogin::Offer::NotSupported);
    stream.write_all(b"hello").await.unwrap();
    stream.flush().await.unwrap();
    let mut echo = [0; 5];
    stream.read_exact(&mut echo).await.unwrap();
    assert_eq!(&echo, b"hello");
    serving.abort();
    Ok(())
}

fn pinned(identity: &Identity) -> Trust {
    Trust::Pins(vec![pin::pin_of(&identity.certificate).unwrap()])
}

fn roots(certificate: &[u8]) -> Trust {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from(certificate.to_vec())).unwrap();
    Trust::Authorities(roots)
}

const VERSIONS: [&rustls::SupportedProtocolVersion; 2] = [&rustls::version::TLS12, &rustls::version::TLS13];

#[tokio::test]
async fn a_pin_takes_self_signed_and_version_1_certificates_whatever_their_name() {
    for version in VERSIONS {
        for identity in [self_signed("SSL_Self_Signed_Fallback"), version_1()] {
            connect(&identity, version, pinned(&identity), "sql.contoso.example").await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_server_that_shows_the_pinned_certificate_without_its_key_is_refused() {
    for version in VERSIONS {
        let real = self_signed("sql");
        let thief = Identity { certificate: real.certificate.clone(), key: KeyPair::generate().unwrap() };
        let error = connect(&thief, version, pinned(&real), "sql").await.unwrap_err();
        assert!(
            matches!(&error, TlsError::Handshake(why) if why.contains("does not hold the key")),
            "{error}"
        );
        // Whoever takes any certificate still takes no other key than the one in it.
        connect(&thief, version, Trust::Anybody, "sql").await.unwrap_err();
    }
}

#[tokio::test]
async fn an_authority_is_believed_for_the_name_and_the_dates_alone() {
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    authority.distinguished_name = DistinguishedName::new();
    authority.distinguished_name.push(DnType::CommonName, "Test authority");
    let certificate = authority.self_signed(&authority_key).unwrap();
    let issuer = rcgen::Issuer::new(authority, authority_key);
    let signed = |name: &str, year: i32| {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(year, 1, 1);
        params.not_after = rcgen::date_time_ymd(year + 50, 1, 1);
        Identity { certificate: params.signed_by(&key, &issuer).unwrap().der().to_vec(), key }
    };
    let why = |error: TlsError| match error {
        TlsError::Certificate { why, presented } => {
            assert!(presented.is_some());
            why
        }
        other => panic!("{other}"),
    };
    for version in VERSIONS {
        let trust = || roots(certificate.der());
        connect(&signed("sql.example", 2020), version, trust(), "sql.example").await.unwrap();
        let refused = async |identity: Identity, name: &str| {
            why(connect(&identity, version, trust(), name).await.unwrap_err())
        };
        assert_eq!(
            refused(signed("sql.example", 2020), "other.example").await,
            "it is not for the name `other.example`"
        );
        assert_eq!(refused(signed("sql.example", 1970), "sql.example").await, "it has expired");
        assert!(refused(signed("sql.example", 2090), "sql.example").await.starts_with("it is not valid yet"));
        assert!(refused(self_signed("sql.example"), "sql.example").await.contains("authority"));
        assert!(refused(version_1(), "sql.example").await.contains("can only be pinned"));
    }
}

#[tokio::test]
async fn sessions_are_not_resumed() {
    let config = client_config(Trust::Anybody).unwrap();
    assert!(format!("{:?}", config.resumption).contains("NoClientSessionStorage"), "{:?}", config.resumption);
}
