//! Where each column of a result comes from, and the lowest class that it may have.
//!
//! A value has the highest floor of all that it is made from. Only what is listed here lowers it: counts, sums
//! and means, CASE between literals, whole days between two moments, a place in an order. What a statement
//! *tells* by comparing is kept apart, and nothing lowers it: `COUNT(CASE WHEN Name0 LIKE 'a%' THEN 1 END)` is
//! a number, and still tells what somebody is called.

mod flow;
mod scope;
mod value;

use std::fmt;

use glasshouse_contract::DataClass;

use crate::{
    Floors, ObjectName,
    tree::{Body, Common, Query, Relation, Select},
};
use flow::{Flow, Told};
use scope::{Frame, Named, Table};

/// A column of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputColumn {
    /// Its name.
    pub name: String,
    /// What it is made from, in order; also what the conditions in it read.
    pub sources: Vec<Source>,
    /// The lowest class that it may have.
    pub floor: DataClass,
    /// Why it is that one.
    pub why: String,
}

/// Something that a value is made from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source {
    /// The table, view or function.
    pub object: ObjectName,
    /// The column; none for a function.
    pub column: Option<String>,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column {
            Some(column) => write!(f, "{}.{column}", self.object),
            None => write!(f, "{}()", self.object),
        }
    }
}

/// For each column of a statement's result what it is made from.
pub(crate) fn columns(statement: &Query, floors: &Floors) -> Vec<OutputColumn> {
    let mut lineage = Lineage { floors, commons: Vec::new() };
    let table = lineage.query(statement, &[]);
    table.columns.into_iter().map(|Named { name, flow }| flow.output(name)).collect()
}

struct Lineage<'a> {
    floors: &'a Floors,
    /// The common tables so far.
    commons: Vec<(String, Table)>,
}

impl Lineage<'_> {
    fn query(&mut self, query: &Query, outer: &[Frame]) -> Table {
        for common in &query.commons {
            self.common(common);
        }
        let mut table = self.body(&query.body, outer);
        // TOP takes the first rows: an order that compares tells as much as a filter does.
        if let Body::Select(select) = &query.body {
            let frames = self.frames(select, outer);
            for order in &query.order {
                let told =
                    table.named(&order.value).unwrap_or_else(|| self.value(&order.value, &frames)).told;
                table.tell(&told);
            }
        }
        table
    }

    /// A common table may read itself: it is worked out again until nothing changes. Floors only rise and
    /// sources only grow, so that this ends; each round carries what is known at least one column further.
    fn common(&mut self, common: &Common) {
        let name = common.name.as_str().to_owned();
        let names = |mut table: Table| {
            for (column, name) in table.columns.iter_mut().zip(&common.columns) {
                column.name = name.as_str().to_owned();
            }
            table
        };
        let items = &crate::rules::first(&common.query.body).columns;
        let nothing = Table {
            columns: items
                .iter()
                .map(|item| Named {
                    name: item.name().map_or(String::new(), |name| name.as_str().to_owned()),
                    flow: Flow::nothing(),
                })
                .collect(),
            told: Told::default(),
        };
        let rounds = items.len() * DataClass::ALL.len() + 2;
        self.commons.push((name.clone(), names(nothing)));
        for _ in 0..rounds {
            let table = names(self.query(&common.query, &[]));
            let same = self.commons.last().is_some_and(|(_, known)| *known == table);
            self.commons.pop();
            self.commons.push((name.clone(), table));
            if same {
                break;
            }
        }
    }

    fn body(&mut self, body: &Body, outer: &[Frame]) -> Table {
        match body {
            Body::Select(select) => self.select(select, outer),
            Body::Union { left, all: _, right } => {
                let mut left = self.body(left, outer);
                let right = self.body(right, outer);
                for (column, other) in left.columns.iter_mut().zip(right.columns) {
                    column.flow = column.flow.clone().and(other.flow);
                }
                left.tell(&right.told);
                left
            }
        }
    }

    /// The tables that a SELECT reads, before those around it.
    fn frames(&mut self, select: &Select, outer: &[Frame]) -> Vec<Frame> {
        let mut frame = Frame::default();
        for relation in select.from.iter().flat_map(crate::tree::From::relations) {
            let name = relation.name().to_owned();
            match relation {
                Relation::Object { object, .. } => frame.object(name, object.full()),
                Relation::Common { name: common, .. } => {
                    let table = self.commons.iter().find(|(known, _)| common.is(known));
                    frame.table(name, table.map(|(_, table)| table.clone()).unwrap_or_default());
                }
                Relation::Derived { query, columns, .. } => {
                    let mut table = self.query(query, outer);
                    for (column, name) in table.columns.iter_mut().zip(columns) {
                        column.name = name.as_str().to_owned();
                    }
                    frame.table(name, table);
                }
            }
        }
        let mut frames = vec![frame];
        frames.extend_from_slice(outer);
        frames
    }

    fn select(&mut self, select: &Select, outer: &[Frame]) -> Table {
        let frames = self.frames(select, outer);
        let mut told = frames.first().map(Frame::told).unwrap_or_default();
        let ons = select.from.iter().flat_map(|from| &from.joins).filter_map(|join| join.how.condition());
        for condition in ons.chain(&select.filter).chain(&select.having) {
            told.and(&self.condition(condition, &frames).told);
        }
        for key in &select.group {
            told.and(&self.value(key, &frames).told);
        }
        let columns = select.columns.iter().map(|item| Named {
            name: item.name().map_or(String::new(), |name| name.as_str().to_owned()),
            flow: self.value(&item.value, &frames),
        });
        let mut table = Table { columns: columns.collect(), told: Told::default() };
        for column in &table.columns {
            told.and(&column.flow.told);
        }
        table.tell(&told);
        table
    }
}
