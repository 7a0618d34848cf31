//! Where aggregates stand: they make a SELECT a grouped one, and WHERE may not have them.

use sqlparser::ast::{Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, SelectItem};

use crate::SqlError;

const AGGREGATES: [&str; 7] = ["COUNT", "COUNT_BIG", "SUM", "AVG", "MIN", "MAX", "STRING_AGG"];

pub(crate) fn is_aggregate(name: &str) -> bool {
    AGGREGATES.iter().any(|known| known.eq_ignore_ascii_case(name))
}

pub(crate) fn has_aggregate(item: &SelectItem) -> bool {
    match item {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => expr_has_aggregate(expr),
        _ => false,
    }
}

/// Whether an aggregate stands in an expression, subqueries and windows left out.
pub(crate) fn expr_has_aggregate(expr: &Expr) -> bool {
    match expr {
        Expr::Function(function) => {
            (function.over.is_none() && is_aggregate(&function.name.to_string()))
                || arguments(function).any(expr_has_aggregate)
                || windowed(function).any(expr_has_aggregate)
        }
        Expr::Nested(inner)
        | Expr::UnaryOp { expr: inner, .. }
        | Expr::IsNull(inner)
        | Expr::IsNotNull(inner)
        | Expr::Cast { expr: inner, .. }
        | Expr::Convert { expr: inner, .. }
        | Expr::Floor { expr: inner, .. }
        | Expr::Ceil { expr: inner, .. }
        | Expr::Trim { expr: inner, .. }
        | Expr::Collate { expr: inner, .. }
        | Expr::InSubquery { expr: inner, .. } => expr_has_aggregate(inner),
        Expr::BinaryOp { left, right, .. }
        | Expr::IsDistinctFrom(left, right)
        | Expr::IsNotDistinctFrom(left, right)
        | Expr::Like { expr: left, pattern: right, .. } => {
            expr_has_aggregate(left) || expr_has_aggregate(right)
        }
        Expr::Between { expr, low, high, .. } => [expr, low, high].iter().any(|one| expr_has_aggregate(one)),
        Expr::InList { expr, list, .. } => expr_has_aggregate(expr) || list.iter().any(expr_has_aggregate),
        Expr::Substring { expr, substring_from, substring_for, .. } => {
            let parts = [Some(expr), substring_from.as_ref(), substring_for.as_ref()];
            parts.into_iter().flatten().any(|one| expr_has_aggregate(one))
        }
        Expr::Case { operand, conditions, else_result, .. } => {
            let ends = [operand, else_result].into_iter().flatten().map(AsRef::as_ref);
            let branches = conditions.iter().flat_map(|when| [&when.condition, &when.result]);
            ends.chain(branches).any(expr_has_aggregate)
        }
        _ => false,
    }
}

fn arguments(function: &Function) -> impl Iterator<Item = &Expr> {
    let list = match &function.args {
        FunctionArguments::List(list) => list.args.as_slice(),
        _ => &[],
    };
    list.iter().filter_map(|argument| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
        _ => None,
    })
}

fn windowed(function: &Function) -> impl Iterator<Item = &Expr> {
    let spec = match &function.over {
        Some(sqlparser::ast::WindowType::WindowSpec(spec)) => Some(spec),
        _ => None,
    };
    spec.into_iter()
        .flat_map(|spec| spec.partition_by.iter().chain(spec.order_by.iter().map(|order| &order.expr)))
}

/// Error 147 for an aggregate in WHERE.
pub(crate) fn refuse_aggregates(expr: &Expr) -> Result<(), SqlError> {
    if !expr_has_aggregate(expr) {
        return Ok(());
    }
    let text = "An aggregate may not appear in the WHERE clause unless it is in a subquery contained in a HAVING clause or a select list, and the column being aggregated is an outer reference.";
    Err(SqlError::new(147, 1, 15, text))
}
