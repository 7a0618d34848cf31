//! SELECTs: FROM, WHERE, GROUP BY and the rest become one statement of SQLite.

use std::cell::Cell;

use sqlparser::ast::{
    Cte, Expr, LimitClause, OrderBy, OrderByExpr, OrderByKind, Query, Select, SetExpr, SetOperator,
    SetQuantifier, With,
};

use super::{
    catalog::{Catalog, Column},
    compare::COLLATION,
    convert::convert,
    expression::{Kind, Site, Typed, unsupported},
    scope::{Named, Scope, quoted, same},
    select::{ordinal, output_of},
    types::{self, is_text},
    world::World,
};
use crate::SqlError;

/// Turns the tree of one statement into SQLite's text.
pub(crate) struct Translator<'t> {
    pub(crate) catalog: &'t Catalog,
    pub(crate) world: &'t World,
    /// For names that nobody wrote.
    pub(crate) counter: Cell<u32>,
}

/// Where a query stands, for what is allowed there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// It is the statement.
    Top,
    /// A derived table or one of WITH: columns need names.
    Table,
    /// A value, or the list of IN.
    Scalar,
    /// Of EXISTS: its columns do not matter.
    Exists,
}

/// A query in SQLite's words.
#[derive(Debug)]
pub(crate) struct Selected {
    pub(crate) sql: String,
    pub(crate) columns: Vec<Column>,
    /// Which columns are a bare NULL, that has no type of its own in a UNION.
    pub(crate) bare: Vec<bool>,
}

impl Selected {
    /// The one column of a scalar subquery; error 116 where there are more.
    pub(crate) fn single(&self) -> Result<&Column, SqlError> {
        match self.columns.as_slice() {
            [column] => Ok(column),
            _ => {
                let text = "Only one expression can be specified in the select list when the subquery is not introduced with EXISTS.";
                Err(SqlError::new(116, 1, 16, text))
            }
        }
    }
}

/// The part that one SELECT plays in a table that refers to itself.
#[derive(Clone, Copy)]
pub(crate) enum Recursion<'r> {
    None,
    Anchor,
    /// With the name of the table.
    Step(&'r str),
}

/// Counts the steps of a recursion, for SQL Server ends it after a hundred.
pub(crate) const DEPTH: &str = "#depth";

/// ORDER BY, TOP, OFFSET and FETCH, which SQLite has at the end of a SELECT.
pub(crate) struct Tail<'q> {
    pub(crate) order_by: &'q [OrderByExpr],
    pub(crate) offset: Option<&'q Expr>,
    pub(crate) fetch: Option<&'q Expr>,
}

