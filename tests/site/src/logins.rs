//! Who may log in, and what SQL Server says they may do.

/// What a login may do beyond connecting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rights {
    /// `db_datareader`, and nothing else.
    Reader,
    /// `db_datareader` with VIEW SERVER STATE, which some of the system views ask for.
    StateReader,
    /// What a collecting host needs: the same, and VIEW DEFINITION and EXECUTE on the site's functions.
    Collector,
    /// `db_datareader` and `db_datawriter`.
    Writer,
    /// `db_owner` of each database.
    Owner,
    /// `sysadmin`.
    Sysadmin,
}

/// A SQL login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// Its name.
    pub user: String,
    /// Its password; for a login by token, the token.
    pub password: String,
    /// What it may do.
    pub rights: Rights,
}

impl Login {
    /// A login of the pretend site. Its password is public and good for nothing else.
    pub fn new(user: &str, password: &str, rights: Rights) -> Self {
        Self { user: user.to_owned(), password: password.to_owned(), rights }
    }

    /// The logins that a site has if nothing else is said: one for each kind of rights.
    pub fn defaults() -> Vec<Self> {
        vec![
            Self::new("collector", "Collector-Passw0rd", Rights::Collector),
            Self::new("reader", "Reader-Passw0rd", Rights::Reader),
            Self::new("state_reader", "State-Passw0rd", Rights::StateReader),
            Self::new("writer", "Writer-Passw0rd", Rights::Writer),
            Self::new("owner", "Owner-Passw0rd", Rights::Owner),
            Self::new("sa", "Sysadmin-Passw0rd", Rights::Sysadmin),
        ]
    }
}

const SERVER_ALL: &[&str] = &[
    "CONNECT SQL",
    "SHUTDOWN",
    "CREATE ENDPOINT",
    "CREATE ANY DATABASE",
    "CREATE AVAILABILITY GROUP",
    "ALTER ANY LOGIN",
    "ALTER ANY CREDENTIAL",
    "ALTER ANY ENDPOINT",
    "ALTER ANY LINKED SERVER",
    "ALTER ANY CONNECTION",
    "ALTER ANY DATABASE",
    "ALTER RESOURCES",
    "ALTER SETTINGS",
    "ALTER TRACE",
    "ADMINISTER BULK OPERATIONS",
    "AUTHENTICATE SERVER",
    "EXTERNAL ACCESS ASSEMBLY",
    "VIEW ANY DATABASE",
    "VIEW ANY DEFINITION",
    "VIEW SERVER STATE",
    "VIEW SERVER PERFORMANCE STATE",
    "VIEW SERVER SECURITY STATE",
    "CREATE DDL EVENT NOTIFICATION",
    "CREATE TRACE EVENT NOTIFICATION",
    "ALTER ANY EVENT NOTIFICATION",
    "ALTER SERVER STATE",
    "UNSAFE ASSEMBLY",
    "ALTER ANY SERVER AUDIT",
    "CREATE SERVER ROLE",
    "ALTER ANY SERVER ROLE",
    "ALTER ANY EVENT SESSION",
    "CONNECT ANY DATABASE",
    "IMPERSONATE ANY LOGIN",
    "SELECT ALL USER SECURABLES",
    "CONTROL SERVER",
];

const DATABASE_ALL: &[&str] = &[
    "CREATE TABLE",
    "CREATE VIEW",
    "CREATE PROCEDURE",
    "CREATE FUNCTION",
    "CREATE RULE",
    "CREATE DEFAULT",
    "BACKUP DATABASE",
    "BACKUP LOG",
    "CREATE DATABASE",
    "CREATE TYPE",
    "CREATE ASSEMBLY",
    "CREATE XML SCHEMA COLLECTION",
    "CREATE SCHEMA",
    "CREATE SYNONYM",
    "CREATE ROLE",
    "CONNECT",
    "CONNECT REPLICATION",
    "CHECKPOINT",
    "SUBSCRIBE QUERY NOTIFICATIONS",
    "AUTHENTICATE",
    "SHOWPLAN",
    "ALTER ANY USER",
    "ALTER ANY ROLE",
    "ALTER ANY SCHEMA",
    "ALTER ANY DATASPACE",
    "ALTER ANY DATABASE DDL TRIGGER",
    "VIEW DATABASE STATE",
    "VIEW DATABASE PERFORMANCE STATE",
    "VIEW DATABASE SECURITY STATE",
    "VIEW DEFINITION",
    "VIEW ANY COLUMN ENCRYPTION KEY DEFINITION",
    "VIEW ANY COLUMN MASTER KEY DEFINITION",
    "TAKE OWNERSHIP",
    "ALTER ANY ASYMMETRIC KEY",
    "ALTER ANY CERTIFICATE",
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "REFERENCES",
    "EXECUTE",
    "ALTER",
    "CONTROL",
];

const DATABASE_ANYBODY: &[&str] = &[
    "CONNECT",
    "SELECT",
    "VIEW ANY COLUMN ENCRYPTION KEY DEFINITION",
    "VIEW ANY COLUMN MASTER KEY DEFINITION",
];

