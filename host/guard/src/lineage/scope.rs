//! Which tables a name can mean.

use std::{ops::Range, rc::Rc};

use super::flow::{Flow, Told};
use crate::{
    Floor, Floors, ObjectName, Origin,
    tree::{Column, Expr, Item},
};

/// The result of a query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Table {
    pub columns: Vec<Named>,
    /// What it tells already by which rows it has.
    pub told: Told,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub name: String,
    pub flow: Flow,
}

impl Table {
    pub(super) fn tell(&mut self, told: &Told) {
        self.told.and(told);
        for column in &mut self.columns {
            column.flow.told.and(told);
        }
    }

    /// A table of which only the names of the columns are known.
    pub(super) fn begun(items: &[Item]) -> Self {
        let column = |item: &Item| Named {
            name: item.name().map_or(String::new(), |name| name.as_str().to_owned()),
            flow: Flow::nothing(),
        };
        Self { columns: items.iter().map(column).collect(), told: Told::default() }
    }

    fn column(&self, name: &str) -> Option<&Flow> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name)).map(|column| &column.flow)
    }

    /// The column that a value of ORDER BY names.
    pub(super) fn named(&self, value: &Expr) -> Option<&Flow> {
        match value {
            Expr::Column(Column { relation: None, name }) => self.column(name.as_str()),
            _ => None,
        }
    }
}

/// The tables of one FROM, and those around it.
pub(super) struct Frame<'a> {
    tables: Vec<(String, Kind)>,
    outer: Option<&'a Frame<'a>>,
}

#[derive(Clone)]
enum Kind {
    Object(ObjectName),
    Table(Rc<Table>),
}

impl<'a> Frame<'a> {
    pub(super) const fn inside(outer: Option<&'a Self>) -> Self {
        Self { tables: Vec::new(), outer }
    }

    pub(super) fn object(&mut self, name: String, object: ObjectName) {
        self.tables.push((name, Kind::Object(object)));
    }

    pub(super) fn table(&mut self, name: String, table: Rc<Table>) {
        self.tables.push((name, Kind::Table(table)));
    }

    /// Some of its tables, with what is further out.
    pub(super) fn part(&self, range: Range<usize>) -> Self {
        Self { tables: self.tables.get(range).unwrap_or_default().to_vec(), outer: self.outer }
    }

    /// What its tables tell by their rows, whether a column of them is read or not.
    pub(super) fn told(&self) -> Told {
        let mut told = Told::default();
        for (_, kind) in &self.tables {
            if let Kind::Table(table) = kind {
                told.and(&table.told);
            }
        }
        told
    }

    /// What a column means, looked for from the inside out.
    pub(super) fn resolve(&self, column: &Column, floors: &Floors) -> Flow {
        let name = column.name.as_str();
        let mut frames = std::iter::successors(Some(self), |frame| frame.outer);
        let found = match &column.relation {
            Some(relation) => frames
                .find_map(|frame| frame.tables.iter().find(|(known, _)| relation.is(known)))
                .and_then(|(_, kind)| kind.column(name, floors)),
            None => bare(frames, name, floors),
        };
        // SQL Server refuses such a statement; should it not, nothing is known of the column.
        found.unwrap_or_else(|| {
            Flow::of(ObjectName { schema: "", name: "?".to_owned() }, Some(name), Floor::UNKNOWN)
        })
    }
}

/// A column without its table's name. A view may have columns that are not listed: as soon as there are
/// several tables, each view that does not list the name may be the one that is meant. And a site's view may
/// lack one that is listed: what tables further out have of that name may then be meant.
fn bare<'a>(frames: impl Iterator<Item = &'a Frame<'a>>, name: &str, floors: &Floors) -> Option<Flow> {
    let mut found: Option<Flow> = None;
    for frame in frames {
        let kinds = || frame.tables.iter().map(|(_, kind)| kind);
        let here = kinds().filter(|kind| found.is_none() || kind.has(name, floors));
        let here = here.filter_map(|kind| kind.column(name, floors)).reduce(Flow::and);
        found = match (found, here) {
            (Some(found), Some(here)) => Some(found.and(here)),
            (found, here) => found.or(here),
        };
        if found.is_some() && kinds().all(|kind| matches!(kind, Kind::Table(_))) {
            break;
        }
    }
    found
}

impl Kind {
    /// Whether it is known to have that column.
    fn has(&self, name: &str, floors: &Floors) -> bool {
        match self {
            Self::Object(object) => {
                floors.column(object.schema, &object.name, name).origin != Origin::Unknown
            }
            Self::Table(table) => table.column(name).is_some(),
        }
    }

    fn column(&self, name: &str, floors: &Floors) -> Option<Flow> {
        match self {
            Self::Object(object) => {
                let floor = floors.column(object.schema, &object.name, name);
                Some(Flow::of(object.clone(), Some(name), floor))
            }
            Self::Table(table) => table.column(name).cloned(),
        }
    }
}