impl Translator<'_> {
    pub(crate) fn query(
        &self,
        query: &Query,
        outer: Option<&Scope<'_>>,
        named: &Named<'_>,
        place: Place,
    ) -> Result<Selected, SqlError> {
        refuse_what_is_not_sql_server(query)?;
        let tail = tail_of(query)?;
        if place != Place::Top && !tail.order_by.is_empty() && tail.offset.is_none() && !has_top(&query.body)
        {
            let text = "The ORDER BY clause is invalid in views, inline functions, derived tables, subqueries, and common table expressions, unless TOP, OFFSET or FOR XML is also specified.";
            return Err(SqlError::new(1033, 1, 15, text));
        }
        let Some(with) = &query.with else { return self.body(&query.body, &tail, outer, named, place) };
        if place != Place::Top {
            return Err(SqlError::syntax("WITH"));
        }
        let mut inner = Named { tables: Vec::new(), outer: Some(named) };
        let tables = self.with(with, &mut inner)?;
        let selected = self.body(&query.body, &tail, outer, &inner, place)?;
        Ok(Selected { sql: format!("WITH RECURSIVE {} {}", tables.join(", "), selected.sql), ..selected })
    }

    fn with(&self, with: &With, inner: &mut Named<'_>) -> Result<Vec<String>, SqlError> {
        let mut tables = Vec::new();
        for cte in &with.cte_tables {
            let name = &cte.alias.name.value;
            if inner.tables.iter().any(|(known, _)| same(known, name)) {
                let text = format!("Duplicate common table expression name '{name}' was specified.");
                return Err(SqlError::new(239, 1, 16, text));
            }
            let (sql, columns, has_depth) = self.table_of_with(cte, inner)?;
            let mut names: Vec<String> = columns.iter().map(|column| quoted(&column.name)).collect();
            if has_depth {
                names.push(quoted(DEPTH));
            }
            tables.push(format!("{}({}) AS ({sql})", quoted(name), names.join(", ")));
            inner.tables.push((name.clone(), columns));
        }
        Ok(tables)
    }

    fn table_of_with(&self, cte: &Cte, inner: &Named<'_>) -> Result<(String, Vec<Column>, bool), SqlError> {
        let name = &cte.alias.name.value;
        let renamed = |columns: Vec<Column>| name_columns(name, columns, &cte.alias.columns);
        let query = &cte.query;
        if let SetExpr::SetOperation {
            left,
            op: SetOperator::Union,
            set_quantifier: SetQuantifier::All,
            right,
        } = query.body.as_ref()
            && let (SetExpr::Select(anchor), SetExpr::Select(step)) = (left.as_ref(), right.as_ref())
            && let Some(own) = own_alias(step, name)
        {
            let tail = Tail { order_by: &[], offset: None, fetch: None };
            let anchor = self.select(anchor, &tail, None, inner, Recursion::Anchor)?;
            let columns = renamed(anchor.columns)?;
            let known = Named { tables: vec![(name.clone(), columns.clone())], outer: Some(inner) };
            let step = self.select(step, &tail, None, &known, Recursion::Step(&own))?;
            check_counts(columns.len(), step.columns.len())?;
            return Ok((format!("{} UNION ALL {}", anchor.sql, step.sql), columns, true));
        }
        let selected = self.query(query, None, inner, Place::Table)?;
        Ok((selected.sql, renamed(selected.columns)?, false))
    }

    fn body(
        &self,
        body: &SetExpr,
        tail: &Tail<'_>,
        outer: Option<&Scope<'_>>,
        named: &Named<'_>,
        place: Place,
    ) -> Result<Selected, SqlError> {
        match body {
            SetExpr::Select(select) => self.select(select, tail, outer, named, Recursion::None),
            SetExpr::Query(query) => {
                let inner = self.query(query, outer, named, place)?;
                self.over(inner, tail, outer, named)
            }
            SetExpr::SetOperation { left, op, set_quantifier, right } => {
                let united = self.united(left, *op, *set_quantifier, right, outer, named)?;
                self.over(united, tail, outer, named)
            }
            SetExpr::Values(_) => Err(SqlError::syntax("VALUES")),
            SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => {
                Err(self.world.read_only())
            }
            SetExpr::Table(_) => Err(SqlError::syntax("TABLE")),
        }
    }

    fn united(
        &self,
        left: &SetExpr,
        operator: SetOperator,
        quantifier: SetQuantifier,
        right: &SetExpr,
        outer: Option<&Scope<'_>>,
        named: &Named<'_>,
    ) -> Result<Selected, SqlError> {
        let none = Tail { order_by: &[], offset: None, fetch: None };
        let left = self.body(left, &none, outer, named, Place::Scalar)?;
        let right = self.body(right, &none, outer, named, Place::Scalar)?;
        check_counts(left.columns.len(), right.columns.len())?;
        let word = match (operator, quantifier) {
            (SetOperator::Union, SetQuantifier::All) => "UNION ALL",
            (SetOperator::Union, SetQuantifier::None) => "UNION",
            (SetOperator::Except, SetQuantifier::None) => "EXCEPT",
            (SetOperator::Intersect, SetQuantifier::None) => "INTERSECT",
            _ => return Err(SqlError::syntax(&format!("{operator} {quantifier}"))),
        };
        let columns: Vec<Column> = left
            .columns
            .iter()
            .zip(&right.columns)
            .zip(left.bare.iter().zip(&right.bare))
            .map(|((a, b), bare)| Column {
                name: a.name.clone(),
                sql_type: match bare {
                    (true, _) => b.sql_type,
                    (_, true) => a.sql_type,
                    _ => types::common(a.sql_type, b.sql_type),
                },
                nullable: a.nullable || b.nullable,
            })
            .collect();
        let bare = left.bare.iter().zip(&right.bare).map(|(a, b)| *a && *b).collect();
        let sql = format!("{} {word} {}", self.half(&left, &columns), self.half(&right, &columns));
        Ok(Selected { sql, columns, bare })
    }

    /// One side of a UNION, its columns converted to the common types, in a form that may stand there.
    fn half(&self, half: &Selected, columns: &[Column]) -> String {
        let alias = self.fresh();
        let list: Vec<String> = half
            .columns
            .iter()
            .zip(columns)
            .zip(&half.bare)
            .enumerate()
            .map(|(at, ((own, common), bare))| {
                let mut typed = Typed::new(format!("{alias}.c{at}"), own.sql_type, own.nullable);
                if *bare {
                    typed.kind = Kind::Null;
                }
                let converted = convert(&typed, common.sql_type, None, false);
                let collation =
                    if is_text(common.sql_type) { format!(" COLLATE {COLLATION}") } else { String::new() };
                format!("{converted}{collation} AS c{at}")
            })
            .collect();
        format!("SELECT {} FROM ({}) AS {alias}", list.join(", "), half.sql)
    }

    /// Puts ORDER BY and the like around a query whose columns are named `c0`, `c1` and so on.
    fn over(
        &self,
        inner: Selected,
        tail: &Tail<'_>,
        outer: Option<&Scope<'_>>,
        named: &Named<'_>,
    ) -> Result<Selected, SqlError> {
        if tail.order_by.is_empty() && tail.offset.is_none() {
            return Ok(inner);
        }
        let scope = Scope { sources: Vec::new(), outer };
        let site =
            Site { scope: &scope, named, groups: None, clause: "ORDER BY clause", in_aggregate: false };
        let mut orders = Vec::new();
        for order in tail.order_by {
            let at = output_of(&order.expr, &inner.columns)?.ok_or_else(|| {
                let text = "ORDER BY items must appear in the select list if the statement contains a UNION, INTERSECT or EXCEPT operator.";
                SqlError::new(104, 1, 16, text)
            })?;
            orders.push(ordinal(at, &inner.columns, order)?);
        }
        let order_by =
            if orders.is_empty() { String::new() } else { format!(" ORDER BY {}", orders.join(", ")) };
        let limit = self.limit(None, tail, site)?;
        Ok(Selected {
            sql: format!("SELECT * FROM ({}){order_by}{limit}", inner.sql),
            columns: inner.columns,
            bare: inner.bare,
        })
    }

    pub(crate) fn fresh(&self) -> String {
        self.counter.set(self.counter.get() + 1);
        format!("t{}", self.counter.get())
    }
}

