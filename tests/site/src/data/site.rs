//! One site database in memory: made once, then read by as many connections as ask.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use rusqlite::{Connection, OpenFlags};

use crate::tsql::{self, Catalog, Fact, World};

use super::{
    canary::{self, Canary},
    clients, collections, content, devices,
    fill::Filler,
    hierarchy::{Sites, VERSION},
    inventory,
    plan::Plan,
    schema::Schema,
    server, software, updates,
};

/// Why a site could not be made. All of these are faults of this crate.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// One of the two lists of views does not read.
    #[error("the list of views is wrong: {0}")]
    Schema(String),
    /// SQLite refused.
    #[error("filling the pretend site: {0}")]
    Fill(#[from] rusqlite::Error),
}

/// A site database that answers T-SQL.
pub struct SiteData {
    pub(super) catalog: Catalog,
    pub(super) facts: World,
    pub(super) plan: Plan,
    pub(super) path: String,
    /// Connections that are not in use.
    pub(super) idle: Arc<Mutex<Vec<Connection>>>,
    /// The database is there for as long as this connection is.
    _keeper: Mutex<Connection>,
    canaries: Vec<Canary>,
}

/// Each site has a memory of its own, also beside others of the same plan.
static SITES: AtomicU64 = AtomicU64::new(0);

impl SiteData {
    /// Makes the site that is planned: about a third of a second for 5,000 devices.
    pub fn new(plan: Plan) -> Result<Self, DataError> {
        let number = SITES.fetch_add(1, Ordering::Relaxed);
        let path = format!("file:/pretend-site-{}-{number}?vfs=memdb", std::process::id());
        let mut keeper = open(&path)?;
        let schema = Schema::load()?;
        let sites = Sites::new(&plan);
        let origin = plan.clock.origin();

        keeper.execute_batch("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;")?;
        let transaction = keeper.transaction()?;
        schema.create(&transaction)?;
        let canaries = {
            let mut filler = Filler::new(&transaction);
            let devices = devices::make(&plan, &sites, origin);
            sites.fill(&mut filler, &plan, origin)?;
            inventory::fill(&mut filler, &plan, &devices, origin)?;
            clients::fill(&mut filler, &plan, &sites, &devices, origin)?;
            collections::fill(&mut filler, &plan, &sites, &devices, origin)?;
            software::fill(&mut filler, &plan, &sites, &devices, origin)?;
            updates::fill(&mut filler, &plan, &sites, &devices, origin)?;
            content::fill(&mut filler, &plan, &sites)?;
            server::fill(&mut filler, &plan, &sites, &schema, origin)?;
            drop(filler);
            if plan.planted { canary::plant(&transaction, &schema)? } else { Vec::new() }
        };
        collections::count_members(&transaction)?;
        index(&transaction)?;
        transaction.commit()?;

        Ok(Self {
            catalog: schema.catalog(),
            facts: world(&plan, &sites),
            plan,
            path,
            idle: Arc::default(),
            _keeper: Mutex::new(keeper),
            canaries,
        })
    }

    /// The name of the database, `CM_` and the code of the top site.
    pub fn name(&self) -> &str {
        &self.facts.database
    }

    /// The identifiers that are planted: none of them may leave a host.
    pub fn canaries(&self) -> &[Canary] {
        &self.canaries
    }
}

/// Opens the site's memory. SQLite's `memdb` shares it among connections of this process.
pub(super) fn open(path: &str) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    tsql::register(&connection)?;
    Ok(connection)
}

/// What most joins go by. Others are joined by indexes that SQLite makes for one statement.
fn index(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        r#"CREATE INDEX system_resource ON "v_R_System" ("ResourceID");
           CREATE INDEX membership ON "v_FullCollectionMembership" ("CollectionID");"#,
    )
}

fn world(plan: &Plan, sites: &Sites) -> World {
    use crate::SqlType;
    let text =
        |name, text: &str| Fact { name, text: Some(text.to_owned()), sql_type: SqlType::NVarChar(128) };
    let number = |name, number: i64| Fact { name, text: Some(number.to_string()), sql_type: SqlType::Int };
    World {
        now: plan.clock.now(),
        database: format!("CM_{}", sites.top().code),
        functions: vec![
            text("fnGetHierarchyID", &sites.hierarchy_id),
            text("fnCurrentSiteVersion", VERSION),
            text("fnSetupFullVersion", VERSION),
        ],
        properties: vec![
            text("ProductVersion", "16.0.4175.1"),
            text("ProductLevel", "RTM"),
            text("ProductUpdateLevel", "CU16"),
            text("ProductMajorVersion", "16"),
            text("Edition", "Standard Edition (64-bit)"),
            number("EditionID", -1_534_726_760),
            number("EngineEdition", 2),
            text("Collation", "SQL_Latin1_General_CP1_CI_AS"),
            number("IsClustered", 0),
            number("IsHadrEnabled", 0),
            number("IsIntegratedSecurityOnly", 0),
            number("IsFullTextInstalled", 1),
            number("LCID", 1033),
            text("SqlCharSetName", "iso_1"),
            text("SqlSortOrderName", "nocase_iso"),
            text("MachineName", &sites.sql_server),
            text("ServerName", &sites.sql_server),
            Fact { name: "InstanceName", text: None, sql_type: SqlType::NVarChar(128) },
        ],
        parameters: Vec::new(),
    }
}
