//! What a person reads: object, cause, mend; and what a receipt may hold.

use glasshouse_contract::{Fault, FaultKind};

use super::{Cause, SiteError, stage};
use crate::{rights, tls::TlsError};

impl SiteError {
    /// One word for what went wrong; quotes nothing, and stays the same between versions.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.cause() {
            Cause::Config { .. } => "config",
            Cause::Secret(_) => "secret",
            Cause::Connect { .. } => "connect",
            Cause::Tls(_) => "tls",
            Cause::Login { .. } | Cause::LoginFailed(_) => "login",
            Cause::RoutedTwice(_) => "routed-twice",
            Cause::Writes { .. } => "login-writes",
            Cause::RightsUnknown(_) => "rights-unknown",
            Cause::Timeout { .. } => "timeout",
            Cause::Broken(_) => "broken",
            Cause::MissingObject { .. } => "missing-object",
            Cause::MissingColumn { .. } => "missing-column",
            Cause::Permission { .. } => "permission",
            Cause::Deadlock => "deadlock",
            Cause::LockTimeout => "lock-timeout",
            Cause::Server { .. } => "server-error",
            Cause::Columns { .. } => "columns",
            Cause::Null { .. } => "null",
            Cause::Value { .. } => "value",
            Cause::TooLarge { .. } => "row-too-large",
            Cause::Malformed(_) => "malformed",
        }
    }

    /// What a person at this machine reads. It may quote the server, so it goes nowhere else.
    #[must_use]
    pub fn fault(&self) -> Fault {
        let cause = self.cause();
        Fault::new(kind(cause), format!("site {}", self.site()), cause, mend(cause))
    }
}

const fn kind(cause: &Cause) -> FaultKind {
    match cause {
        Cause::Config { .. } | Cause::Secret(_) => FaultKind::Malformed,
        Cause::Writes { .. }
        | Cause::RightsUnknown(_)
        | Cause::Login { .. }
        | Cause::Permission { .. }
        | Cause::Tls(TlsError::Certificate { .. } | TlsError::NotOffered | TlsError::Demanded) => {
            FaultKind::Refused
        }
        Cause::Columns { .. } | Cause::Null { .. } | Cause::Value { .. } | Cause::TooLarge { .. } => {
            FaultKind::Finding
        }
        _ => FaultKind::Unreachable,
    }
}

fn mend(cause: &Cause) -> String {
    match cause {
        Cause::Config { mend, .. } => mend.clone(),
        Cause::Secret(_) => {
            "keep the secret in a file that only the host's account may read (mode 600), or in the variable".into()
        }
        Cause::Connect { .. } => {
            "check `server`, `port` or `instance`, that the server listens on TCP, and the firewall; an instance needs \
             SQL Browser (UDP 1434)"
                .into()
        }
        Cause::Tls(error) => tls(error),
        Cause::Login { number, .. } => login(*number).into(),
        Cause::LoginFailed(_) => "check the way of `[site.login]`, and the server's log".into(),
        Cause::RoutedTwice(_) => "write the server that it names as `server`, or mend its read-only routing".into(),
        Cause::Writes { .. } => format!(
            "give the host a login that can only read: `glasshouse doctor` prints the statements; or {}",
            rights::OPT_OUT
        ),
        Cause::RightsUnknown(_) => format!("ask the server's administrator; or {}", rights::OPT_OUT),
        Cause::Timeout { stage, .. } => timeout(stage).into(),
        Cause::Broken(_) => "it is tried again by itself; if it stays, look at the server's log and the network".into(),
        Cause::MissingObject { .. } => {
            "this version of Configuration Manager may not have it, or the login may not see it; other statements go on"
                .into()
        }
        Cause::MissingColumn { .. } => {
            "this version of Configuration Manager may not have it; other statements go on".into()
        }
        Cause::Permission { .. } => "`glasshouse doctor` prints the grants that a pack needs".into(),
        Cause::Deadlock | Cause::LockTimeout => "the site is busy; it is tried again at the next run".into(),
        Cause::Server { .. } => "the server's log may say more; other statements go on".into(),
        Cause::Columns { .. } | Cause::Null { .. } | Cause::Value { .. } => {
            "the author of the query mends the manifest or the statement; nothing of it was kept".into()
        }
        Cause::TooLarge { .. } => "raise `cell_kib` of the statement, or select less of the column".into(),
        Cause::Malformed(_) => {
            "a value may be no text of its column's code page, or no valid xml; or the server is not a SQL Server".into()
        }
    }
}

fn tls(error: &TlsError) -> String {
    match error {
        TlsError::NotOffered => {
            "let the server encrypt (SQL Server does by itself); to send passwords and rows in the clear, write \
             `no_encryption = true`"
                .into()
        }
        TlsError::Demanded => "take out `no_encryption`".into(),
        TlsError::Certificate { presented, .. } => {
            let pin = presented.as_ref().map_or_else(String::new, |pin| {
                format!(
                    "; or, if the server's administrator confirms that its key is this one, write \
                     `pin = \"{pin}\"` under [site.tls]"
                )
            });
            format!("name its authority with `ca_file`, or the name in it with `server_name`{pin}")
        }
        TlsError::OtherInstance => "check `instance`".into(),
        // A server that is set to strict encryption (TDS 8.0) waits for TLS and takes PRELOGIN for nonsense.
        TlsError::Closed(_) | TlsError::Late(_) => {
            "check `server` and `port`; a server that is set to strict encryption (TDS 8.0) takes nobody who begins \
             without, as this host does: let it take both"
                .into()
        }
        TlsError::NotTds(_) => "check that `server` and `port` are those of a SQL Server without strict encryption".into(),
        TlsError::Handshake(_) => "the server may offer only TLS 1.1 or older, or a key below 2048 bits".into(),
        TlsError::Transport { .. } => "check the network between this machine and the server".into(),
    }
}

const fn login(number: u32) -> &'static str {
    match number {
        4060 => "check `database`, and that the login has a user in it",
        18452 => "the server takes no login of this kind: use a SQL login, or an account of its domain",
        18470 => "the login is disabled: ask the server's administrator",
        18487 | 18488 => "the password has expired: set a new one",
        40532 | 40615 => "the server's firewall does not let this machine in",
        _ => "check `user` and the password; the server's log has the reason (its `State`)",
    }
}

fn timeout(stage: &str) -> &'static str {
    match stage {
        stage::CONNECT => "check `server`, `port` and the firewall; or raise `connect_timeout_s`",
        stage::PRELOGIN => {
            "a server that is set to strict encryption (TDS 8.0) does not answer; or raise `connect_timeout_s`"
        }
        stage::LOGIN => {
            "the server may be starting or be without its domain controller; or raise `login_timeout_s`"
        }
        _ => "raise `statement_timeout_s`, or let the statement read less; other statements go on",
    }
}
