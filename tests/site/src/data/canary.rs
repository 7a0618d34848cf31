//! Planted identifiers: for each class that may not leave a host, one in every text column of every view.
//!
//! A planted row is a copy of an ordinary one with one column replaced, so that it passes the filters and joins
//! that its neighbours pass. Rows that others count on, such as sites, are planted whole instead.

use std::collections::BTreeMap;

use rusqlite::{Connection, types::Value};

use crate::tsql::{Family, Object, family};

use super::{DataError, schema::Schema};

/// What an identifier identifies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// An IPv4 address.
    Ipv4,
    /// An IPv6 address.
    Ipv6,
    /// A hardware address.
    Mac,
    /// A user's name with its domain.
    User,
    /// The name of a computer.
    Computer,
    /// An e-mail address.
    Email,
    /// A user principal name.
    Upn,
    /// A fully qualified domain name.
    Fqdn,
    /// The name of a site.
    SiteName,
}

impl Class {
    /// All classes.
    pub const ALL: [Self; 9] = [
        Self::Ipv4,
        Self::Ipv6,
        Self::Mac,
        Self::User,
        Self::Computer,
        Self::Email,
        Self::Upn,
        Self::Fqdn,
        Self::SiteName,
    ];

    /// The class in one word, as the list of canaries spells it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
            Self::Mac => "mac",
            Self::User => "user",
            Self::Computer => "computer",
            Self::Email => "email",
            Self::Upn => "upn",
            Self::Fqdn => "fqdn",
            Self::SiteName => "site_name",
        }
    }

    /// The identifier of this class with a number. No two are the same, none is a part of another, and no
    /// ordinary word is one.
    fn value(self, number: usize) -> String {
        let (high, low) = (number / 150 + 100, number % 150 + 100);
        let serial = format!("{number:04}");
        match self {
            // 10.77 occurs nowhere else in the hierarchy.
            Self::Ipv4 => format!("10.77.{high}.{low}"),
            Self::Ipv6 => format!("fd77:cafe::{:x}", number + 0x1000),
            Self::Mac => format!("02:77:CA:FE:{high:02X}:{low:02X}"),
            Self::User => format!("CANARYDOM\\canary.user{serial}"),
            Self::Computer => format!("CANARYPC{serial}"),
            Self::Email => format!("canary.mail{serial}@mail.canary.example"),
            Self::Upn => format!("canary.upn{serial}@upn.canary.example"),
            Self::Fqdn => format!("canaryhost{serial}.ad.canary.example"),
            Self::SiteName => format!("Canary Plant Site {serial}"),
        }
    }
}

/// One planted identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canary {
    /// What it identifies.
    pub class: Class,
    /// The view that has it.
    pub view: String,
    /// The column of the view that has it.
    pub column: String,
    /// The identifier.
    pub value: String,
}

/// Views of which each row is a thing that others count on: nine rows are planted, one for a class.
const WHOLE: [&str; 3] = ["v_Site", "v_StateNames", "v_CITypes"];

/// Columns that tell rows of a view apart: a planted row has one of its own.
const KEYS: [(&str, &str); 17] = [
    ("v_Collection", "CollectionID"),
    ("v_Package", "PackageID"),
    ("v_Advertisement", "AdvertisementID"),
    ("v_StatusMessage", "RecordID"),
    ("v_ConfigurationItems", "CI_ID"),
    ("v_CITypes", "CIType_ID"),
    ("v_CIAssignment", "AssignmentID"),
    ("v_ApplicationAssignment", "AssignmentID"),
    ("v_UpdateInfo", "CI_ID"),
    ("v_AuthListInfo", "CI_ID"),
    ("v_CIComplianceSummary", "CI_ID"),
    ("v_CP_Machine", "MachineID"),
    ("v_StateNames", "StateID"),
    ("v_Site", "SiteCode"),
    ("v_BoundaryInfo", "BoundaryID"),
    ("vSMS_BoundaryGroup", "GroupID"),
    ("vSMS_AutoDeployments", "AutoDeploymentID"),
];

/// Planted devices and other things have their numbers from here on.
pub(crate) const FIRST_PLANTED: i64 = 33_000_000;

