//! A `[[site]]` of `glasshouse.toml`: as it is written, and as it is used once it was checked.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use glasshouse_contract::{Name, Pin, shown};
use glasshouse_secret::SecretPlace;
use jiff::Timestamp;
use rustls::pki_types::ServerName;
use serde::Deserialize;

use crate::{
    error::Cause,
    tls::{Trust, client_config},
};

/// A site as `glasshouse.toml` describes it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteConfig {
    /// What the operator calls the site.
    pub name: Name,
    /// The name or address of the server.
    pub server: String,
    /// The port; 1433 where neither it nor an instance is given.
    #[serde(default)]
    pub port: Option<u16>,
    /// A named instance, whose port SQL Browser is asked for.
    #[serde(default)]
    pub instance: Option<String>,
    /// Where SQL Browser listens.
    #[serde(default = "browser_port")]
    pub browser_port: u16,
    /// The site database.
    pub database: String,
    /// When the site was installed: runs are due every seven days from then.
    #[serde(default)]
    pub installed: Option<Timestamp>,
    /// The support id, where the database does not tell it.
    #[serde(default)]
    pub hierarchy: Option<String>,
    /// How to log in.
    pub login: LoginConfig,
    /// How the server is known to be the one that is meant.
    #[serde(default)]
    pub tls: TlsConfig,
    /// How many connections at the same time.
    #[serde(default = "connections")]
    pub connections: u32,
    /// How long the server may take until a connection is there and encrypted.
    #[serde(default = "connect_timeout")]
    pub connect_timeout_s: u64,
    /// How long the server may take to log in.
    #[serde(default = "login_timeout")]
    pub login_timeout_s: u64,
    /// How long the server may take for one statement, all rows included.
    #[serde(default = "statement_timeout")]
    pub statement_timeout_s: u64,
    /// Take a login that can write, or is sysadmin.
    #[serde(default)]
    pub allow_writing_login: bool,
}

const fn browser_port() -> u16 {
    1434
}

/// One statement runs while the next one begins; more would be felt by the site's own work.
const fn connections() -> u32 {
    2
}

/// Fifteen seconds is what SQL Server's own clients wait.
const fn connect_timeout() -> u64 {
    15
}

/// Longer than connecting: a domain controller may have to be asked.
const fn login_timeout() -> u64 {
    30
}

/// The slowest documented query takes seconds on a site of 100,000 devices; a site under load is slower.
const fn statement_timeout() -> u64 {
    300
}

/// More than this is a load that no site server should see.
const MOST_CONNECTIONS: u32 = 16;

/// How to log in: exactly one of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LoginConfig {
    /// A SQL Server login, with `password_file` or `password_env`.
    pub user: Option<String>,
    /// The file that holds the password.
    pub password_file: Option<PathBuf>,
    /// The variable that holds the password.
    pub password_env: Option<String>,
    /// The file that holds a token of Entra ID.
    pub entra_token_file: Option<PathBuf>,
    /// The variable that holds a token of Entra ID.
    pub entra_token_env: Option<String>,
    /// The Windows account of this process.
    pub windows: bool,
    /// The Kerberos ticket of this process.
    pub kerberos: bool,
}

/// How the server is known to be the one that is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TlsConfig {
    /// The certificates (PEM) of authorities to believe, in place of the system's.
    pub ca_file: Option<PathBuf>,
    /// The digest of the server's public key, `sha256/` and Base64.
    pub pin: Option<PinConfig>,
    /// The name in the certificate, where it is not `server`.
    pub server_name: Option<String>,
    /// Take any certificate, and so anybody who is in between.
    pub accept_any_certificate: bool,
    /// Do not encrypt at all, password included.
    pub no_encryption: bool,
}

/// One pin, or several while a key is being changed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum PinConfig {
    /// The server's key.
    One(Pin),
    /// The server's key, and the one that follows.
    Several(Vec<Pin>),
}

/// How to log in, once it was checked. Secrets are read when a connection is made.
#[derive(Clone, Debug)]
pub(crate) enum Login {
    Sql { user: String, password: SecretPlace },
    Entra { token: SecretPlace },
    Integrated,
}

