//! A pretend site for each test, and a configuration that reaches it.

#![expect(dead_code, reason = "each test file uses a part of it")]

pub mod wire;

use std::{path::Path, sync::Arc};

use glasshouse_contract::{Batch, ColumnType, DataClass, Field, Schema};
use glasshouse_guard::Printed;
use glasshouse_site::{Rows, Site, SiteConfig, SiteError};
use pretend_site::{
    Answer, ColumnMeta, Database, Fault, FaultKind, Options, Row, Running, SqlError, SqlType, Value,
};
use tempfile::TempDir;

/// The password of the pretend site's login `reader`.
pub const PASSWORD: &str = "Reader-Passw0rd";

/// A server that runs, and a folder for files of its configuration.
pub struct Pretend {
    pub server: Running,
    pub folder: TempDir,
}

/// What a statement that names a table is answered with.
type Answers = Vec<(&'static str, Vec<ColumnMeta>, Vec<Row>)>;

struct Canned(Answers);

impl Database for Canned {
    fn query(&self, sql: &str, _: &[(String, Value)]) -> Result<Answer, SqlError> {
        match self.0.iter().find(|(table, ..)| sql.contains(&format!("[{table}]"))) {
            Some((_, columns, rows)) => {
                Ok(Answer { columns: columns.clone(), rows: Box::new(rows.clone().into_iter().map(Ok)) })
            }
            None => Err(SqlError::missing_object("v_Elsewhere")),
        }
    }
}

pub fn column(name: &str, sql_type: SqlType) -> ColumnMeta {
    ColumnMeta { name: name.to_owned(), sql_type, nullable: true }
}

/// Starts a site whose tables are these, and `v_Site` with three rows of a code and a number.
pub async fn pretend(mut answers: Answers, change: impl FnOnce(&mut Options)) -> Pretend {
    let site = |code: &str, number| vec![Value::Text(code.to_owned()), Value::Int(number)];
    answers.push((
        "v_Site",
        vec![column("SiteCode", SqlType::NVarChar(3)), column("Type", SqlType::Int)],
        vec![site("CAS", 4), site("P01", 2), site("P02", 2)],
    ));
    let mut options =
        Options::new(vec![("CM_CAS".to_owned(), Arc::new(Canned(answers)) as Arc<dyn Database>)]);
    change(&mut options);
    started(options).await
}

/// Starts it, and writes what a configuration needs.
pub async fn started(options: Options) -> Pretend {
    let folder = tempfile::tempdir().unwrap();
    let server = pretend_site::Site::start(options).await.unwrap();
    secret(folder.path(), "password", &format!("{PASSWORD}\n"));
    std::fs::write(folder.path().join("ca.pem"), server.ca_pem()).unwrap();
    Pretend { server, folder }
}

/// Starts a site that does one thing wrong.
pub async fn with_fault(fault: Fault) -> Pretend {
    pretend(Vec::new(), |options| options.faults.push(fault)).await
}

pub fn fault(kind: FaultKind) -> Fault {
    Fault::new(kind)
}

/// Writes a file that only its owner reads.
pub fn secret(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
}

impl Pretend {
    /// A configuration: lines of `[[site]]`, of `[site.login]` and of `[site.tls]`.
    pub fn config(&self, site: &str, login: &str, tls: &str) -> SiteConfig {
        let port = self.server.addr.port();
        config(&format!("port = {port}\n{site}"), login, tls)
    }

    /// The site with these further lines, verified by the test authority.
    pub fn site_with(&self, lines: &str) -> Site {
        self.open(&self.config(lines, READER, "ca_file = \"ca.pem\"")).unwrap()
    }

    pub fn site(&self) -> Site {
        self.site_with("")
    }

    /// The site with other lines under `[site.tls]`.
    pub fn site_tls(&self, tls: &str) -> Site {
        self.open(&self.config("", READER, tls)).unwrap()
    }

    /// The site with another login.
    pub fn site_login(&self, user: &str, password: &str, lines: &str) -> Site {
        secret(self.folder.path(), "other", password);
        let login = format!("user = \"{user}\"\npassword_file = \"other\"");
        self.open(&self.config(lines, &login, "ca_file = \"ca.pem\"")).unwrap()
    }

    pub fn open(&self, config: &SiteConfig) -> Result<Site, SiteError> {
        Site::new(config, self.folder.path())
    }
}

pub const READER: &str = "user = \"reader\"\npassword_file = \"password\"";

pub fn config(site: &str, login: &str, tls: &str) -> SiteConfig {
    let text = format!(
        "name = \"cas\"\nserver = \"localhost\"\ndatabase = \"CM_CAS\"\n{site}\n[login]\n{login}\n[tls]\n{tls}\n"
    );
    toml::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

pub fn schema(fields: &[(&str, ColumnType)]) -> Arc<Schema> {
    let field = |(name, kind): &(&str, ColumnType)| Field {
        name: name.parse().unwrap(),
        kind: *kind,
        nullable: true,
        class: DataClass::Category,
    };
    Arc::new(Schema::new(fields.iter().map(field).collect()).unwrap())
}

/// The statement and the columns of `v_Site`.
pub const SITES: &str = "SELECT SiteCode, Type FROM v_Site";

pub fn sites() -> Arc<Schema> {
    schema(&[("SiteCode", ColumnType::Text), ("Type", ColumnType::Int)])
}

pub fn printed(sql: &str) -> Printed {
    Printed::of(sql).unwrap()
}

/// Runs the statement of `v_Site` and reads all of it.
pub async fn ask(site: &Site) -> Result<Vec<Batch>, SiteError> {
    let mut rows = site.query(&printed(SITES), &sites(), 64).await?;
    all(&mut rows).await
}

pub async fn all(rows: &mut Rows) -> Result<Vec<Batch>, SiteError> {
    let mut batches = Vec::new();
    while let Some(batch) = rows.next().await? {
        batches.push(batch);
    }
    Ok(batches)
}

/// What went wrong with the statement of `v_Site`.
pub async fn failure(site: &Site) -> SiteError {
    ask(site).await.expect_err("it should not have worked")
}

/// Whether it is this cause, for `assert!` with the cause in its message.
#[macro_export]
macro_rules! assert_cause {
    ($error:expr, $pattern:pat $(if $guard:expr)?) => {{
        let error = &$error;
        assert!(matches!(error.cause(), $pattern $(if $guard)?), "{error}");
    }};
}