/// Plants into every text column of the documented views, and lists what was planted.
pub(crate) fn plant(connection: &Connection, schema: &Schema) -> Result<Vec<Canary>, DataError> {
    let mut canaries = Vec::new();
    let mut numbers = Numbers::new();
    for view in &schema.views {
        let texts: Vec<usize> = view
            .columns
            .iter()
            .enumerate()
            .filter(|(_, column)| family(column.sql_type) == Family::Text)
            .map(|(at, _)| at)
            .collect();
        if texts.is_empty() {
            continue;
        }
        let templates = templates(connection, view)?;
        let mut rows = Planter::new(connection, view, templates)?;
        if WHOLE.contains(&view.name.as_str()) {
            for class in Class::ALL {
                rows.row(class, &texts, &mut numbers, &mut canaries)?;
            }
        } else {
            for at in texts {
                for class in Class::ALL {
                    rows.row(class, &[at], &mut numbers, &mut canaries)?;
                }
            }
        }
    }
    Ok(canaries)
}

/// Some ordinary rows of a view to copy.
fn templates(connection: &Connection, view: &Object) -> Result<Vec<Vec<Value>>, DataError> {
    let mut statement =
        connection.prepare(&format!("SELECT * FROM \"{}\" ORDER BY rowid LIMIT 40", view.name))?;
    let count = view.columns.len();
    let rows = statement.query_map([], |row| (0..count).map(|at| row.get(at)).collect())?;
    let mut templates: Vec<Vec<Value>> = rows.collect::<Result<_, _>>()?;
    if templates.is_empty() {
        // A view that a small hierarchy has no rows for.
        templates.push(
            view.columns
                .iter()
                .map(|column| match (column.nullable, family(column.sql_type)) {
                    (true, _) => Value::Null,
                    (false, Family::Text | Family::Guid) => Value::Text(String::new()),
                    (false, _) => Value::Integer(0),
                })
                .collect(),
        );
    }
    Ok(templates)
}

struct Planter<'c> {
    view: &'c Object,
    insert: rusqlite::Statement<'c>,
    templates: Vec<Vec<Value>>,
    planted: usize,
}

/// How many identifiers of each class there are so far, in all views.
type Numbers = BTreeMap<Class, usize>;

impl<'c> Planter<'c> {
    fn new(
        connection: &'c Connection,
        view: &'c Object,
        templates: Vec<Vec<Value>>,
    ) -> Result<Self, DataError> {
        let places = vec!["?"; view.columns.len()].join(", ");
        let insert = connection.prepare(&format!("INSERT INTO \"{}\" VALUES ({places})", view.name))?;
        Ok(Self { view, insert, templates, planted: 0 })
    }

    fn row(
        &mut self,
        class: Class,
        columns: &[usize],
        numbers: &mut Numbers,
        canaries: &mut Vec<Canary>,
    ) -> Result<(), DataError> {
        let template = self.templates.get(self.planted % self.templates.len().max(1));
        let mut row = template.cloned().unwrap_or_default();
        let own = FIRST_PLANTED + i64::try_from(self.planted).unwrap_or(0);
        let key = KEYS.iter().find(|(view, _)| *view == self.view.name).map(|(_, column)| *column);
        for (value, column) in row.iter_mut().zip(&self.view.columns) {
            // A device of its own, the same in all views.
            let is_key = key == Some(column.name.as_str())
                || matches!(column.name.as_str(), "ResourceID" | "MachineResourceID");
            if is_key {
                *value = match family(column.sql_type) {
                    Family::Text => Value::Text(format!("PLT{:05}", self.planted)),
                    _ => Value::Integer(own),
                };
            }
        }
        for at in columns {
            let (Some(value), Some(column)) = (row.get_mut(*at), self.view.columns.get(*at)) else {
                continue;
            };
            // Numbered through all views: a value tells where it was planted.
            let number = numbers.entry(class).or_default();
            let canary = Canary {
                class,
                view: self.view.name.clone(),
                column: column.name.clone(),
                value: class.value(*number),
            };
            *number += 1;
            *value = Value::Text(canary.value.clone());
            canaries.push(canary);
        }
        self.insert.execute(rusqlite::params_from_iter(&row))?;
        self.planted += 1;
        Ok(())
    }
}
