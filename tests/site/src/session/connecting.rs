//! From an accepted socket to a session: PRELOGIN, TLS, LOGIN7.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tds_protocol::{EncryptionLevel, PacketType};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};

use super::{Server, answering::State, requests::Session, settings::Settings};
use crate::{
    answer::SqlError,
    fault::FaultKind,
    log::{Client, What},
    logins::Rights,
    options::Encryption,
    tls::Certificate,
    wire::{
        Credentials, DoneKind, Ended, Environment, Login7, Packets, Prelogin, PreloginFraming, WireError,
        put_collation, put_done, put_environment, put_error, put_federated_ack, put_info, put_login_ack,
        read_message,
    },
};

/// The size of packets until the login says another.
const FIRST_PACKETS: usize = 4096;
/// TDS 7.4.
const TDS_7_4: u32 = 0x7400_0004;

pub(super) type Reading = Box<dyn AsyncRead + Send + Unpin>;
pub(super) type Writing = Box<dyn AsyncWrite + Send + Unpin>;

/// Serves a client until it goes. What it does wrong ends its connection and nothing else.
pub(crate) async fn serve(server: Arc<Server>, socket: TcpStream, spid: u16) -> Result<(), WireError> {
    socket.set_nodelay(true)?;
    if server.faults.happens(&FaultKind::CloseBeforeLogin) {
        return Ok(());
    }
    if server.faults.happens(&FaultKind::StallBeforeLogin) {
        return wait_for_the_end(socket).await;
    }
    let (mut reading, mut writing, encrypted) = encrypt(&server, socket).await?;
    let message = read_message(&mut reading).await?;
    if message.kind != PacketType::Tds7Login {
        return Err(WireError::Other(format!(
            "a message of the kind {:?} in place of a login",
            message.kind
        )));
    }
    let login = Login7::decode(&message.body)?;
    let packet_size =
        if login.packet_size == 0 { FIRST_PACKETS } else { login.packet_size.clamp(512, 32_767) };
    let (user, given) = match &login.credentials {
        Credentials::Password { user, password } => (user.clone(), Some(password)),
        Credentials::Token(token) => (String::new(), Some(token)),
        Credentials::Integrated => (String::new(), None),
    };
    let by_token = matches!(login.credentials, Credentials::Token(_));
    let known = server
        .logins
        .iter()
        .find(|known| (by_token || known.user.eq_ignore_ascii_case(&user)) && Some(&known.password) == given);
    let client = Arc::new(Client {
        session: spid,
        login: known.map_or(user, |known| known.user.clone()),
        database: login.database.clone(),
        app_name: login.app.clone(),
        host_name: login.host.clone(),
        read_only_intent: login.read_only,
        encrypted,
    });

    let mut packets = Packets::new(FIRST_PACKETS, spid);
    let admitted = admit(&server, &login, &client, known.map(|known| known.rights));
    let (rights, database, tokens) = match admitted {
        Ok((rights, database)) => {
            let tokens = welcome(&server, &login, &database, packet_size);
            (rights, database, tokens)
        }
        Err(errors) => {
            server.log.push(&client, What::Refused(errors.first().map_or(0, |error| error.number)));
            let mut answer = packets.push(&refuse(&server, &errors)).to_vec();
            answer.extend_from_slice(&packets.finish());
            writing.write_all(&answer).await?;
            return Ok(writing.shutdown().await?);
        }
    };
    server.log.push(&client, What::LoggedIn);
    let mut answer = packets.push(&tokens).to_vec();
    answer.extend_from_slice(&packets.finish());
    writing.write_all(&answer).await?;
    writing.flush().await?;
    if server.faults.happens(&FaultKind::CloseAfterLogin) {
        return Ok(());
    }
    let state =
        State { server, client, rights, database, settings: Settings::default(), row_count: 0, packet_size };
    Session::new(state, reading, writing).run().await
}

async fn wait_for_the_end(mut socket: TcpStream) -> Result<(), WireError> {
    tokio::io::copy(&mut socket, &mut tokio::io::sink()).await?;
    Ok(())
}

