//! SELECTs: FROM, WHERE, GROUP BY and the rest become one statement of SQLite.

use std::cell::Cell;

use sqlparser::ast::{
    Cte, Distinct, Expr, GroupByExpr, LimitClause, OrderBy, OrderByExpr, OrderByKind, Query, Select,
    SelectItem, SelectItemQualifiedWildcardKind, SetExpr, SetOperator, SetQuantifier, Top, TopQuantity, With,
};

use super::{
    catalog::{Catalog, Column},
    compare::COLLATION,
    expression::{Site, Typed, convert, unsupported},
    grouping,
    scope::{Named, Scope, quoted, same},
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
enum Recursion<'r> {
    None,
    Anchor,
    /// With the name of the table.
    Step(&'r str),
}

/// Counts the steps of a recursion, for SQL Server ends it after a hundred.
const DEPTH: &str = "#depth";

/// ORDER BY, TOP, OFFSET and FETCH, which SQLite has at the end of a SELECT.
struct Tail<'q> {
    order_by: &'q [OrderByExpr],
    offset: Option<&'q Expr>,
    fetch: Option<&'q Expr>,
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
            .map(|(a, b)| Column {
                name: a.name.clone(),
                sql_type: types::common(a.sql_type, b.sql_type),
                nullable: a.nullable || b.nullable,
            })
            .collect();
        let sql = format!("{} {word} {}", self.half(&left, &columns), self.half(&right, &columns));
        Ok(Selected { sql, columns })
    }

    /// One side of a UNION, its columns converted to the common types, in a form that may stand there.
    fn half(&self, half: &Selected, columns: &[Column]) -> String {
        let alias = self.fresh();
        let list: Vec<String> = half
            .columns
            .iter()
            .zip(columns)
            .enumerate()
            .map(|(at, (own, common))| {
                let typed = Typed::new(format!("{alias}.c{at}"), own.sql_type, own.nullable);
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
        })
    }

    fn select(
        &self,
        select: &Select,
        tail: &Tail<'_>,
        outer: Option<&Scope<'_>>,
        named: &Named<'_>,
        recursion: Recursion<'_>,
    ) -> Result<Selected, SqlError> {
        refuse_clauses(select)?;
        let (mut from, scope) = self.from(&select.from, outer, named)?;
        let plain = |clause| Site { scope: &scope, named, groups: None, clause, in_aggregate: false };

        let mut conditions = Vec::new();
        if let Some(selection) = &select.selection {
            grouping::refuse_aggregates(selection)?;
            conditions.push(self.condition(selection, plain("WHERE clause"))?);
        }
        let groups = self.groups(&select.group_by, plain("GROUP BY clause"))?;
        let is_grouped = !groups.is_empty()
            || select.having.is_some()
            || select.projection.iter().any(grouping::has_aggregate)
            || tail.order_by.iter().any(|order| grouping::expr_has_aggregate(&order.expr));
        let grouped = |clause| Site { groups: is_grouped.then_some(groups.as_slice()), ..plain(clause) };

        let (mut list, columns) = self.projection(&select.projection, grouped("select list"))?;
        match recursion {
            Recursion::None => {}
            Recursion::Anchor => list.push(format!("0 AS {}", quoted(DEPTH))),
            Recursion::Step(own) => {
                let depth = format!("{}.{}", quoted(own), quoted(DEPTH));
                list.push(format!("{depth} + 1"));
                conditions.push(format!("ts_depth({depth} + 1)"));
            }
        }
        let having = select.having.as_ref().map(|having| self.condition(having, grouped("HAVING clause")));
        let is_distinct = match &select.distinct {
            None | Some(Distinct::All) => false,
            Some(Distinct::Distinct) => true,
            Some(Distinct::On(_)) => return Err(SqlError::syntax("ON")),
        };

        if !from.is_empty() {
            from = format!(" FROM {from}");
        }
        let mut sql =
            format!("SELECT {}{}{from}", if is_distinct { "DISTINCT " } else { "" }, list.join(", "));
        if !conditions.is_empty() {
            sql.push_str(&format!(" WHERE {}", conditions.join(" AND ")));
        }
        if !groups.is_empty() {
            sql.push_str(&format!(
                " GROUP BY {}",
                self.group_list(&select.group_by, plain("GROUP BY clause"))?
            ));
        }
        if let Some(having) = having {
            sql.push_str(&format!(" HAVING {}", having?));
        }
        let mut orders = Vec::new();
        for order in tail.order_by {
            orders.push(self.order(order, (&list, &columns), is_distinct, grouped("ORDER BY clause"))?);
        }
        if !orders.is_empty() {
            sql.push_str(&format!(" ORDER BY {}", orders.join(", ")));
        }
        sql.push_str(&self.limit(select.top.as_ref(), tail, plain("TOP clause"))?);
        Ok(Selected { sql, columns })
    }

    /// The select list: SQLite's columns are `c0`, `c1` and so on, for T-SQL's may be without a name or twice.
    fn projection(
        &self,
        items: &[SelectItem],
        site: Site<'_>,
    ) -> Result<(Vec<String>, Vec<Column>), SqlError> {
        let (mut list, mut columns) = (Vec::new(), Vec::new());
        let mut put = |typed: &Typed, name: String| {
            list.push(output(typed, columns.len()));
            columns.push(Column { name, sql_type: typed.sql_type, nullable: typed.nullable });
        };
        for item in items {
            match item {
                SelectItem::UnnamedExpr(expr) => {
                    let name = match expr {
                        Expr::Identifier(name) if !name.value.starts_with('@') => name.value.clone(),
                        Expr::CompoundIdentifier(parts) => {
                            parts.last().map(|name| name.value.clone()).unwrap_or_default()
                        }
                        _ => String::new(),
                    };
                    let typed = self.value(expr, site)?;
                    // A column is called as it was declared, in whatever case it is asked for.
                    put(&typed, if name.is_empty() { name } else { declared(&typed, name) });
                }
                SelectItem::ExprWithAlias { expr, alias } => {
                    put(&self.value(expr, site)?, alias.value.clone());
                }
                SelectItem::Wildcard(_)
                | SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(_), _) => {
                    let wanted = match item {
                        SelectItem::QualifiedWildcard(
                            SelectItemQualifiedWildcardKind::ObjectName(name),
                            _,
                        ) => name.0.last().and_then(|part| part.as_ident()).map(|ident| ident.value.as_str()),
                        _ => None,
                    };
                    for source in &site.scope.sources {
                        if wanted.is_some_and(|wanted| !same(wanted, &source.alias)) {
                            continue;
                        }
                        for column in &source.columns {
                            let sql = format!("{}.{}", quoted(&source.alias), quoted(&column.name));
                            let typed = Typed::new(sql, column.sql_type, column.nullable);
                            put(&typed, column.name.clone());
                        }
                    }
                }
                other => return Err(SqlError::syntax(&other.to_string())),
            }
        }
        if columns.is_empty() {
            return Err(SqlError::syntax("FROM"));
        }
        Ok((list, columns))
    }

    fn groups(&self, group_by: &GroupByExpr, site: Site<'_>) -> Result<Vec<String>, SqlError> {
        let mut groups = Vec::new();
        for expr in group_expressions(group_by)? {
            let typed = self.value(expr, site)?;
            if !typed.sql.contains('"') {
                let text = "Each GROUP BY expression must contain at least one column that is not an outer reference.";
                return Err(SqlError::new(164, 1, 15, text));
            }
            groups.push(typed.sql);
        }
        Ok(groups)
    }

    fn group_list(&self, group_by: &GroupByExpr, site: Site<'_>) -> Result<String, SqlError> {
        let mut list = Vec::new();
        for expr in group_expressions(group_by)? {
            list.push(self.value(expr, site)?.collated());
        }
        Ok(list.join(", "))
    }

    fn order(
        &self,
        order: &OrderByExpr,
        (list, columns): (&[String], &[Column]),
        is_distinct: bool,
        site: Site<'_>,
    ) -> Result<String, SqlError> {
        if let Some(at) = output_of(&order.expr, columns)? {
            return ordinal(at, columns, order);
        }
        let typed = self.value(&order.expr, site)?;
        let selected = (0..columns.len()).find(|at| list.get(*at) == Some(&output(&typed, *at)));
        if let Some(at) = selected {
            return ordinal(at, columns, order);
        }
        if is_distinct {
            let text = "ORDER BY items must appear in the select list if SELECT DISTINCT is specified.";
            return Err(SqlError::new(145, 1, 15, text));
        }
        Ok(format!("{}{}", typed.collated(), direction(order)?))
    }

    /// PARTITION BY's and ORDER BY's of a window, where names are those of columns alone.
    pub(crate) fn order_in_window(&self, order: &OrderByExpr, site: Site<'_>) -> Result<String, SqlError> {
        Ok(format!("{}{}", self.value(&order.expr, site)?.collated(), direction(order)?))
    }

    fn limit(&self, top: Option<&Top>, tail: &Tail<'_>, site: Site<'_>) -> Result<String, SqlError> {
        if let Some(top) = top {
            if top.percent || top.with_ties {
                return Err(unsupported("TOP with PERCENT or TIES"));
            }
            if tail.offset.is_some() {
                let text = "A TOP can not be used in the same query or sub-query as a OFFSET.";
                return Err(SqlError::new(10_741, 1, 15, text));
            }
            let count = match &top.quantity {
                Some(TopQuantity::Constant(count)) => count.to_string(),
                Some(TopQuantity::Expr(expr)) => self.value(expr, site)?.sql,
                None => return Err(SqlError::syntax("TOP")),
            };
            return Ok(format!(" LIMIT {count}"));
        }
        let Some(offset) = tail.offset else { return Ok(String::new()) };
        if tail.order_by.is_empty() {
            return Err(SqlError::syntax("OFFSET"));
        }
        let offset = self.value(offset, site)?.sql;
        let count = tail.fetch.map(|fetch| self.value(fetch, site)).transpose()?;
        Ok(format!(" LIMIT {} OFFSET {offset}", count.map_or_else(|| "-1".to_owned(), |count| count.sql)))
    }

    pub(crate) fn fresh(&self) -> String {
        self.counter.set(self.counter.get() + 1);
        format!("t{}", self.counter.get())
    }
}

