//! The floors: what the host itself says of the columns of the site database.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::OnceLock,
};

use glasshouse_contract::{DataClass, Fault, FaultKind, shown};
use serde::Deserialize;
use toml::Spanned;

use crate::ObjectName;

/// The list that is shipped.
const SHIPPED: &str = include_str!("../site-classes.toml");

/// The lowest class of each known column, function and property. What is not known is `text`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Floors {
    /// By `schema.view`, then by column; all in lower case, as the database compares.
    views: BTreeMap<String, BTreeMap<String, Floor>>,
    functions: BTreeMap<String, Floor>,
    properties: BTreeMap<String, Floor>,
    literals: Vec<String>,
    /// Views for statements of level full, each with the columns that others may read too; as `views`.
    full: BTreeMap<String, BTreeSet<String>>,
}

/// The lowest class that something may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Floor {
    /// The class.
    pub class: DataClass,
    /// Whether it is a moment, whose age in days is a measure whatever the moment's class.
    pub moment: bool,
    /// Who says so.
    pub origin: Origin,
}

/// Who gave a floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody: what is not known is `text`.
    Unknown,
    /// The list that is shipped.
    Shipped,
    /// The site's own list.
    Site,
}

impl Floor {
    /// What is said of something that nobody lists.
    pub const UNKNOWN: Self = Self { class: DataClass::Text, moment: false, origin: Origin::Unknown };
}

/// Why a list of floors cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("line {line}: {why}")]
pub struct FloorsError {
    /// Where in the list.
    pub line: usize,
    why: String,
}

impl FloorsError {
    /// The error as it reaches a person, about the file of this name.
    #[must_use]
    pub fn fault(&self, file: impl std::fmt::Display) -> Fault {
        let mend = "write [view.NAME] with Column = \"class\", [function], [property], [full], and \
                    classes measure, category, identifier or text; or take the file away";
        Fault::new(FaultKind::Malformed, file, self, mend)
    }
}

/// A list as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: Spanned<u32>,
    #[serde(default)]
    view: BTreeMap<Spanned<String>, BTreeMap<Spanned<String>, Spanned<String>>>,
    #[serde(default)]
    moment: BTreeMap<Spanned<String>, Vec<Spanned<String>>>,
    #[serde(default)]
    function: BTreeMap<Spanned<String>, Spanned<String>>,
    #[serde(default)]
    property: BTreeMap<Spanned<String>, Spanned<String>>,
    #[serde(default)]
    known: Known,
    #[serde(default)]
    full: BTreeMap<Spanned<String>, Vec<String>>,
}

/// Values that every site has, and that say nothing about one of them.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    #[serde(default)]
    literals: Vec<String>,
}