const OBJECT_ALL: &[&str] = &[
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "REFERENCES",
    "EXECUTE",
    "ALTER",
    "CONTROL",
    "TAKE OWNERSHIP",
    "VIEW DEFINITION",
    "VIEW CHANGE TRACKING",
];

/// What VIEW SERVER STATE brings with it.
const SERVER_STATE: &[&str] =
    &["VIEW SERVER STATE", "VIEW SERVER PERFORMANCE STATE", "VIEW SERVER SECURITY STATE"];

/// And what it brings in each database.
const DATABASE_STATE: &[&str] =
    &["VIEW DATABASE STATE", "VIEW DATABASE PERFORMANCE STATE", "VIEW DATABASE SECURITY STATE"];

const SERVER_ROLES: &[&str] = &[
    "sysadmin",
    "securityadmin",
    "serveradmin",
    "setupadmin",
    "processadmin",
    "diskadmin",
    "dbcreator",
    "bulkadmin",
];

const DATABASE_ROLES: &[&str] = &[
    "db_owner",
    "db_accessadmin",
    "db_securityadmin",
    "db_ddladmin",
    "db_backupoperator",
    "db_datareader",
    "db_datawriter",
    "db_denydatareader",
    "db_denydatawriter",
];

impl Rights {
    /// What `fn_my_permissions(NULL, 'SERVER')` lists.
    pub(crate) fn on_server(self) -> Vec<&'static str> {
        let anybody: &[&str] = &["CONNECT SQL", "VIEW ANY DATABASE"];
        match self {
            Self::Sysadmin => SERVER_ALL.to_vec(),
            Self::StateReader | Self::Collector => [anybody, SERVER_STATE].concat(),
            Self::Reader | Self::Writer | Self::Owner => anybody.to_vec(),
        }
    }

    /// What `fn_my_permissions(NULL, 'DATABASE')` lists.
    pub(crate) fn on_database(self) -> Vec<&'static str> {
        let more: &[&str] = match self {
            Self::Reader => &[],
            Self::StateReader => DATABASE_STATE,
            Self::Collector => &[
                "VIEW DATABASE STATE",
                "VIEW DATABASE PERFORMANCE STATE",
                "VIEW DATABASE SECURITY STATE",
                "VIEW DEFINITION",
            ],
            Self::Writer => &["INSERT", "UPDATE", "DELETE"],
            Self::Owner | Self::Sysadmin => return DATABASE_ALL.to_vec(),
        };
        [DATABASE_ANYBODY, more].concat()
    }

    /// What may be done with a table or view of the site. Those who may change it as a whole may all.
    pub(crate) fn on_object(self) -> Vec<&'static str> {
        match self {
            Self::Reader | Self::StateReader => vec!["SELECT"],
            Self::Collector => vec!["SELECT", "EXECUTE", "VIEW DEFINITION"],
            Self::Writer => vec!["SELECT", "INSERT", "UPDATE", "DELETE"],
            Self::Owner | Self::Sysadmin => OBJECT_ALL.to_vec(),
        }
    }

    /// `HAS_PERMS_BY_NAME`: none for a class or a permission that there is not.
    pub(crate) fn permitted(self, class: &str, permission: &str) -> Option<bool> {
        let (held, all) = match class.to_uppercase().as_str() {
            "SERVER" => (self.on_server(), SERVER_ALL),
            "DATABASE" => (self.on_database(), DATABASE_ALL),
            "OBJECT" | "SCHEMA" => (self.on_object(), OBJECT_ALL),
            _ => return None,
        };
        // ANY asks whether there is one at all.
        if permission.eq_ignore_ascii_case("ANY") {
            return Some(!held.is_empty());
        }
        let is = |one: &&str| one.eq_ignore_ascii_case(permission);
        all.iter().any(is).then(|| held.iter().any(is))
    }

    /// `IS_SRVROLEMEMBER`: none for a role that there is not.
    pub(crate) fn in_server_role(self, role: &str) -> Option<bool> {
        if role.eq_ignore_ascii_case("public") {
            return Some(true);
        }
        let known = SERVER_ROLES.iter().any(|name| name.eq_ignore_ascii_case(role));
        known.then_some(self == Self::Sysadmin)
    }

    /// `IS_ROLEMEMBER`: none for a role that there is not.
    pub(crate) fn in_database_role(self, role: &str) -> Option<bool> {
        let role = role.to_ascii_lowercase();
        if role == "public" {
            return Some(true);
        }
        DATABASE_ROLES.contains(&role.as_str()).then(|| match self {
            Self::Reader | Self::StateReader | Self::Collector => role == "db_datareader",
            Self::Writer => role == "db_datareader" || role == "db_datawriter",
            // An owner is a member of `db_owner` alone; a sysadmin is dbo, which is.
            Self::Owner | Self::Sysadmin => role == "db_owner",
        })
    }

    pub(crate) fn sees_database_state(self) -> bool {
        self.on_database().contains(&"VIEW DATABASE STATE")
    }

    pub(crate) fn sees_server_state(self) -> bool {
        self.on_server().contains(&"VIEW SERVER STATE")
    }
}
