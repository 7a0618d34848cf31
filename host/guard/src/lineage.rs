//! Where each column of a result comes from, and the lowest class that it may have.
//!
//! A value has the highest floor of all that it is made from. Only what is listed here lowers it: counts, sums
//! and means, CASE between literals, whole days between two moments, a place in an order. What a statement
//! *tells* by comparing is kept apart, and nothing lowers it: `COUNT(CASE WHEN Name0 LIKE 'a%' THEN 1 END)` is
//! a number, and still tells what somebody is called.

mod flow;
mod scope;
mod value;

use std::{fmt, rc::Rc};

use glasshouse_contract::DataClass;

use crate::{
    Floors, ObjectName,
    rules::first,
    tree::{Body, Common, Order, Query, Relation, Select},
};
use flow::{Flow, Told};
use scope::{Frame, Named, Table};

/// A column of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputColumn {
    /// Its name.
    pub name: String,
    /// What it is made from, in order; also what the conditions in it read. The first hundred, where there
    /// are more.
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

/// What a statement gives.
pub(crate) struct Given {
    /// For each column of the result what it is made from.
    pub columns: Vec<OutputColumn>,
    /// The highest floor of what the rows tell, by being there at all or by their order; and why.
    pub told: Option<(DataClass, String)>,
    /// Something that it reads, anywhere, and that only statements of level full may read.
    pub full: Option<Source>,
}

/// What comes out of a statement.
pub(crate) fn given(statement: &Query, floors: &Floors) -> Given {
    let mut lineage = Lineage { floors, commons: Vec::new(), full: None };
    for common in &statement.commons {
        lineage.common(common);
    }
    let table = lineage.body(&statement.body, &Rows { order: &statement.order, shown: true }, None);
    let Table { columns, told } = table;
    let columns = columns.into_iter().map(|Named { name, flow }| flow.output(name)).collect();
    Given { columns, told: told.into_inner(), full: lineage.full }
}

/// The order of a query's rows.
struct Rows<'a> {
    order: &'a [Order],
    /// Whether they go out in it, beside the columns that it is made of.
    shown: bool,
}

impl Rows<'_> {
    const UNORDERED: Self = Self { order: &[], shown: false };

    /// What the order tells where it is that of a column of the result.
    fn told(&self, by: &Flow) -> Told {
        if self.shown { by.ordered_by_itself() } else { by.ordered() }
    }
}

/// A table that reads itself is followed this many times. Real ones are known after two or three; what is
/// not known after so many counts as text.
const MOST_ROUNDS: usize = 16;

/// Each part of the tree is looked at once, so that the work is in proportion to the text. Only a common table
/// that reads itself is looked at again.
struct Lineage<'a> {
    floors: &'a Floors,
    /// The common tables so far.
    commons: Vec<(String, Rc<Table>)>,
    /// The first thing that is for level full.
    full: Option<Source>,
}

impl Lineage<'_> {
    fn query(&mut self, query: &Query, outer: Option<&Frame>) -> Table {
        for common in &query.commons {
            self.common(common);
        }
        self.body(&query.body, &Rows { order: &query.order, shown: false }, outer)
    }

    /// A common table may read itself: it is worked out again until nothing changes. Floors only rise and
    /// sources only grow.
    fn common(&mut self, common: &Common) {
        let name = common.name.as_str().to_owned();
        let named = |mut table: Table| {
            for (column, name) in table.columns.iter_mut().zip(&common.columns) {
                name.as_str().clone_into(&mut column.name);
            }
            table
        };
        let mut known = Rc::new(named(Table::begun(&first(&common.query.body).columns)));
        for _ in 0..MOST_ROUNDS {
            self.commons.push((name.clone(), Rc::clone(&known)));
            let table = named(self.query(&common.query, None));
            self.commons.pop();
            if *known == table {
                self.commons.push((name, known));
                return;
            }
            known = Rc::new(table);
        }
        let mut unknown = Rc::unwrap_or_clone(known);
        for column in &mut unknown.columns {
            column.flow = Flow::tangled(&name);
        }
        self.commons.push((name, Rc::new(unknown)));
    }

    /// What TOP takes depends on the order, which a SELECT therefore knows; that of a UNION orders the whole.
    fn body(&mut self, body: &Body, rows: &Rows, outer: Option<&Frame>) -> Table {
        match body {
            Body::Select(select) => self.select(select, rows, outer),
            Body::Union { left, all, right } => {
                let mut left = self.body(left, &Rows::UNORDERED, outer);
                let right = self.body(right, &Rows::UNORDERED, outer);
                let mut told = right.told;
                for (column, other) in left.columns.iter_mut().zip(right.columns) {
                    column.flow.add(other.flow);
                    if !all {
                        told.and(&column.flow.together());
                    }
                }
                for Order { value, down: _ } in rows.order {
                    if let Some(by) = left.named(value) {
                        told.and(&rows.told(by));
                    }
                }
                left.tell(&told);
                left
            }
        }
    }

    /// The tables that a SELECT reads.
    fn frame<'a>(&mut self, select: &Select, outer: Option<&'a Frame<'a>>) -> Frame<'a> {
        let mut frame = Frame::inside(outer);
        for relation in select.from.iter().flat_map(crate::tree::From::relations) {
            let name = relation.name().to_owned();
            match relation {
                Relation::Object { object, .. } => frame.object(name, object.full()),
                Relation::Common { name: common, .. } => {
                    let known = self.commons.iter().find(|(known, _)| common.is(known));
                    frame.table(name, known.map(|(_, table)| Rc::clone(table)).unwrap_or_default());
                }
                Relation::Derived { query, columns, .. } => {
                    let mut table = self.query(query, outer);
                    for (column, name) in table.columns.iter_mut().zip(columns) {
                        name.as_str().clone_into(&mut column.name);
                    }
                    frame.table(name, Rc::new(table));
                }
            }
        }
        frame
    }

    fn select(&mut self, select: &Select, rows: &Rows, outer: Option<&Frame>) -> Table {
        let frame = self.frame(select, outer);
        let mut told = frame.told();
        let mut first = 0;
        for from in &select.from {
            for (condition, seen) in from.conditions() {
                let seen = frame.part(first..first + seen);
                told.and(&self.condition(condition, &seen).told);
            }
            first += from.relations().count();
        }
        for condition in select.filter.iter().chain(&select.having) {
            told.and(&self.condition(condition, &frame).told);
        }
        for key in &select.group {
            let key = self.value(key, &frame);
            told.and(&key.told);
            told.and(&key.together());
        }
        let columns = select.columns.iter().map(|item| Named {
            name: item.name().map_or(String::new(), |name| name.as_str().to_owned()),
            flow: self.value(&item.value, &frame),
        });
        let mut table = Table { columns: columns.collect(), told: Told::default() };
        for column in &table.columns {
            told.and(&column.flow.told);
            if select.distinct {
                told.and(&column.flow.together());
            }
        }
        for Order { value, down: _ } in rows.order {
            // The name of a column of the result comes first.
            if let Some(by) = table.named(value) {
                told.and(&rows.told(by));
            } else {
                let by = self.value(value, &frame);
                told.and(&by.told);
                told.and(&by.ordered());
            }
        }
        table.tell(&told);
        table
    }
}
