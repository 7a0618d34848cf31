//! Which tables a name can mean.

use super::flow::{Flow, Told};
use crate::{
    Floors, ObjectName,
    tree::{Column, Expr},
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

    fn column(&self, name: &str) -> Option<&Flow> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name)).map(|column| &column.flow)
    }

    /// The column that a value of ORDER BY names.
    pub(super) fn named(&self, value: &Expr) -> Option<Flow> {
        match value {
            Expr::Column(Column { relation: None, name }) => self.column(name.as_str()).cloned(),
            _ => None,
        }
    }
}

/// The tables of one FROM.
#[derive(Clone, Debug, Default)]
pub(super) struct Frame(Vec<(String, Kind)>);

#[derive(Clone, Debug)]
enum Kind {
    Object(ObjectName),
    Table(Table),
}

impl Frame {
    pub(super) fn object(&mut self, name: String, object: ObjectName) {
        self.0.push((name, Kind::Object(object)));
    }

    pub(super) fn table(&mut self, name: String, table: Table) {
        self.0.push((name, Kind::Table(table)));
    }

    /// What its tables tell by their rows, whether a column of them is read or not.
    pub(super) fn told(&self) -> Told {
        let mut told = Told::default();
        for (_, kind) in &self.0 {
            if let Kind::Table(table) = kind {
                told.and(&table.told);
            }
        }
        told
    }

    fn named(&self, name: &str) -> Option<&Kind> {
        self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, kind)| kind)
    }

    /// What a name without a table can mean here. A view may have columns that are not listed: as soon as
    /// there are several tables, each view that does not list the name may be the one that is meant.
    fn unnamed(&self, name: &str, floors: &Floors) -> Option<Flow> {
        let flows = self.0.iter().filter_map(|(_, kind)| match kind {
            Kind::Table(table) => table.column(name).cloned(),
            Kind::Object(object) => Some(column_of(object, name, floors)),
        });
        flows.reduce(Flow::and_either)
    }
}

impl Flow {
    /// One of two. Where there is one only, it stays what it is.
    fn and_either(self, other: Self) -> Self {
        self.and(other)
    }
}

fn column_of(object: &ObjectName, name: &str, floors: &Floors) -> Flow {
    Flow::of(object.clone(), Some(name), floors.column(object.schema, &object.name, name))
}

/// What a column means, looked for from the inside out.
pub(super) fn resolve(column: &Column, frames: &[Frame], floors: &Floors) -> Flow {
    let name = column.name.as_str();
    let found = match &column.relation {
        Some(relation) => {
            frames.iter().find_map(|frame| frame.named(relation.as_str())).and_then(|kind| match kind {
                Kind::Object(object) => Some(column_of(object, name, floors)),
                Kind::Table(table) => table.column(name).cloned(),
            })
        }
        None => frames.iter().find_map(|frame| frame.unnamed(name, floors)),
    };
    // SQL Server refuses such a statement; should it not, nothing is known of the column.
    found.unwrap_or_else(|| {
        Flow::of(ObjectName { schema: "", name: "?".to_owned() }, Some(name), crate::Floor::UNKNOWN)
    })
}
