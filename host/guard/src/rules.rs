//! What cannot be said of one node alone: views over the whole server are filtered, names are told apart,
//! each column of the result has one.

use crate::{
    allowed::Gives,
    refusal::Reason,
    tree::{
        Body, Call, Column, Comparison, Condition, Expr, How, Item, Object, ObjectName, Query, Relation,
        Select,
    },
};

/// Holds a statement to the rules, and lists what it reads and calls.
pub(crate) fn hold(statement: &Query) -> Result<Seen, Reason> {
    named(&statement.body)?;
    let mut seen = Seen::default();
    seen.query(statement)?;
    for list in [&mut seen.objects, &mut seen.functions] {
        list.sort();
        list.dedup();
    }
    Ok(seen)
}

/// Each column of the result has a name, and no two the same.
fn named(body: &Body) -> Result<(), Reason> {
    let mut names = Vec::new();
    for (index, item) in first(body).columns.iter().enumerate() {
        let name = item.name().ok_or(Reason::Unnamed(index + 1))?;
        if names.contains(&name) {
            return Err(Reason::TwiceNamed(name.as_str().to_owned()));
        }
        names.push(name);
    }
    Ok(())
}

/// The SELECT that names the columns of a union.
pub(crate) fn first(body: &Body) -> &Select {
    match body {
        Body::Select(select) => select,
        Body::Union { left, .. } => first(left),
    }
}

/// What a statement reads and calls.
#[derive(Default)]
pub(crate) struct Seen {
    pub objects: Vec<ObjectName>,
    /// Those of the objects that are functions of dbo.
    pub functions: Vec<ObjectName>,
}

impl Seen {
    fn query(&mut self, query: &Query) -> Result<(), Reason> {
        query.commons.iter().try_for_each(|common| self.query(&common.query))?;
        self.body(&query.body)?;
        // What a column of ORDER BY means is known only inside of the SELECT that it orders.
        let scope = if let Body::Select(select) = &query.body { relations(select) } else { Vec::new() };
        query.order.iter().try_for_each(|order| self.expr(&order.value, &scope))
    }

    fn body(&mut self, body: &Body) -> Result<(), Reason> {
        match body {
            Body::Select(select) => self.select(select),
            Body::Union { left, right, .. } => {
                self.body(left)?;
                self.body(right)
            }
        }
    }

    fn select(&mut self, select: &Select) -> Result<(), Reason> {
        let scope = relations(select);
        for (index, relation) in scope.iter().enumerate() {
            let name = relation.name();
            if scope.iter().skip(index + 1).any(|other| other.name().eq_ignore_ascii_case(name)) {
                return Err(Reason::TwiceTable(name.to_owned()));
            }
            match relation {
                Relation::Object { object, .. } => {
                    self.objects.push(object.full());
                    if is_server_wide(object) && !has_filter(select, relation, scope.len() == 1) {
                        return Err(Reason::Unfiltered(object.full().to_string()));
                    }
                }
                Relation::Derived { query, .. } => self.query(query)?,
                Relation::Common { .. } => {}
            }
        }
        let mut first = 0;
        for from in &select.from {
            for (on, seen) in from.conditions() {
                self.condition(on, scope.get(first..first + seen).unwrap_or_default())?;
            }
            first += from.relations().count();
        }
        select.columns.iter().try_for_each(|Item { value, .. }| self.expr(value, &scope))?;
        select.group.iter().try_for_each(|value| self.expr(value, &scope))?;
        select.filter.iter().chain(&select.having).try_for_each(|condition| self.condition(condition, &scope))
    }

    fn condition(&mut self, condition: &Condition, scope: &[&Relation]) -> Result<(), Reason> {
        condition.parts(&mut |part| match part {
            Part::Expr(expr) => self.expr(expr, scope),
            Part::Query(query) => self.query(query),
        })
    }

    fn expr(&mut self, expr: &Expr, scope: &[&Relation]) -> Result<(), Reason> {
        match expr {
            Expr::Call(call) => {
                if call.function.gives == Gives::Own {
                    self.objects.push(ObjectName { schema: "", name: call.function.name.to_owned() });
                }
                this_database(call, scope)?;
            }
            Expr::Dbo { name, .. } => {
                let function = ObjectName { schema: "dbo", name: name.as_str().to_owned() };
                self.functions.push(function.clone());
                self.objects.push(function);
            }
            _ => {}
        }
        expr.parts(&mut |part| match part {
            ExprPart::Expr(expr) => self.expr(expr, scope),
            ExprPart::Condition(condition) => self.condition(condition, scope),
            ExprPart::Query(query) => self.query(query),
        })
    }
}

fn relations(select: &Select) -> Vec<&Relation> {
    select.from.iter().flat_map(crate::tree::From::relations).collect()
}

const fn is_server_wide(object: &Object) -> bool {
    matches!(object, Object::System(system) if system.server_wide)
}

/// Whether `database_id = DB_ID()` holds for every row of this view that the SELECT gets: it stands in the
/// WHERE, or in the ON of an inner join, by itself or in an AND. An ON knows the tables before it, and takes a
/// name that none of them has for one of a query further out.
fn has_filter(select: &Select, relation: &Relation, alone: bool) -> bool {
    let ons = select.from.iter().flat_map(|from| {
        let before = from.relations().take_while(|other| !std::ptr::eq(*other, relation)).count();
        // The first join brings the second table.
        from.joins.iter().skip(before.saturating_sub(1)).filter_map(|join| match &join.how {
            How::Inner(on) => Some(on),
            _ => None,
        })
    });
    select.filter.iter().chain(ons).any(|condition| filters(condition, relation, alone))
}

