//! From a configuration to a connection that has logged in.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use rustls::pki_types::ServerName;
use tiberius::{AuthMethod, Client, Config, EncryptionLevel, error::Error};
use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout,
};

use super::{OWN_BUDGET, Session};
use crate::{
    browser,
    config::{Encryption, Endpoint, Login, Settings},
    error::{Cause, stage},
    quiet::quiet,
    tls::{ByteBudget, Stream, TlsError, Wanted, secure},
};

/// What a database administrator sees in the list of sessions.
const APPLICATION: &str = "Glasshouse";

/// The largest packet that SQL Server sends over TLS. Larger packets are fewer steps of the driver.
const PACKET: u32 = 16_383;

/// Where to connect to.
#[derive(Clone, Debug)]
struct Target {
    host: String,
    port: u16,
    instance: Option<String>,
}

/// How a login can end without an error.
enum LoggedIn {
    Here(Box<Client<Stream>>, Arc<ByteBudget>),
    /// The server wants this host to connect to another one: with ApplicationIntent=ReadOnly, to a copy that is for
    /// readers.
    Elsewhere(Target),
}

/// Connects, encrypts, logs in and sets up.
pub(crate) async fn dial(settings: &Settings) -> Result<Session, Cause> {
    let mut target = first_target(settings).await?;
    for _ in 0..2 {
        match log_in(settings, &target).await? {
            LoggedIn::Here(client, budget) => {
                return Session::begin(*client, budget, settings.statement_timeout).await;
            }
            LoggedIn::Elsewhere(next) => target = next,
        }
    }
    Err(Cause::RoutedTwice(format!("{}:{}", glasshouse_contract::shown(&target.host), target.port)))
}

async fn first_target(settings: &Settings) -> Result<Target, Cause> {
    let host = settings.server.clone();
    match &settings.endpoint {
        Endpoint::Port(port) => Ok(Target { host, port: *port, instance: None }),
        Endpoint::Instance { name, browser } => {
            let port = browser::port_of(&host, *browser, name, settings.connect_timeout)
                .await
                .map_err(|why| Cause::Connect { address: format!("{host}\\{name}"), why })?;
            Ok(Target { host, port, instance: Some(name.clone()) })
        }
    }
}

async fn log_in(settings: &Settings, target: &Target) -> Result<LoggedIn, Cause> {
    let patience = settings.connect_timeout;
    let tcp = connect(target, patience).await?;
    let budget = Arc::new(ByteBudget::new(OWN_BUDGET));
    let wanted = Wanted {
        tls: match &settings.encryption {
            Encryption::Tls { config, name } => Some((config, server_name(name.as_ref(), &target.host)?)),
            Encryption::None => None,
        },
        instance: target.instance.as_deref(),
        federated: matches!(settings.login, Login::Entra { .. }),
        patience,
    };
    let stream = secure(tcp, wanted, Arc::clone(&budget)).await.map_err(|error| match error {
        TlsError::Late(_) => Cause::Timeout { stage: stage::PRELOGIN, after: patience },
        error => Cause::Tls(error),
    })?;
    let driver = driver_config(settings, target)?;
    let patience = settings.login_timeout;
    match timeout(patience, quiet(Client::connect(driver, stream))).await {
        Err(_) => Err(Cause::Timeout { stage: stage::LOGIN, after: patience }),
        Ok(Ok(client)) => Ok(LoggedIn::Here(Box::new(client), budget)),
        Ok(Err(Error::Routing { host, port })) => {
            Ok(LoggedIn::Elsewhere(Target { host, port, instance: None }))
        }
        Ok(Err(error)) => Err(Cause::of_login(error, &budget)),
    }
}

/// Connects to the first of the server's addresses that answers. Each gets its share of the time: the listener of an
/// availability group has an address in each subnet, and all but one are silent.
async fn connect(target: &Target, patience: Duration) -> Result<TcpStream, Cause> {
    let failed = |why: String| Cause::Connect {
        address: format!("{}:{}", glasshouse_contract::shown(&target.host), target.port),
        why,
    };
    let late = || Cause::Timeout { stage: stage::CONNECT, after: patience };
    let begun = Instant::now();
    let addresses: Vec<_> = timeout(patience, lookup_host((target.host.as_str(), target.port)))
        .await
        .map_err(|_| late())?
        .map_err(|error| failed(error.to_string()))?
        .collect();
    let mut last = failed("the name has no address".to_owned());
    for (address, left) in addresses.iter().zip((1..=addresses.len()).rev()) {
        let share = patience.saturating_sub(begun.elapsed()) / u32::try_from(left).unwrap_or(u32::MAX);
        match timeout(share, TcpStream::connect(address)).await {
            Err(_) => last = late(),
            Ok(Err(error)) => last = failed(error.to_string()),
            Ok(Ok(tcp)) => {
                // Requests are small, and each is waited for.
                tcp.set_nodelay(true).map_err(|error| failed(error.to_string()))?;
                return Ok(tcp);
            }
        }
    }
    Err(last)
}

/// The name in the certificate: the configured one, or that of the server that was dialled.
fn server_name(configured: Option<&ServerName<'static>>, host: &str) -> Result<ServerName<'static>, Cause> {
    match configured {
        Some(name) => Ok(name.clone()),
        None => ServerName::try_from(host.to_owned()).map_err(|_| Cause::Connect {
            address: glasshouse_contract::shown(host),
            why: "the server sent this host to a name that is none".to_owned(),
        }),
    }
}

fn driver_config(settings: &Settings, target: &Target) -> Result<Config, Cause> {
    let mut config = Config::new();
    config.host(&target.host);
    config.port(target.port);
    config.database(&settings.database);
    config.application_name(APPLICATION);
    // ApplicationIntent=ReadOnly: an availability group sends readers to a copy.
    config.readonly(true);
    // Encryption is done; see `tls`.
    config.encryption(EncryptionLevel::NotSupported);
    // Old rows hold half characters, which SQL Server lets in. They become U+FFFD and are counted.
    config.lossy_utf16_decoding(true);
    config.packet_size(PACKET);
    // Timeouts are ours, with words of ours.
    config.handshake_timeout(None);
    config.command_timeout(None);
    config.authentication(authentication(&settings.login)?);
    Ok(config)
}

fn authentication(login: &Login) -> Result<AuthMethod, Cause> {
    match login {
        Login::Sql { user, password } => Ok(AuthMethod::sql_server(user, password.read()?.expose())),
        Login::Entra { token } => Ok(AuthMethod::aad_token(token.read()?.expose())),
        #[cfg(any(windows, all(unix, feature = "kerberos")))]
        Login::Integrated => Ok(AuthMethod::Integrated),
        // The configuration does not let this through.
        #[cfg(not(any(windows, all(unix, feature = "kerberos"))))]
        Login::Integrated => Err(Cause::LoginFailed("this program was built without such logins".to_owned())),
    }
}
