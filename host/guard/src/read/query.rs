//! Queries: SELECT and what stands in it, apart from values and conditions.

use sqlparser::ast::{
    Cte, Distinct, GroupByExpr, Join as SqlJoin, JoinConstraint, JoinOperator, ObjectName as SqlName,
    OrderBy, OrderByExpr, OrderByKind, OrderByOptions, OrderBySort, Query as SqlQuery, Select as SqlSelect,
    SelectFlavor, SelectItem, SetExpr, SetOperator, SetQuantifier, TableAlias, TableAliasColumnDef,
    TableFactor, TableWithJoins, Top as SqlTop, TopQuantity, Value, With,
};

use super::{Read, Reader, empty, parts, place, refuse, without, word};
use crate::{
    allowed,
    refusal::{Reason, Refusal},
    tree::{Body, Common, Expr, From, How, Item, Join, Object, Order, Query, Relation, Select, Top, Word},
};

impl Reader {
    pub(super) fn query(&mut self, query: SqlQuery) -> Read<Query> {
        let SqlQuery {
            with,
            body,
            order_by,
            limit_clause,
            fetch,
            locks,
            for_clause,
            settings,
            format_clause,
            pipe_operators,
        } = query;
        without(limit_clause, "LIMIT or OFFSET")?;
        without(fetch, "FETCH")?;
        empty(&locks, "a lock")?;
        without(for_clause, "FOR XML or FOR JSON")?;
        without(settings, "SETTINGS")?;
        without(format_clause, "FORMAT")?;
        empty(&pipe_operators, "|>")?;
        if with.is_some() && self.depth > 0 {
            return Err(Refusal::of(Reason::Clause("WITH inside of a query")));
        }
        self.deeper(|reader| {
            let commons = with.map_or(Ok(Vec::new()), |with| reader.commons(with))?;
            let body = reader.body(*body)?;
            let order = order_by.map_or(Ok(Vec::new()), |order| reader.order_by(order))?;
            Ok(Query { commons, body, order })
        })
    }

    /// Common tables see those before them, and themselves.
    fn commons(&mut self, with: With) -> Read<Vec<Common>> {
        let With { with_token: _, recursive, cte_tables } = with;
        if recursive {
            return Err(Refusal::of(Reason::Clause("RECURSIVE")));
        }
        let mut commons: Vec<Common> = Vec::new();
        for table in cte_tables {
            let Cte { alias, query, from, materialized, closing_paren_token: _ } = table;
            without(from, "FROM before a common table")?;
            without(materialized, "MATERIALIZED")?;
            let at = alias.name.span.start;
            let (name, columns) = alias_of(alias)?;
            if self.commons.contains(&name) {
                return Err(Refusal::at(at, Reason::TwiceTable(name.as_str().to_owned())));
            }
            self.commons.push(name.clone());
            commons.push(Common { name, columns, query: self.query(*query)? });
        }
        Ok(commons)
    }

    fn body(&mut self, body: SetExpr) -> Read<Body> {
        match body {
            SetExpr::Select(select) => Ok(Body::Select(Box::new(self.select(*select)?))),
            SetExpr::SetOperation { left, op, set_quantifier, right } => {
                let all = match (op, set_quantifier) {
                    (SetOperator::Union, SetQuantifier::None) => false,
                    (SetOperator::Union, SetQuantifier::All) => true,
                    _ => {
                        return Err(Refusal::of(Reason::Clause(
                            "an operation on sets other than UNION [ALL]",
                        )));
                    }
                };
                self.deeper(|reader| {
                    let left = Box::new(reader.body(*left)?);
                    let right = Box::new(reader.body(*right)?);
                    Ok(Body::Union { left, all, right })
                })
            }
            SetExpr::Query(query) => {
                let Query { commons, body, order } = self.query(*query)?;
                empty(&commons, "WITH inside of a query")?;
                empty(&order, "ORDER BY inside of a UNION")?;
                Ok(body)
            }
            SetExpr::Values(_) => Err(Refusal::of(Reason::Clause("VALUES"))),
            SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => {
                Err(Refusal::of(Reason::Clause("a statement that writes")))
            }
            SetExpr::Table(_) => Err(Refusal::of(Reason::Clause("TABLE"))),
        }
    }

