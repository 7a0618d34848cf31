//! A site over a small fixed database, and tiberius as its client.

use std::{future::Future, sync::Arc, time::Duration};

use bytes::BytesMut;
use pretend_site::{
    Answer, ColumnMeta, Database, Databases, Encryption, Fault, Options, Running, Site, SqlError, SqlType,
    Value,
};
use tds_protocol::{
    EncryptionLevel as PreloginEncryption, Login7, PacketHeader, PacketStatus, PacketType, PreLogin, SqlBatch,
};
use tiberius::{AuthMethod, Client, Config, EncryptionLevel};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt};

pub type Tiberius = Client<Compat<TcpStream>>;

/// Tables that do not look at what is selected: a test that asks for one gets all of it.
struct Fixed;

pub fn column(name: &str, sql_type: SqlType) -> ColumnMeta {
    ColumnMeta { name: name.to_owned(), sql_type, nullable: true }
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

impl Database for Fixed {
    fn query(&self, sql: &str, params: &[(String, Value)]) -> Result<Answer, SqlError> {
        let table =
            sql.split("FROM ").nth(1).and_then(|rest| rest.split([' ', ')']).next()).unwrap_or_default();
        let table = table.trim_matches(['[', ']']);
        match table {
            "v_Site" => {
                let columns = vec![
                    column("SiteCode", SqlType::NVarChar(3)),
                    column("SiteName", SqlType::NVarChar(64)),
                    column("Type", SqlType::Int),
                ];
                let rows = vec![
                    vec![text("CAS"), text("Central"), Value::Int(4)],
                    vec![text("P01"), text("North"), Value::Int(2)],
                    vec![text("P02"), text("S\u{FC}d \u{1F600}"), Value::Null],
                    vec![text("S01"), text("Branch"), Value::Int(1)],
                ];
                Ok(Answer { columns, rows: Box::new(rows.into_iter().map(Ok)) })
            }
            "endless" => {
                let columns = vec![column("Id", SqlType::BigInt), column("Text", SqlType::NVarChar(100))];
                let rows = (0..).map(|id| Ok(vec![Value::Int(id), text(&"x".repeat(100))]));
                Ok(Answer { columns, rows: Box::new(rows) })
            }
            "long" => {
                let columns = vec![column("Text", SqlType::NVarChar(0))];
                let row = vec![text(&"\u{E9}".repeat(100_000))];
                Ok(Answer { columns, rows: Box::new(std::iter::once(Ok(row))) })
            }
            "parameters" => {
                let columns: Vec<_> =
                    params.iter().map(|(name, value)| column(name, type_of(value))).collect();
                let row = params.iter().map(|(_, value)| value.clone()).collect();
                Ok(Answer { columns, rows: Box::new(std::iter::once(Ok(row))) })
            }
            "types" => Ok(super::types::answer()),
            "sent" => {
                // What came here, so that a test can see what a session made of its statement.
                let columns = vec![column("Sql", SqlType::NVarChar(0))];
                Ok(Answer { columns, rows: Box::new(std::iter::once(Ok(vec![text(sql)]))) })
            }
            "halfway" => {
                let columns = vec![column("Id", SqlType::Int)];
                let rows = vec![Ok(vec![Value::Int(1)]), Err(SqlError::new(8134, 1, 16, "Divide by zero."))];
                Ok(Answer { columns, rows: Box::new(rows.into_iter()) })
            }
            "" => Err(SqlError::syntax(sql.split(' ').next().unwrap_or_default())),
            other => Err(SqlError::missing_object(other)),
        }
    }
}

fn type_of(value: &Value) -> SqlType {
    match value {
        Value::Bool(_) => SqlType::Bit,
        Value::Int(_) => SqlType::BigInt,
        Value::Float(_) => SqlType::Float,
        Value::Guid(_) => SqlType::UniqueIdentifier,
        Value::Moment(_) => SqlType::DateTime2(7),
        Value::Bytes(_) => SqlType::VarBinary(0),
        _ => SqlType::NVarChar(4000),
    }
}

pub fn databases() -> Databases {
    ["CM_CAS", "CM_P01"].map(|name| (name.to_owned(), Arc::new(Fixed) as Arc<dyn Database>)).into()
}

pub fn options() -> Options {
    Options::new(databases())
}

/// A site with these faults.
pub async fn site_with(faults: &[&str]) -> Running {
    let mut options = options();
    options.faults = faults.iter().map(|fault| fault.parse::<Fault>().unwrap()).collect();
    Site::start(options).await.unwrap()
}

pub async fn site() -> Running {
    site_with(&[]).await
}

/// A site at which everything is encrypted, its CA in this folder.
pub async fn encrypted(folder: &std::path::Path, faults: &[&str]) -> Running {
    let mut options = options();
    options.encryption = Encryption::Required;
    options.tls_dir = Some(folder.to_owned());
    options.faults = faults.iter().map(|fault| fault.parse::<Fault>().unwrap()).collect();
    Site::start(options).await.unwrap()
}

pub fn config(site: &Running, user: &str) -> Config {
    let login = site.logins.iter().find(|login| login.user == user).unwrap();
    let mut config = Config::new();
    config.host("127.0.0.1");
    config.port(site.addr.port());
    config.database("CM_CAS");
    config.authentication(AuthMethod::sql_server(&login.user, &login.password));
    config.encryption(EncryptionLevel::NotSupported);
    config
}

pub async fn connect_as(site: &Running, config: Config) -> tiberius::Result<Tiberius> {
    let socket = TcpStream::connect(site.addr).await?;
    socket.set_nodelay(true)?;
    Client::connect(config, socket.compat_write()).await
}

pub async fn connect(site: &Running) -> Tiberius {
    connect_as(site, config(site, "reader")).await.unwrap()
}

/// The number and the text of the error that this ends with.
pub fn said<T>(result: tiberius::Result<T>) -> (u32, String) {
    match result {
        Err(tiberius::error::Error::Server(error)) => (error.code(), error.message().to_owned()),
        Err(other) => panic!("not an error of the server: {other}"),
        Ok(_) => panic!("no error"),
    }
}

/// All rows of the first result as text.
pub async fn rows(client: &mut Tiberius, sql: &str) -> tiberius::Result<Vec<tiberius::Row>> {
    client.simple_query(sql).await?.into_first_result().await
}

/// The first cell of the first row, as a string.
pub async fn cell(client: &mut Tiberius, sql: &str) -> String {
    let rows = rows(client, sql).await.unwrap();
    rows[0].get::<&str, _>(0).unwrap().to_owned()
}

/// The first cell of the first row, as a number; none for NULL.
pub async fn number(client: &mut Tiberius, sql: &str) -> Option<i32> {
    rows(client, sql).await.unwrap()[0].get::<i32, _>(0)
}

/// Nothing here takes long. What does hangs.
pub async fn in_time<F: Future>(what: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(60), what).await.expect("it hangs")
}