/// Answers PRELOGIN and, if both want it, makes TLS of the socket.
async fn encrypt(server: &Server, mut socket: TcpStream) -> Result<(Reading, Writing, bool), WireError> {
    let message = read_message(&mut socket).await?;
    if message.kind != PacketType::PreLogin {
        return Err(WireError::Other(format!(
            "a message of the kind {:?} in place of PRELOGIN",
            message.kind
        )));
    }
    let asked = Prelogin::decode(&message.body)?;
    let level = match (server.encryption, asked.encryption) {
        (Encryption::Off, _) | (Encryption::Offered, EncryptionLevel::NotSupported) => {
            EncryptionLevel::NotSupported
        }
        // Who would encrypt the login alone is told that all of it is encrypted.
        (_, EncryptionLevel::Off | EncryptionLevel::NotSupported) => EncryptionLevel::Required,
        _ => EncryptionLevel::On,
    };
    let instance_is_right =
        asked.instance.is_empty() || asked.instance.eq_ignore_ascii_case(&server.instance);
    let mut packets = Packets::new(FIRST_PACKETS, 0);
    let mut answer = packets.push(&asked.answer(level, instance_is_right)).to_vec();
    answer.extend_from_slice(&packets.finish());
    socket.write_all(&answer).await?;
    if level == EncryptionLevel::NotSupported {
        let (reading, writing) = socket.into_split();
        return Ok((Box::new(reading), Box::new(writing), false));
    }
    let certificate = if server.faults.happens(&FaultKind::ExpiredCertificate) {
        Certificate::Expired
    } else if server.faults.happens(&FaultKind::WrongName) {
        Certificate::OtherName
    } else {
        Certificate::Good
    };
    let acceptor = server.tls.acceptor(certificate);
    let mut stream = acceptor.accept(PreloginFraming::new(socket)).await?;
    stream.get_mut().0.handshake_is_done();
    let (reading, writing) = tokio::io::split(stream);
    Ok((Box::new(reading), Box::new(writing), true))
}

/// Whether the login is let in: its rights, and the database where it is then.
fn admit(
    server: &Server,
    login: &Login7,
    client: &Client,
    rights: Option<Rights>,
) -> Result<(Rights, String), Vec<SqlError>> {
    if login.credentials == Credentials::Integrated {
        let message = "Login failed. The login is from an untrusted domain and cannot be used with Integrated \
                       authentication.";
        return Err(vec![SqlError::new(18_452, 1, 14, message)]);
    }
    let failed = || SqlError::new(18_456, 1, 14, format!("Login failed for user '{}'.", client.login));
    let rights = match rights {
        Some(rights) if !server.faults.happens(&FaultKind::RefuseLogin) => rights,
        _ => return Err(vec![failed()]),
    };
    let wanted = if login.database.is_empty() { &server.default_database } else { &login.database };
    match server.database(wanted) {
        Some((name, _)) => Ok((rights, name.clone())),
        None => {
            let message =
                format!("Cannot open database \"{wanted}\" requested by the login. The login failed.");
            Err(vec![SqlError::new(4060, 1, 11, message), failed()])
        }
    }
}

fn refuse(server: &Server, errors: &[SqlError]) -> Bytes {
    let mut tokens = BytesMut::new();
    errors.iter().for_each(|error| put_error(&mut tokens, error, &server.name));
    let class = errors.iter().map(|error| error.class).max();
    put_done(&mut tokens, DoneKind::Batch, Ended { class, ..Ended::default() });
    tokens.freeze()
}

/// What SQL Server says to a login that it lets in.
fn welcome(server: &Server, login: &Login7, database: &str, packet_size: usize) -> Bytes {
    let mut tokens = BytesMut::new();
    put_environment(&mut tokens, Environment::Database, database, "master");
    let message = format!("Changed database context to '{database}'.");
    put_info(&mut tokens, 5701, &message, &server.name);
    put_collation(&mut tokens);
    put_environment(&mut tokens, Environment::Language, "us_english", "");
    put_info(&mut tokens, 5703, "Changed language setting to us_english.", &server.name);
    // The client's number is little-endian in LOGIN7; a newer one than ours is answered with ours.
    put_login_ack(&mut tokens, login.tds_version.min(TDS_7_4));
    if matches!(login.credentials, Credentials::Token(_)) {
        put_federated_ack(&mut tokens);
    }
    let old = FIRST_PACKETS.to_string();
    put_environment(&mut tokens, Environment::PacketSize, &packet_size.to_string(), &old);
    put_done(&mut tokens, DoneKind::Batch, Ended::default());
    tokens.freeze()
}