impl Floors {
    /// The list that is shipped. A test reads it; should it ever be broken, everything is `text`.
    #[must_use]
    pub fn shipped() -> &'static Self {
        static FLOORS: OnceLock<Floors> = OnceLock::new();
        FLOORS.get_or_init(|| {
            let nothing = Self {
                views: BTreeMap::new(),
                functions: BTreeMap::new(),
                properties: BTreeMap::new(),
                literals: Vec::new(),
                full: BTreeMap::new(),
            };
            nothing.extended(SHIPPED, Origin::Shipped).unwrap_or(nothing)
        })
    }

    /// These floors and those of a site's own list, which may raise and lower them.
    ///
    /// # Errors
    /// When the list has an unknown class, a name twice, or anything else than floors.
    pub fn with(&self, site: &str) -> Result<Self, FloorsError> {
        self.extended(site, Origin::Site)
    }

    /// The floor of a column.
    #[must_use]
    pub fn column(&self, schema: &str, view: &str, column: &str) -> Floor {
        self.views
            .get(&key(schema, view))
            .and_then(|columns| columns.get(&column.to_ascii_lowercase()))
            .copied()
            .unwrap_or(Floor::UNKNOWN)
    }

    /// The floor of what a function gives: `dbo.fnCurrentSiteVersion`, or `OBJECT_NAME` without a schema.
    #[must_use]
    pub fn function(&self, name: &str) -> Floor {
        self.functions.get(&name.to_ascii_lowercase()).copied().unwrap_or(Floor::UNKNOWN)
    }

    /// The floor of a property of the server.
    #[must_use]
    pub fn property(&self, name: &str) -> Floor {
        self.properties.get(&name.to_ascii_lowercase()).copied().unwrap_or(Floor::UNKNOWN)
    }

    /// Whether a literal names what every site has: comparing an identifier with it tells nothing about
    /// whose it is.
    pub(crate) fn is_known_literal(&self, text: &str) -> bool {
        text.is_empty() || self.literals.iter().any(|known| known.eq_ignore_ascii_case(text))
    }

    /// Whether statements of level full alone may read this of a view: a column of it, or, without one, its rows.
    pub(crate) fn is_for_full(&self, object: &ObjectName, column: Option<&str>) -> bool {
        // Most statements read none of these views, and every column of a statement is asked about.
        let open = || self.full.get(&key(object.schema, &object.name));
        match column {
            Some(column) => open().is_some_and(|open| !open.contains(&column.to_ascii_lowercase())),
            None => open().is_some_and(BTreeSet::is_empty),
        }
    }

    /// The names of the views and columns of the shipped list, written as Configuration Manager writes them.
    #[must_use]
    pub fn documented_names() -> BTreeSet<String> {
        let listed: toml::Table = SHIPPED.parse().unwrap_or_default();
        let views = listed.get("view").and_then(toml::Value::as_table);
        let columns = views.into_iter().flat_map(toml::Table::values).filter_map(toml::Value::as_table);
        let columns = columns.flat_map(toml::Table::keys).cloned();
        views.into_iter().flat_map(toml::Table::keys).cloned().chain(columns).collect()
    }

    /// Each listed column, as `view.column` with its floor; a view of dbo without its schema.
    pub fn columns(&self) -> impl Iterator<Item = (String, Floor)> {
        self.views.iter().flat_map(|(view, columns)| {
            let view = view.strip_prefix("dbo.").unwrap_or(view);
            columns.iter().map(move |(column, floor)| (format!("{view}.{column}"), *floor))
        })
    }

    fn extended(&self, text: &str, origin: Origin) -> Result<Self, FloorsError> {
        let at = |start: usize, why: String| {
            let before = text.get(..start).unwrap_or_default();
            FloorsError { line: before.matches('\n').count() + 1, why }
        };
        let written: Written = toml::from_str(text)
            .map_err(|error| at(error.span().map_or(0, |span| span.start), shown(error.message())))?;
        if *written.version.get_ref() != 1 {
            return Err(at(written.version.span().start, "this host reads version 1".to_owned()));
        }
        let class = |written: &Spanned<String>| {
            DataClass::ALL
                .into_iter()
                .find(|class| class.as_str() == written.get_ref())
                // A pseudonym is made by a rule, with a key; nothing in a database is one. Secrets are not collected.
                .filter(|class| !matches!(class, DataClass::Pseudonym | DataClass::Secret))
                .ok_or_else(|| {
                    let why = format!("`{}` is no class of a column", shown(written.get_ref()));
                    at(written.span().start, why)
                })
        };
        // Keys come sorted; the one further down is the one that is too many.
        let twice = |one: &Spanned<String>, other: &Spanned<String>| {
            let later = if one.span().start > other.span().start { one } else { other };
            at(later.span().start, format!("`{}` is listed twice", shown(later.get_ref())))
        };
        let mut floors = self.clone();
        let mut views: BTreeMap<String, &Spanned<String>> = BTreeMap::new();
        for (view, columns) in &written.view {
            let name = view_key(view.get_ref());
            if let Some(other) = views.insert(name.clone(), view) {
                return Err(twice(view, other));
            }
            let mut listed: BTreeMap<String, (&Spanned<String>, Floor)> = BTreeMap::new();
            for (column, written) in columns {
                let key = column.get_ref().to_ascii_lowercase();
                // Another class makes a moment no less a moment.
                let known = floors.views.get(&name).and_then(|columns| columns.get(&key));
                let moment = known.is_some_and(|floor| floor.moment);
                let floor = Floor { class: class(written)?, moment, origin };
                if let Some((other, _)) = listed.insert(key, (column, floor)) {
                    return Err(twice(column, other));
                }
            }
            let listed = listed.into_iter().map(|(column, (_, floor))| (column, floor));
            floors.views.entry(name).or_default().extend(listed);
        }
        for (view, columns) in &written.moment {
            for column in columns {
                let known = floors
                    .views
                    .get_mut(&view_key(view.get_ref()))
                    .and_then(|columns| columns.get_mut(&column.get_ref().to_ascii_lowercase()));
                match known {
                    Some(floor) => floor.moment = true,
                    None => {
                        let why = format!("`{}` has no class under [view]", shown(column.get_ref()));
                        return Err(at(column.span().start, why));
                    }
                }
            }
        }
        for (list, into) in
            [(&written.function, &mut floors.functions), (&written.property, &mut floors.properties)]
        {
            let mut listed: BTreeMap<String, (&Spanned<String>, Floor)> = BTreeMap::new();
            for (name, written) in list {
                let floor = Floor { class: class(written)?, moment: false, origin };
                if let Some((other, _)) = listed.insert(name.get_ref().to_ascii_lowercase(), (name, floor)) {
                    return Err(twice(name, other));
                }
            }
            into.extend(listed.into_iter().map(|(name, (_, floor))| (name, floor)));
        }
        for (view, columns) in written.full {
            let columns = columns.iter().map(|column| column.to_ascii_lowercase()).collect();
            // A second line could open what the first one closed.
            if floors.full.insert(view_key(view.get_ref()), columns).is_some() {
                let why = format!("`{}` is for level full by a line before", shown(view.get_ref()));
                return Err(at(view.span().start, why));
            }
        }
        floors.literals.extend(written.known.literals);
        Ok(floors)
    }
}