    fn select(&mut self, select: SqlSelect) -> Read<Select> {
        let SqlSelect {
            select_token: _,
            optimizer_hints,
            distinct,
            select_modifiers,
            top,
            top_before_distinct,
            projection,
            exclude,
            into,
            from,
            lateral_views,
            prewhere,
            selection,
            connect_by,
            group_by,
            cluster_by,
            distribute_by,
            sort_by,
            having,
            named_window,
            qualify,
            window_before_qualify: _,
            value_table_mode,
            flavor,
        } = select;
        empty(&optimizer_hints, "a hint")?;
        without(select_modifiers, "a modifier of SELECT")?;
        without(exclude, "EXCLUDE")?;
        without(into, "INTO")?;
        empty(&lateral_views, "LATERAL VIEW")?;
        without(prewhere, "PREWHERE")?;
        empty(&connect_by, "CONNECT BY")?;
        empty(&cluster_by, "CLUSTER BY")?;
        empty(&distribute_by, "DISTRIBUTE BY")?;
        empty(&sort_by, "SORT BY")?;
        empty(&named_window, "WINDOW")?;
        without(qualify, "QUALIFY")?;
        without(value_table_mode, "SELECT AS VALUE")?;
        if flavor != SelectFlavor::Standard {
            return Err(Refusal::of(Reason::Clause("FROM before SELECT")));
        }
        if top_before_distinct && distinct.is_some() {
            return Err(Refusal::of(Reason::Clause("TOP before DISTINCT")));
        }
        let distinct = match distinct {
            None | Some(Distinct::All) => false,
            Some(Distinct::Distinct) => true,
            Some(Distinct::On(_)) => return Err(Refusal::of(Reason::Clause("DISTINCT ON"))),
        };
        Ok(Select {
            distinct,
            top: top.map(top_of).transpose()?,
            columns: projection.into_iter().map(|item| self.item(item)).collect::<Read<_>>()?,
            from: from.into_iter().map(|from| self.from(from)).collect::<Read<_>>()?,
            filter: selection.map(|filter| self.condition(filter)).transpose()?,
            group: match group_by {
                GroupByExpr::Expressions(keys, modifiers) => {
                    empty(&modifiers, "ROLLUP or CUBE")?;
                    self.list(keys)?
                }
                GroupByExpr::All(_) => return Err(Refusal::of(Reason::Clause("GROUP BY ALL"))),
            },
            having: having.map(|having| self.condition(having)).transpose()?,
        })
    }