/// How to encrypt, once it was checked.
#[derive(Clone, Debug)]
pub(crate) enum Encryption {
    Tls { config: Arc<rustls::ClientConfig>, name: Option<ServerName<'static>> },
    None,
}

/// All that a connection needs to know.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) name: Name,
    pub(crate) server: String,
    pub(crate) endpoint: Endpoint,
    pub(crate) database: String,
    pub(crate) hierarchy: Option<String>,
    pub(crate) login: Login,
    pub(crate) encryption: Encryption,
    pub(crate) connections: u32,
    pub(crate) connect_timeout: Duration,
    pub(crate) login_timeout: Duration,
    pub(crate) statement_timeout: Duration,
    pub(crate) allow_writing_login: bool,
}

/// Where the server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Port(u16),
    Instance { name: String, browser: u16 },
}

fn wrong(setting: &'static str, why: impl Into<String>, mend: impl Into<String>) -> Cause {
    Cause::Config { setting, why: why.into(), mend: mend.into() }
}

impl Settings {
    /// Checks a configuration. Paths in it are relative to `base`, the folder of the file that it came from.
    pub(crate) fn of(config: &SiteConfig, base: &Path) -> Result<Self, Cause> {
        check_server(&config.server)?;
        if config.database.is_empty() || config.database.chars().count() > 128 {
            return Err(wrong(
                "database",
                "it is no name of a database",
                "write the name of the site database",
            ));
        }
        if !(1..=MOST_CONNECTIONS).contains(&config.connections) {
            return Err(wrong(
                "connections",
                format!("it is {}", config.connections),
                format!("write a number from 1 to {MOST_CONNECTIONS}"),
            ));
        }
        let login = login(&config.login, base)?;
        let encryption = encryption(&config.tls, base)?;
        warn_of_opt_outs(config);
        Ok(Self {
            name: config.name.clone(),
            server: config.server.clone(),
            endpoint: endpoint(config)?,
            database: config.database.clone(),
            hierarchy: config.hierarchy.clone(),
            login,
            encryption,
            connections: config.connections,
            connect_timeout: seconds("connect_timeout_s", config.connect_timeout_s)?,
            login_timeout: seconds("login_timeout_s", config.login_timeout_s)?,
            statement_timeout: seconds("statement_timeout_s", config.statement_timeout_s)?,
            allow_writing_login: config.allow_writing_login,
        })
    }
}

/// The forms that SQL Server's own tools take in one text are other settings here.
fn check_server(server: &str) -> Result<(), Cause> {
    let mend = match server {
        "." | "(local)" => "write `localhost`, or the server's name",
        _ if server.contains('\\') => "write the instance as `instance = \"NAME\"`",
        _ if server.contains(',') => "write the port as `port = 1433`",
        _ if ServerName::try_from(server).is_err() => "write a host name or an IP address",
        _ => return Ok(()),
    };
    Err(wrong("server", format!("`{}` is no name of a host", shown(server)), mend))
}

fn endpoint(config: &SiteConfig) -> Result<Endpoint, Cause> {
    match (config.port, &config.instance) {
        (Some(_), Some(_)) => Err(wrong(
            "instance",
            "there is a port as well",
            "keep one of them: with a port SQL Browser need not be asked",
        )),
        (Some(0), None) => {
            Err(wrong("port", "0 is no port", "write the port, or leave the line out for 1433"))
        }
        (port, None) => Ok(Endpoint::Port(port.unwrap_or(1433))),
        (None, Some(name)) => {
            // Instance names have at most 16 characters; the request to SQL Browser takes 32.
            let fits = (1..=32).contains(&name.len())
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'#'));
            if fits {
                Ok(Endpoint::Instance { name: name.clone(), browser: config.browser_port })
            } else {
                Err(wrong(
                    "instance",
                    format!("`{}` is no name of an instance", shown(name)),
                    "write the name alone, without the server",
                ))
            }
        }
    }
}

fn seconds(setting: &'static str, seconds: u64) -> Result<Duration, Cause> {
    // A day: whoever waits longer has mistyped.
    if (1..=86_400).contains(&seconds) {
        Ok(Duration::from_secs(seconds))
    } else {
        Err(wrong(setting, format!("it is {seconds}"), "write seconds, from 1 to 86400"))
    }
}