fn key(schema: &str, view: &str) -> String {
    format!("{schema}.{view}").to_ascii_lowercase()
}

/// A view's name as the list writes it; without a schema it is of dbo.
fn view_key(name: &str) -> String {
    if name.contains('.') { name.to_ascii_lowercase() } else { key("dbo", name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(floors: &Floors, view: &str, column: &str) -> DataClass {
        floors.column("dbo", view, column).class
    }

    #[test]
    fn the_shipped_list_is_read_and_compares_as_the_database_does() {
        let floors = Floors::shipped();
        assert!(floors.columns().count() >= 460, "{}", floors.columns().count());
        assert_eq!(class(floors, "v_R_System", "Name0"), DataClass::Identifier);
        assert_eq!(class(floors, "V_R_SYSTEM", "client0"), DataClass::Category);
        assert_eq!(floors.column("sys", "tables", "name").class, DataClass::Identifier);
        assert_eq!(floors.column("dbo", "tables", "name"), Floor::UNKNOWN);
        assert_eq!(floors.function("dbo.FNCURRENTSITEVERSION").class, DataClass::Category);
        assert_eq!(floors.property("MachineName").class, DataClass::Identifier);
        assert!(floors.column("dbo", "v_GS_OPERATING_SYSTEM", "InstallDate0").moment);
    }

    #[test]
    fn a_sites_list_adds_raises_and_lowers_and_leaves_the_rest() {
        let site = "version = 1\n[view.v_R_System]\nClient0 = 'text'\nAD_Site_Name0 = 'category'\n\
                    [view.v_GS_OURS0]\nOwner00 = 'identifier'\n[moment]\nv_R_System = ['Client0']\n\
                    [function]\n'dbo.fnOurs' = 'measure'\n[known]\nliterals = ['CON00012']\n";
        let floors = Floors::shipped().with(site).unwrap();
        assert_eq!(class(&floors, "v_R_System", "Client0"), DataClass::Text);
        assert_eq!(class(&floors, "v_R_System", "AD_Site_Name0"), DataClass::Category);
        assert_eq!(class(&floors, "v_GS_OURS0", "Owner00"), DataClass::Identifier);
        assert_eq!(class(&floors, "v_R_System", "Name0"), DataClass::Identifier);
        let raised = "version = 1\n[view.v_UpdateScanStatus]\nLastScanTime = 'identifier'\n";
        let raised =
            Floors::shipped().with(raised).unwrap().column("dbo", "v_UpdateScanStatus", "LastScanTime");
        assert!(raised.moment && raised.class == DataClass::Identifier);
        assert_eq!(floors.column("dbo", "v_R_System", "Client0").origin, Origin::Site);
        assert_eq!(floors.column("dbo", "v_R_System", "Name0").origin, Origin::Shipped);
        assert!(floors.is_known_literal("con00012") && floors.is_known_literal("SMS00001"));
        assert!(!Floors::shipped().is_known_literal("CON00012"));
    }

    #[test]
    fn what_is_wrong_with_a_list_is_said_with_its_line() {
        let error = |text: &str| Floors::shipped().with(text).unwrap_err().to_string();
        assert_eq!(
            error("version = 1\n[view.v_Site]\nSiteCode = 'harmless'\n"),
            "line 3: `harmless` is no class of a column"
        );
        // Only a rule makes pseudonyms, with a key.
        for class in ["pseudonym", "secret", "Measure", ""] {
            assert!(error(&format!("version = 1\n[function]\nX = '{class}'\n")).starts_with("line 3: "));
        }
        assert_eq!(
            error("version = 1\n[view.v_Site]\nA = 'text'\na = 'measure'\n"),
            "line 4: `a` is listed twice"
        );
        assert!(
            error("version = 1\n[view.v_Site]\nA = 'text'\nA = 'text'\n")
                .starts_with("line 4: duplicate key")
        );
        assert_eq!(
            error("version = 1\n[view.v_Site]\nA = 'text'\n[view.'dbo.V_SITE']\nA = 'measure'\n"),
            "line 4: `dbo.V_SITE` is listed twice"
        );
        assert_eq!(
            error("version = 1\n[moment]\nv_Site = ['Never']\n"),
            "line 3: `Never` has no class under [view]"
        );
        assert_eq!(error("version = 2\n"), "line 1: this host reads version 1");
        assert!(error("version = 1\n[views.v_Site]\n").starts_with("line 2: unknown field `views`"));
        assert!(error("[view.v_Site]\n").contains("missing field `version`"));
        assert_eq!(
            error("version = 1\n[full]\n'DBO.v_UpdateComplianceStatus' = ['Status']\n"),
            "line 3: `DBO.v_UpdateComplianceStatus` is for level full by a line before"
        );
    }
}