fn filters(condition: &Condition, relation: &Relation, alone: bool) -> bool {
    match condition {
        Condition::And(all) => all.iter().any(|part| filters(part, relation, alone)),
        Condition::Compare { left, sign: Comparison::Equal, right } => {
            let of = |column: &Expr, id: &Expr| is_database(column, relation, alone) && is_this_database(id);
            of(left, right) || of(right, left)
        }
        _ => false,
    }
}

fn is_database(expr: &Expr, relation: &Relation, alone: bool) -> bool {
    matches!(expr, Expr::Column(Column { relation: of, name }) if name.is("database_id")
        && of.as_ref().map_or(alone, |of| of.is(relation.name())))
}

fn is_this_database(expr: &Expr) -> bool {
    matches!(expr, Expr::Call(call) if call.function.name == "DB_ID")
}

/// `OBJECT_NAME(id, database)` names objects of any database: only `DB_ID()` or the filtered column of a view
/// over the whole server may be the second argument.
fn this_database(call: &Call, scope: &[&Relation]) -> Result<(), Reason> {
    if call.function.name != "OBJECT_NAME" {
        return Ok(());
    }
    let Some(database) = call.arguments.list().get(1) else { return Ok(()) };
    let filtered = scope.iter().any(|relation| {
        matches!(relation, Relation::Object { object, .. } if is_server_wide(object))
            && is_database(database, relation, scope.len() == 1)
    });
    if filtered || is_this_database(database) {
        Ok(())
    } else {
        Err(Reason::Argument("OBJECT_NAME", "its second argument is DB_ID(), or it has none"))
    }
}

/// What a condition is made of.
pub(crate) enum Part<'a> {
    Expr(&'a Expr),
    Query(&'a Query),
}

/// What a value is made of.
pub(crate) enum ExprPart<'a> {
    Expr(&'a Expr),
    Condition(&'a Condition),
    Query(&'a Query),
}

impl Condition {
    /// Hands over each value and query in it, also those of the conditions in it.
    pub(crate) fn parts<'a, E>(&'a self, visit: &mut impl FnMut(Part<'a>) -> Result<(), E>) -> Result<(), E> {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().try_for_each(|part| part.parts(visit)),
            Self::Not(condition) => condition.parts(visit),
            Self::Compare { left, sign: _, right } => {
                visit(Part::Expr(left))?;
                visit(Part::Expr(right))
            }
            Self::IsNull { value, not: _ } => visit(Part::Expr(value)),
            Self::InList { value, list, not: _ } => {
                visit(Part::Expr(value))?;
                list.iter().try_for_each(|value| visit(Part::Expr(value)))
            }
            Self::InQuery { value, query, not: _ } => {
                visit(Part::Expr(value))?;
                visit(Part::Query(query))
            }
            Self::Like { value, pattern, escape: _, not: _ } => {
                visit(Part::Expr(value))?;
                visit(Part::Expr(pattern))
            }
            Self::Between { value, low, high, not: _ } => {
                [value, low, high].into_iter().try_for_each(|value| visit(Part::Expr(value)))
            }
            Self::Exists(query) => visit(Part::Query(query)),
        }
    }
}

impl Expr {
    /// Hands over what is directly in it.
    pub(crate) fn parts<'a, E>(
        &'a self,
        visit: &mut impl FnMut(ExprPart<'a>) -> Result<(), E>,
    ) -> Result<(), E> {
        match self {
            Self::Column(_) | Self::Number(_) | Self::Text { .. } | Self::Null => Ok(()),
            Self::Negative(value) | Self::Cast { value, .. } => visit(ExprPart::Expr(value)),
            Self::Arithmetic { left, sign: _, right } => {
                visit(ExprPart::Expr(left))?;
                visit(ExprPart::Expr(right))
            }
            Self::Call(call) => {
                let window = call.over.iter().flat_map(|over| {
                    over.partition.iter().chain(over.order.iter().map(|order| &order.value))
                });
                call.arguments.list().iter().chain(window).try_for_each(|value| visit(ExprPart::Expr(value)))
            }
            Self::Dbo { name: _, arguments } | Self::Date { arguments, .. } => {
                arguments.iter().try_for_each(|value| visit(ExprPart::Expr(value)))
            }
            Self::Case { arms, otherwise } => {
                for (condition, value) in arms {
                    visit(ExprPart::Condition(condition))?;
                    visit(ExprPart::Expr(value))?;
                }
                otherwise.iter().try_for_each(|value| visit(ExprPart::Expr(value)))
            }
            Self::Switch { operand, arms, otherwise } => {
                visit(ExprPart::Expr(operand))?;
                for (key, value) in arms {
                    visit(ExprPart::Expr(key))?;
                    visit(ExprPart::Expr(value))?;
                }
                otherwise.iter().try_for_each(|value| visit(ExprPart::Expr(value)))
            }
            Self::Query(query) => visit(ExprPart::Query(query)),
        }
    }
}
