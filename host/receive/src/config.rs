use std::{net::SocketAddr, path::PathBuf};

use serde::Deserialize;

/// `receive.toml`: where the receiver listens, how much it takes and how long it keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiveConfig {
    /// The name that receipts are signed with.
    pub name: String,
    /// Address and port.
    #[serde(default = "listen")]
    pub listen: SocketAddr,
    /// The server's certificate with its chain, PEM.
    #[serde(default = "certificate")]
    pub certificate: PathBuf,
    /// The certificate's private key, PEM.
    #[serde(default = "key")]
    pub key: PathBuf,
    /// How long a request is kept.
    #[serde(default = "retention_days")]
    pub retention_days: u32,
    /// MiB of a body as it comes.
    #[serde(default = "body_mib")]
    pub body_mib: u32,
    /// MiB of a compressed body when it is unpacked.
    #[serde(default = "unpacked_mib")]
    pub unpacked_mib: u32,
    /// MiB of all bodies that are being taken in at one time.
    #[serde(default = "memory_mib")]
    pub memory_mib: u32,
    /// MiB of the disk that are left free.
    #[serde(default = "reserve_mib")]
    pub reserve_mib: u32,
    /// Connections at one time.
    #[serde(default = "connections")]
    pub connections: u32,
    /// Of these, from one address.
    #[serde(default = "connections_per_address")]
    pub connections_per_address: u32,
    /// Seconds for the head of a request, and between two requests of a connection.
    #[serde(default = "head_seconds")]
    pub head_seconds: u32,
    /// Seconds for the body of a request.
    #[serde(default = "body_seconds")]
    pub body_seconds: u32,
}

// Loopback: who wants to be reached from elsewhere says so.
fn listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 8443))
}
fn certificate() -> PathBuf {
    "tls/server.pem".into()
}
fn key() -> PathBuf {
    "tls/server.key".into()
}
// What Microsoft keeps diagnostics data for.
const fn retention_days() -> u32 {
    365
}
// A target's body has 16 MiB unless its grant says more.
const fn body_mib() -> u32 {
    32
}
const fn unpacked_mib() -> u32 {
    64
}
const fn memory_mib() -> u32 {
    512
}
// A transaction of the largest requests fits several times.
const fn reserve_mib() -> u32 {
    512
}
const fn connections() -> u32 {
    1024
}
// Several sites behind one address translation.
const fn connections_per_address() -> u32 {
    128
}
const fn head_seconds() -> u32 {
    15
}
// 32 MiB over a line of 5 Mbit/s.
const fn body_seconds() -> u32 {
    60
}

impl ReceiveConfig {
    /// Reads the file's text.
    ///
    /// # Errors
    /// With what is wrong, and where.
    pub fn parse(text: &str) -> Result<Self, String> {
        let config: Self = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            format!("line {line}: {}", glasshouse_contract::shown(error.message()))
        })?;
        for (name, value) in [
            ("retention_days", config.retention_days),
            ("body_mib", config.body_mib),
            ("unpacked_mib", config.unpacked_mib),
            ("connections", config.connections),
            ("connections_per_address", config.connections_per_address),
            ("head_seconds", config.head_seconds),
            ("body_seconds", config.body_seconds),
        ] {
            if value == 0 {
                return Err(format!("`{name}` is 0: nothing could be received, or kept"));
            }
        }
        if config.body_mib > MOST_MIB || config.unpacked_mib > MOST_MIB {
            return Err(format!("`body_mib` and `unpacked_mib` are at most {MOST_MIB}"));
        }
        let largest = config.body_mib.saturating_add(config.unpacked_mib);
        if config.memory_mib < largest {
            return Err(format!(
                "`memory_mib` is {}: one request can need `body_mib` + `unpacked_mib`, which is {largest}",
                config.memory_mib
            ));
        }
        if config.memory_mib > MEMORY_MOST_MIB {
            return Err(format!("`memory_mib` is at most {MEMORY_MOST_MIB}"));
        }
        Ok(config)
    }
}

/// What SQLite takes as one value is 1 GB; no sealed request is near it.
const MOST_MIB: u32 = 512;
/// 1 TiB, so that KiB are counted in 32 bits.
const MEMORY_MOST_MIB: u32 = 1 << 20;

/// What `glasshouse receive init` writes; `{name}` is the receiver's name.
pub const COMMENTED: &str = r#"# Configuration of a Glasshouse receiver. Paths are relative to this file.

# The name that receipts are signed with. Senders know the receiver's key by it.
name = "{name}"

# Loopback unless you say otherwise: "0.0.0.0:8443" takes connections from everywhere.
listen = "127.0.0.1:8443"

# The server's certificate (with its chain) and its private key, PEM. Read when the receiver starts.
certificate = "tls/server.pem"
key = "tls/server.key"

# How long requests are kept. Their receipts stay, and a deletion has one of its own.
# retention_days = 365

# How large a request's body is at most: as it comes, and unpacked where it comes compressed.
# body_mib = 32
# unpacked_mib = 64

# What all bodies that are being taken in may use of memory at one time. Those of one tenant get half of it.
# memory_mib = 512

# What is left free on the disk: when there is less, nothing new is taken and senders try later.
# reserve_mib = 512

# Connections at one time, and of these from one address.
# connections = 1024
# connections_per_address = 128

# Seconds for the head of a request (between two requests of a connection, and in which some of an answer has to be
# taken), and for its body.
# head_seconds = 15
# body_seconds = 60
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_commented_out_is_what_holds_anyway() {
        let written = ReceiveConfig::parse(COMMENTED).unwrap();
        let all: String = COMMENTED
            .lines()
            .map(|line| match line.strip_prefix("# ") {
                Some(set)
                    if set.contains(" = ")
                        && !set.contains(' ') | set.starts_with(|c: char| c.is_ascii_lowercase()) =>
                {
                    format!("{set}\n")
                }
                _ => format!("{line}\n"),
            })
            .collect();
        assert_eq!(ReceiveConfig::parse(&all).unwrap(), written);
        assert_eq!(ReceiveConfig::parse("name = \"{name}\"").unwrap(), written);
        assert!(written.listen.ip().is_loopback());
    }

    #[test]
    fn what_cannot_work_is_refused_with_its_reason() {
        for (line, why) in [
            ("retention = 1", "line 2: unknown field `retention`"),
            ("body_seconds = 0", "`body_seconds` is 0"),
            ("memory_mib = 64", "`memory_mib` is 64"),
            ("body_mib = 4096", "at most 512"),
            ("listen = \"everywhere\"", "line 2: "),
        ] {
            let error = ReceiveConfig::parse(&format!("name = \"x\"\n{line}\n")).unwrap_err();
            assert!(error.contains(why), "{line}: {error}");
        }
    }
}