    fn item(&mut self, item: SelectItem) -> Read<Item> {
        match item {
            SelectItem::UnnamedExpr(expr) => Ok(Item { value: self.value(expr)?, alias: None }),
            SelectItem::ExprWithAlias { expr, alias } => {
                Ok(Item { value: self.value(expr)?, alias: Some(word(alias)?) })
            }
            SelectItem::ExprWithAliases { .. } => Err(Refusal::of(Reason::Clause("several aliases"))),
            SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..) => refuse(&item, Reason::Star),
        }
    }

    fn from(&mut self, from: TableWithJoins) -> Read<From> {
        let TableWithJoins { relation, joins } = from;
        Ok(From {
            relation: self.relation(relation)?,
            joins: joins.into_iter().map(|join| self.join(join)).collect::<Read<_>>()?,
        })
    }

    fn join(&mut self, join: SqlJoin) -> Read<Join> {
        let SqlJoin { relation, global, join_operator } = join;
        if global {
            return Err(Refusal::of(Reason::Clause("GLOBAL")));
        }
        let relation = self.relation(relation)?;
        let mut on = |constraint: JoinConstraint| match constraint {
            JoinConstraint::On(condition) => self.condition(condition),
            JoinConstraint::Using(_) => Err(Refusal::of(Reason::Clause("USING"))),
            JoinConstraint::Natural => Err(Refusal::of(Reason::Clause("NATURAL"))),
            JoinConstraint::None => Err(Refusal::of(Reason::Clause("a JOIN without ON"))),
        };
        let how = match join_operator {
            JoinOperator::Join(constraint) | JoinOperator::Inner(constraint) => How::Inner(on(constraint)?),
            JoinOperator::Left(constraint) | JoinOperator::LeftOuter(constraint) => {
                How::Left(on(constraint)?)
            }
            JoinOperator::Right(constraint) | JoinOperator::RightOuter(constraint) => {
                How::Right(on(constraint)?)
            }
            JoinOperator::FullOuter(constraint) => How::Full(on(constraint)?),
            JoinOperator::CrossJoin(JoinConstraint::None) => How::Cross,
            JoinOperator::CrossApply | JoinOperator::OuterApply => {
                return Err(Refusal::of(Reason::Clause("APPLY")));
            }
            _ => return Err(Refusal::of(Reason::Clause("a JOIN of this kind"))),
        };
        Ok(Join { how, relation })
    }

    fn relation(&mut self, factor: TableFactor) -> Read<Relation> {
        match factor {
            TableFactor::Table {
                name,
                alias,
                args,
                with_hints,
                version,
                with_ordinality,
                partitions,
                json_path,
                sample,
                index_hints,
            } => {
                without(args, "a function in the place of a table")?;
                empty(&with_hints, "a table hint")?;
                without(version, "FOR SYSTEM_TIME")?;
                without(with_ordinality.then_some(()), "WITH ORDINALITY")?;
                empty(&partitions, "PARTITION")?;
                without(json_path, "a path into JSON")?;
                without(sample, "TABLESAMPLE")?;
                empty(&index_hints, "an index hint")?;
                let alias = alias.map(|alias| {
                    let (name, columns) = alias_of(alias)?;
                    empty(&columns, "names of columns after a table")?;
                    Ok(name)
                });
                self.object(name, alias.transpose()?)
            }
            TableFactor::Derived { lateral, subquery, alias, sample } => {
                without(lateral.then_some(()), "LATERAL")?;
                without(sample, "TABLESAMPLE")?;
                let alias =
                    alias.ok_or_else(|| Refusal::of(Reason::Clause("a query without an alias in FROM")))?;
                let (alias, columns) = alias_of(alias)?;
                Ok(Relation::Derived { query: Box::new(self.query(*subquery)?), alias, columns })
            }
            TableFactor::NestedJoin { .. } => Err(Refusal::of(Reason::Clause("a JOIN in parentheses"))),
            TableFactor::Pivot { .. } | TableFactor::Unpivot { .. } | TableFactor::UnpivotExpr { .. } => {
                Err(Refusal::of(Reason::Clause("PIVOT")))
            }
            TableFactor::TableFunction { .. }
            | TableFactor::Function { .. }
            | TableFactor::UNNEST { .. }
            | TableFactor::JsonTable { .. }
            | TableFactor::OpenJsonTable { .. }
            | TableFactor::MatchRecognize { .. }
            | TableFactor::XmlTable { .. }
            | TableFactor::SemanticView { .. } => {
                Err(Refusal::of(Reason::Clause("a function in the place of a table")))
            }
        }
    }

    /// A table or view. Without a schema it is a common table, or of `dbo`: printed with its schema it is the
    /// same for every login.
    fn object(&self, name: SqlName, alias: Option<Word>) -> Read<Relation> {
        let at = place(&name);
        let shown = name.to_string();
        let mut parts = parts(name)?.into_iter();
        let (schema, name) = match (parts.next(), parts.next(), parts.next()) {
            (Some(name), None, None) => (None, word(name)?),
            (Some(schema), Some(name), None) => (Some(word(schema)?), word(name)?),
            _ => return Err(Refusal::at(at, Reason::Parts(shown))),
        };
        // By the name that it was given: a database that minds capitals would look for another table.
        let common = self.commons.iter().find(|common| **common == name);
        if let (None, Some(common)) = (&schema, common) {
            return Ok(Relation::Common { name: common.clone(), alias });
        }
        let object = match schema {
            Some(schema) if schema.is("sys") || schema.is("INFORMATION_SCHEMA") => {
                let system = allowed::system(schema.as_str(), name.as_str());
                Object::System(system.ok_or_else(|| Refusal::at(at, Reason::SystemObject(shown)))?)
            }
            Some(schema) if !schema.is("dbo") => {
                return Err(Refusal::at(at, Reason::Schema(schema.as_str().to_owned())));
            }
            _ if allowed::is_old_system(name.as_str()) => {
                return Err(Refusal::at(at, Reason::SystemObject(shown)));
            }
            _ => Object::Dbo(name),
        };
        Ok(Relation::Object { object, alias })
    }

    fn order_by(&mut self, order: OrderBy) -> Read<Vec<Order>> {
        let OrderBy { kind, interpolate } = order;
        without(interpolate, "INTERPOLATE")?;
        match kind {
            OrderByKind::Expressions(keys) => self.orders(keys),
            OrderByKind::All(_) => Err(Refusal::of(Reason::Clause("ORDER BY ALL"))),
        }
    }

    pub(super) fn orders(&mut self, keys: Vec<OrderByExpr>) -> Read<Vec<Order>> {
        keys.into_iter()
            .map(|key| {
                let OrderByExpr { expr, options: OrderByOptions { sort, nulls_first }, with_fill } = key;
                without(nulls_first, "NULLS FIRST or NULLS LAST")?;
                without(with_fill, "WITH FILL")?;
                let down = match sort {
                    None | Some(OrderBySort::Asc) => false,
                    Some(OrderBySort::Desc) => true,
                    Some(_) => return Err(Refusal::of(Reason::Clause("ORDER BY .. USING"))),
                };
                let value = self.value(expr)?;
                // T-SQL counts columns by it.
                if matches!(value, Expr::Number(_)) {
                    return Err(Refusal::of(Reason::Clause("a number in ORDER BY")));
                }
                Ok(Order { value, down })
            })
            .collect()
    }
}

