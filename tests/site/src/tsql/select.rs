//! One SELECT: its list, its groups and its order.

use sqlparser::ast::{
    Distinct, Expr, GroupByExpr, OrderByExpr, Select, SelectItem, SelectItemQualifiedWildcardKind, Top,
    TopQuantity,
};

use super::{
    catalog::Column,
    compare::COLLATION,
    expression::{Kind, Site, Typed, unsupported},
    grouping,
    query::{DEPTH, Recursion, Selected, Tail, Translator},
    scope::{Named, Scope, quoted, same},
    types::is_text,
};
use crate::SqlError;

/// A select list: SQLite's text of each column, the column, and whether it is a bare NULL.
type Listed = (Vec<String>, Vec<Column>, Vec<bool>);

impl Translator<'_> {
    pub(crate) fn select(
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

        let (mut list, columns, bare) = self.projection(&select.projection, grouped("select list"))?;
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
        Ok(Selected { sql, columns, bare })
    }

    /// The select list: SQLite's columns are `c0`, `c1` and so on, for T-SQL's may be without a name or twice.
    fn projection(&self, items: &[SelectItem], site: Site<'_>) -> Result<Listed, SqlError> {
        let (mut list, mut columns, mut bare) = Listed::default();
        let mut put = |typed: &Typed, name: String| {
            list.push(output(typed, columns.len()));
            bare.push(typed.kind == Kind::Null);
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
        Ok((list, columns, bare))
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

    pub(crate) fn limit(
        &self,
        top: Option<&Top>,
        tail: &Tail<'_>,
        site: Site<'_>,
    ) -> Result<String, SqlError> {
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

fn group_expressions(group_by: &GroupByExpr) -> Result<&[Expr], SqlError> {
    match group_by {
        GroupByExpr::Expressions(exprs, modifiers) if modifiers.is_empty() => Ok(exprs),
        _ => Err(unsupported("this kind of GROUP BY")),
    }
}

/// The output column that an ORDER BY item names by its alias or its number.
pub(crate) fn output_of(expr: &Expr, columns: &[Column]) -> Result<Option<usize>, SqlError> {
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

pub(crate) fn ordinal(at: usize, columns: &[Column], order: &OrderByExpr) -> Result<String, SqlError> {
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
