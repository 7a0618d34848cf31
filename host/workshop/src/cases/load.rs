use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use glasshouse_contract::{
    Context, Digest, EndpointHosts, KindSpec, Level, Manifest, Name, RecordedTable, Response, Table,
};
use glasshouse_sandbox::Keys;
use jiff::Timestamp;
use serde::Deserialize;

use crate::WorkshopError;

/// When runs are due whose case does not say: a Monday morning.
const SCHEDULED: &str = "2026-01-05T06:00:00Z";

/// One recorded run.
#[derive(Debug)]
pub struct Case {
    /// The case's name: its folder's.
    pub name: String,
    /// The case's folder.
    pub folder: PathBuf,
    /// The circumstances.
    pub context: Context,
    /// What the plugin gets; a query's in the order of its statements, others by name.
    pub tables: Vec<Table>,
    /// Keys for the rule's pseudonyms.
    pub keys: Keys,
    /// The hosts of a target's endpoints that its manifest leaves open.
    pub hosts: EndpointHosts,
    /// What receivers answer to a target's requests.
    pub answers: Vec<(u32, Response)>,
}

/// `case.toml`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Written {
    scheduled: Option<toml::value::Datetime>,
    pub level: Level,
    pub settings: BTreeMap<Name, String>,
    pub keys: BTreeMap<Name, String>,
    /// Endpoints that the manifest gives no host; one that is not named here has a host that is nobody's.
    pub hosts: EndpointHosts,
    /// Rows of one batch, where the split matters to the plugin; all in one otherwise.
    pub batch_rows: Option<u32>,
    #[serde(rename = "answer")]
    pub answers: Vec<Answer>,
}

impl Written {
    /// What a case says of itself; the default where it says nothing.
    pub fn read(file: &Path) -> Result<Self, WorkshopError> {
        match read_if_there(file)? {
            Some(bytes) => toml::from_slice(&bytes).map_err(|error| WorkshopError::case(file, error)),
            None => Ok(Self::default()),
        }
    }

    /// When the run is said to be due.
    pub fn scheduled(&self, file: &Path) -> Result<Timestamp, WorkshopError> {
        let scheduled = self.scheduled.map_or_else(|| SCHEDULED.to_owned(), |time| time.to_string());
        scheduled
            .parse()
            .map_err(|_| WorkshopError::case(file, format!("`scheduled` is written like {SCHEDULED}")))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answer {
    step: u32,
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: String,
}

impl Case {
    /// Reads every case in a folder, in the order of their names.
    ///
    /// # Errors
    /// When there is none, or a file of one is not what it should be.
    pub fn load_all(folder: &Path, manifest: &Manifest) -> Result<Vec<Self>, WorkshopError> {
        folders(folder)?.into_iter().map(|folder| Self::load(folder, manifest)).collect()
    }

    fn load(folder: PathBuf, manifest: &Manifest) -> Result<Self, WorkshopError> {
        let file = folder.join("case.toml");
        let written = Written::read(&file)?;
        if let Some(unknown) = written
            .settings
            .keys()
            .find(|name| !manifest.settings.iter().any(|setting| setting.name == **name))
        {
            return Err(WorkshopError::case(&file, format!("the manifest declares no setting `{unknown}`")));
        }
        let settings = manifest
            .settings
            .iter()
            .map(|spec| {
                (spec.name.clone(), written.settings.get(&spec.name).unwrap_or(&spec.default).clone())
            })
            .collect();
        let scheduled = written.scheduled(&file)?;
        let name = name_of(&folder);
        let context = Context {
            run: name.clone(),
            scheduled_us: scheduled.as_microsecond(),
            level: written.level,
            site: "site-of-the-case".to_owned(),
            hierarchy: "hierarchy-of-the-case".to_owned(),
            settings,
            state: read_if_there(&folder.join("state"))?.unwrap_or_default(),
        };
        let tables = load_tables(&folder.join("input"), manifest, written.batch_rows.unwrap_or(u32::MAX))?;
        let answers = written.answers.into_iter().map(|answer| (answer.step, answer.into())).collect();
        let hosts = match manifest.target() {
            Some(target) => written.hosts.or_placeholders(target),
            None => written.hosts,
        };
        let keys = keys(manifest, &written.keys);
        Ok(Self { name, folder, context, tables, keys, hosts, answers })
    }
}

impl From<Answer> for Response {
    fn from(answer: Answer) -> Self {
        let headers = answer.headers.into_iter().collect();
        Self { status: answer.status, headers, body: answer.body.into_bytes() }
    }
}

/// Keys that are worth nothing, from words: the case's, or else the key's own name.
fn keys(manifest: &Manifest, words: &BTreeMap<Name, String>) -> Keys {
    let names: &[Name] = manifest.rule().map_or(&[], |rule| &rule.keys);
    names.iter().fold(Keys::new(), |keys, name| {
        let word = words.get(name).map_or(name.as_str(), String::as_str);
        keys.with(name.clone(), Digest::of(word.as_bytes()).as_bytes())
    })
}

fn load_tables(folder: &Path, manifest: &Manifest, batch_rows: u32) -> Result<Vec<Table>, WorkshopError> {
    let mut tables = Vec::new();
    for file in entries(folder)? {
        let (_, RecordedTable { table, batch }) = load_table(&file)?;
        tables.push(Table {
            name: table,
            schema: Arc::clone(batch.schema()),
            batches: batch.split(batch_rows),
        });
    }
    if let KindSpec::Query(query) = &manifest.spec {
        let place =
            |table: &Table| query.statements.iter().position(|statement| statement.name == table.name);
        tables.sort_by_key(place);
    }
    Ok(tables)
}

/// A recorded table of a case: its text, and what the text says.
pub(super) fn load_table(file: &Path) -> Result<(String, RecordedTable), WorkshopError> {
    if file.extension().is_none_or(|extension| extension != "ndjson") {
        return Err(WorkshopError::case(file, "input is recorded tables, each a <table>.ndjson"));
    }
    let text = fs::read_to_string(file).map_err(WorkshopError::read(file))?;
    let recorded =
        RecordedTable::parse(&text).map_err(|why| WorkshopError::Recording { path: file.to_owned(), why })?;
    let table = &recorded.table;
    if file.file_stem().is_none_or(|stem| stem != table.as_str()) {
        let why = format!("its first line calls the table `{table}`: file and table have one name");
        return Err(WorkshopError::case(file, why));
    }
    Ok((text, recorded))
}

/// The folders of the cases in a folder, in the order of their names.
pub(super) fn folders(folder: &Path) -> Result<Vec<PathBuf>, WorkshopError> {
    let folders: Vec<PathBuf> = entries(folder)?.into_iter().filter(|entry| entry.is_dir()).collect();
    if folders.is_empty() {
        let why = "there is no case in it: a case is a folder with input/<table>.ndjson";
        return Err(WorkshopError::case(folder, why));
    }
    Ok(folders)
}

/// A case is called what its folder is called.
pub(super) fn name_of(folder: &Path) -> String {
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// A folder's files and folders by name, those that editors and systems hide left out.
pub(super) fn entries(folder: &Path) -> Result<Vec<PathBuf>, WorkshopError> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(WorkshopError::read(folder))? {
        let entry = entry.map_err(WorkshopError::read(folder))?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            entries.push(entry.path());
        }
    }
    entries.sort();
    Ok(entries)
}

fn read_if_there(file: &Path) -> Result<Option<Vec<u8>>, WorkshopError> {
    match fs::read(file) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(WorkshopError::read(file)(error)),
    }
}