fn top_of(top: SqlTop) -> Read<Top> {
    let SqlTop { with_ties, percent, quantity } = top;
    without(percent.then_some(()), "TOP .. PERCENT")?;
    let rows = match quantity {
        Some(TopQuantity::Constant(rows)) => Some(rows),
        Some(TopQuantity::Expr(sqlparser::ast::Expr::Value(value))) => match value.value {
            Value::Number(digits, false) => digits.parse().ok(),
            _ => None,
        },
        _ => None,
    };
    // A bigint in T-SQL.
    rows.filter(|rows| i64::try_from(*rows).is_ok())
        .map(|rows| Top { rows, ties: with_ties })
        .ok_or_else(|| Refusal::of(Reason::Clause("TOP without a whole number")))
}

fn alias_of(alias: TableAlias) -> Read<(Word, Vec<Word>)> {
    let TableAlias { explicit: _, name, columns, at } = alias;
    without(at, "AT")?;
    let columns = columns
        .into_iter()
        .map(|TableAliasColumnDef { name, data_type }| {
            without(data_type, "a type of an alias")?;
            word(name)
        })
        .collect::<Read<_>>()?;
    Ok((word(name)?, columns))
}

/// For `ORDER BY` and others that take values.
impl Reader {
    pub(super) fn list(&mut self, exprs: Vec<sqlparser::ast::Expr>) -> Read<Vec<Expr>> {
        exprs.into_iter().map(|expr| self.value(expr)).collect()
    }
}