/// Logs in by hand, asks, and throws away what comes: how many bytes came, and how many rows the end of the
/// answer says there were.
pub async fn drain(site: &Running, sql: &str) -> (u64, u64) {
    let mut socket = TcpStream::connect(site.addr).await.unwrap();
    let login = site.logins.first().unwrap();
    let login = Login7::new().with_sql_auth(&login.user, &login.password).with_database("CM_CAS");
    let login = login.with_packet_size(4096).encode();
    let prelogin = PreLogin::new().with_encryption(PreloginEncryption::NotSupported).encode();
    send(&mut socket, PacketType::PreLogin, &prelogin).await;
    skip_message(&mut socket).await;
    send(&mut socket, PacketType::Tds7Login, &login).await;
    skip_message(&mut socket).await;
    send(&mut socket, PacketType::SqlBatch, &SqlBatch::new(sql).encode()).await;
    let (bytes, last) = skip_message(&mut socket).await;
    // DONE ends with the count of rows.
    (bytes, u64::from_le_bytes(last[last.len() - 8..].try_into().unwrap()))
}

async fn send(socket: &mut TcpStream, kind: PacketType, body: &[u8]) {
    let mut message = BytesMut::new();
    PacketHeader::new(kind, PacketStatus::END_OF_MESSAGE, body.len() as u16 + 8).encode(&mut message);
    message.extend_from_slice(body);
    socket.write_all(&message).await.unwrap();
}

/// Looks at headers only: how many bytes came, and the last packet.
async fn skip_message(socket: &mut TcpStream) -> (u64, Vec<u8>) {
    let mut reader = BufReader::with_capacity(1 << 20, socket);
    let mut body = vec![0; 65_536];
    let mut bytes = 0;
    loop {
        let mut header = [0; 8];
        reader.read_exact(&mut header).await.unwrap();
        let header = PacketHeader::decode(&mut header.as_slice()).unwrap();
        reader.read_exact(&mut body[..header.payload_length()]).await.unwrap();
        bytes += u64::from(header.length);
        if header.is_end_of_message() {
            body.truncate(header.payload_length());
            return (bytes, body);
        }
    }
}