fn login(config: &LoginConfig, base: &Path) -> Result<Login, Cause> {
    let secret = |setting, file: &Option<PathBuf>, variable: &Option<String>| match (file, variable) {
        (Some(file), None) => Ok(SecretPlace::File(base.join(file))),
        (None, Some(name)) => Ok(SecretPlace::Variable(name.clone())),
        (Some(_), Some(_)) => Err(wrong(setting, "there is a file and a variable", "keep one of them")),
        (None, None) => Err(wrong(
            setting,
            "it is missing",
            "name a file (`.._file`) or a variable (`.._env`) that holds it; it is never written here itself",
        )),
    };
    let password = config.password_file.is_some() || config.password_env.is_some();
    let token = config.entra_token_file.is_some() || config.entra_token_env.is_some();
    let ways = [config.user.is_some() || password, token, config.windows, config.kerberos];
    if ways.iter().filter(|way| **way).count() != 1 {
        return Err(wrong(
            "login",
            "it takes exactly one way to log in",
            "keep one of `user` with `password_file` or `password_env`, `entra_token_file` or `entra_token_env`, \
             `windows = true`, `kerberos = true`",
        ));
    }
    let login = if token {
        Login::Entra {
            token: secret("login.entra_token", &config.entra_token_file, &config.entra_token_env)?,
        }
    } else if config.windows {
        integrated(
            cfg!(windows),
            "login.windows",
            "this is not Windows",
            "use `kerberos = true` or a SQL login",
        )?
    } else if config.kerberos {
        integrated(
            cfg!(all(unix, feature = "kerberos")),
            "login.kerberos",
            "this program was built without Kerberos",
            "build it with `--features kerberos` on Unix, or use a SQL login",
        )?
    } else {
        let user = config.user.clone().ok_or_else(|| {
            wrong("login.user", "there is a password without a user", "write `user = \"NAME\"`")
        })?;
        Login::Sql { user, password: secret("login.password", &config.password_file, &config.password_env)? }
    };
    // Better now than at the first run, which may be days away.
    if let Login::Sql { password: place, .. } | Login::Entra { token: place } = &login {
        place.read()?;
    }
    Ok(login)
}

fn integrated(able: bool, setting: &'static str, why: &str, mend: &str) -> Result<Login, Cause> {
    if able { Ok(Login::Integrated) } else { Err(wrong(setting, why, mend)) }
}

fn encryption(config: &TlsConfig, base: &Path) -> Result<Encryption, Cause> {
    let choices =
        [config.ca_file.is_some(), config.pin.is_some(), config.accept_any_certificate, config.no_encryption];
    if choices.iter().filter(|choice| **choice).count() > 1 {
        return Err(wrong(
            "tls",
            "two of its lines say different things",
            "keep one of `ca_file`, `pin`, `accept_any_certificate`, `no_encryption`",
        ));
    }
    if config.no_encryption {
        return Ok(Encryption::None);
    }
    let name = match &config.server_name {
        Some(name) => Some(ServerName::try_from(name.clone()).map_err(|_| {
            wrong(
                "tls.server_name",
                format!("`{}` is no name of a host", shown(name)),
                "write the name as the certificate has it",
            )
        })?),
        None => None,
    };
    let trust = match (&config.ca_file, &config.pin) {
        (Some(file), _) => Trust::ca_file(&base.join(file)).map_err(|why| {
            wrong("tls.ca_file", why, "name a PEM file with the certificate of the authority")
        })?,
        (None, Some(PinConfig::One(pin))) => Trust::Pins(vec![*pin]),
        (None, Some(PinConfig::Several(pins))) if !pins.is_empty() => Trust::Pins(pins.clone()),
        (None, Some(PinConfig::Several(_))) => {
            return Err(wrong("tls.pin", "the list is empty", "write a pin, or leave the line out"));
        }
        (None, None) if config.accept_any_certificate => Trust::Anybody,
        (None, None) => Trust::system().map_err(|why| {
            wrong("tls", why, "name the authority with `ca_file`, or the server's key with `pin`")
        })?,
    };
    let config = client_config(trust).map_err(|why| wrong("tls", why, ""))?;
    Ok(Encryption::Tls { config, name })
}

/// Whoever opts out is reminded at each start.
fn warn_of_opt_outs(config: &SiteConfig) {
    let site = &config.name;
    if config.tls.no_encryption {
        tracing::warn!(%site, "no_encryption: everything is sent in the clear, the password included");
    }
    if config.tls.accept_any_certificate {
        tracing::warn!(%site, "accept_any_certificate: whoever is in between can read and change everything");
    }
    if config.allow_writing_login {
        tracing::warn!(%site, "allow_writing_login: a login that can write is taken");
    }
}