/// Gives a derived table's columns the names of its alias list, and sees that each has one.
pub(crate) fn name_columns(
    table: &str,
    mut columns: Vec<Column>,
    names: &[sqlparser::ast::TableAliasColumnDef],
) -> Result<Vec<Column>, SqlError> {
    if !names.is_empty() {
        if names.len() != columns.len() {
            let (number, word) = if names.len() > columns.len() { (8159, "fewer") } else { (8158, "more") };
            let text = format!("'{table}' has {word} columns than were specified in the column list.");
            return Err(SqlError::new(number, 1, 16, text));
        }
        for (column, name) in columns.iter_mut().zip(names) {
            column.name.clone_from(&name.name.value);
        }
    }
    for (at, column) in columns.iter().enumerate() {
        if column.name.is_empty() {
            let text = format!("No column name was specified for column {} of '{table}'.", at + 1);
            return Err(SqlError::new(8155, 2, 16, text));
        }
        if columns.iter().take(at).any(|other| same(&other.name, &column.name)) {
            let text = format!("The column '{}' was specified multiple times for '{table}'.", column.name);
            return Err(SqlError::new(8156, 1, 16, text));
        }
    }
    Ok(columns)
}

fn tail_of(query: &Query) -> Result<Tail<'_>, SqlError> {
    let order_by = match &query.order_by {
        None => &[][..],
        Some(OrderBy { kind: OrderByKind::Expressions(list), interpolate: None }) => list,
        Some(_) => return Err(SqlError::syntax("ALL")),
    };
    let offset = match &query.limit_clause {
        None => None,
        Some(LimitClause::LimitOffset { limit: None, offset: Some(offset), limit_by })
            if limit_by.is_empty() =>
        {
            Some(&offset.value)
        }
        Some(_) => return Err(SqlError::syntax("LIMIT")),
    };
    let fetch = match &query.fetch {
        None => None,
        Some(fetch) if fetch.percent || fetch.with_ties || offset.is_none() => {
            return Err(SqlError::syntax("FETCH"));
        }
        Some(fetch) => fetch.quantity.as_ref(),
    };
    Ok(Tail { order_by, offset, fetch })
}

fn has_top(body: &SetExpr) -> bool {
    matches!(body, SetExpr::Select(select) if select.top.is_some())
}

fn check_counts(left: usize, right: usize) -> Result<(), SqlError> {
    if left == right {
        return Ok(());
    }
    let text = "All queries combined using a UNION, INTERSECT or EXCEPT operator must have an equal number of expressions in their target lists.";
    Err(SqlError::new(205, 1, 16, text))
}

/// The alias under which a SELECT reads a table, where it does.
fn own_alias(select: &Select, table: &str) -> Option<String> {
    use sqlparser::ast::TableFactor;
    let factors = select.from.iter().flat_map(|entry| {
        std::iter::once(&entry.relation).chain(entry.joins.iter().map(|join| &join.relation))
    });
    for factor in factors {
        if let TableFactor::Table { name, alias, .. } = factor
            && same(&name.to_string().replace(['[', ']'], ""), table)
        {
            let alias = alias.as_ref().map(|alias| alias.name.value.clone());
            return Some(alias.unwrap_or_else(|| table.to_owned()));
        }
    }
    None
}

fn refuse_what_is_not_sql_server(query: &Query) -> Result<(), SqlError> {
    let near = if !query.locks.is_empty() {
        "FOR"
    } else if query.for_clause.is_some() {
        return Err(unsupported("FOR XML and FOR JSON"));
    } else if query.settings.is_some() || query.format_clause.is_some() || !query.pipe_operators.is_empty() {
        "SETTINGS"
    } else {
        return Ok(());
    };
    Err(SqlError::syntax(near))
}