/// One column of a select list.
fn output(typed: &Typed, at: usize) -> String {
    format!("{} AS c{at}", typed.collated())
}

/// The declared name of a column expression, which is what stands behind the last point.
fn declared(typed: &Typed, written: String) -> String {
    let name = typed.sql.rsplit_once('.').map(|(_, name)| name.trim_matches('"').to_owned());
    name.filter(|name| same(name, &written)).unwrap_or(written)
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

fn group_expressions(group_by: &GroupByExpr) -> Result<&[Expr], SqlError> {
    match group_by {
        GroupByExpr::Expressions(exprs, modifiers) if modifiers.is_empty() => Ok(exprs),
        _ => Err(unsupported("this kind of GROUP BY")),
    }
}

/// The output column that an ORDER BY item names by its alias or its number.
fn output_of(expr: &Expr, columns: &[Column]) -> Result<Option<usize>, SqlError> {
    match expr {
        Expr::Identifier(name) => Ok(columns.iter().position(|column| same(&column.name, &name.value))),
        Expr::Value(value) => {
            let number: usize = value.to_string().parse().map_err(|_| {
                SqlError::new(
                    408,
                    1,
                    16,
                    "A constant expression was encountered in the ORDER BY list, position 1.",
                )
            })?;
            let at = number.checked_sub(1).filter(|at| *at < columns.len());
            at.map(Some).ok_or_else(|| {
                let text = format!(
                    "The ORDER BY position number {number} is out of range of the number of items in the select list."
                );
                SqlError::new(108, 1, 16, text)
            })
        }
        _ => Ok(None),
    }
}

fn ordinal(at: usize, columns: &[Column], order: &OrderByExpr) -> Result<String, SqlError> {
    let collation = match columns.get(at) {
        Some(column) if is_text(column.sql_type) => format!(" COLLATE {COLLATION}"),
        _ => String::new(),
    };
    Ok(format!("{}{collation}{}", at + 1, direction(order)?))
}

fn direction(order: &OrderByExpr) -> Result<&'static str, SqlError> {
    use sqlparser::ast::OrderBySort;
    if order.options.nulls_first.is_some() || order.with_fill.is_some() {
        return Err(SqlError::syntax("NULLS"));
    }
    match &order.options.sort {
        None | Some(OrderBySort::Asc) => Ok(""),
        Some(OrderBySort::Desc) => Ok(" DESC"),
        Some(_) => Err(SqlError::syntax("USING")),
    }
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

fn refuse_clauses(select: &Select) -> Result<(), SqlError> {
    if select.into.is_some() {
        return Err(unsupported("SELECT INTO"));
    }
    let foreign = select.prewhere.is_some()
        || select.qualify.is_some()
        || select.exclude.is_some()
        || select.select_modifiers.is_some()
        || select.value_table_mode.is_some()
        || !select.lateral_views.is_empty()
        || !select.connect_by.is_empty()
        || !select.cluster_by.is_empty()
        || !select.distribute_by.is_empty()
        || !select.sort_by.is_empty();
    if foreign { Err(SqlError::syntax("SELECT")) } else { Ok(()) }
}
