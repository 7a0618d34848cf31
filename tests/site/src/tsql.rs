//! T-SQL over SQLite: a statement is parsed, bound to the catalogue, given types and written in SQLite's words.
//!
//! What SQL Server would refuse is refused here with the same number and words; what this cannot do says so
//! with error 50000. Nothing in here knows what the views hold.
//!
//! Known: SELECT with TOP, joins, derived tables, WITH (also of itself), UNION, EXCEPT, INTERSECT, GROUP BY,
//! HAVING, windows, OFFSET and FETCH, subqueries; the usual functions on numbers, text and dates.
//! Not known: APPLY, PIVOT, GROUPING SETS, TOP with PERCENT or TIES, FOR XML and FOR JSON, SELECT INTO,
//! `datetimeoffset`, STDEV and VAR, PERCENTILE_CONT, ANY and ALL, variables, procedures, more than one statement.
//! Otherwise than in SQL Server: decimals are doubles, exact for fifteen digits; punctuation sorts by code point;
//! GUIDs sort as text.

mod aggregate;
mod arithmetic;
mod call;
mod cast;
mod catalog;
mod clock;
mod compare;
mod condition;
mod constant;
mod convert;
mod expression;
mod from;
mod functions;
mod grouping;
mod query;
mod raised;
mod scalar;
mod scope;
mod select;
mod types;
mod window;
mod world;

use std::cell::Cell;

use sqlparser::{
    ast::Statement,
    dialect::MsSqlDialect,
    parser::{Parser, ParserError},
};

use crate::SqlError;

pub(crate) use cast::overflow;
pub(crate) use catalog::{Catalog, Column, Object};
pub(crate) use clock::{DAY, HOUR, MINUTE, days_of, moment_of};
pub(crate) use compare::COLLATION;
pub(crate) use query::Selected;
pub(crate) use raised::told;
pub(crate) use scalar::register;
pub(crate) use types::{Family, family, name as type_name, parse as parse_type, width};
pub(crate) use world::{DATABASE_ID, Fact, World};

/// What one SELECT is in SQLite's words, and the columns that SQL Server would announce for it.
pub(crate) fn translate(sql: &str, catalog: &Catalog, world: &World) -> Result<Selected, SqlError> {
    let mut statements = Parser::parse_sql(&MsSqlDialect {}, sql).map_err(|error| syntax(&error))?;
    let (Some(statement), None) = (statements.pop(), statements.pop()) else {
        return Err(SqlError::syntax(";"));
    };
    match statement {
        Statement::Query(query) => {
            let translator = query::Translator { catalog, world, counter: Cell::new(0) };
            translator.query(&query, None, &scope::Named::default(), query::Place::Top)
        }
        Statement::Insert(_)
        | Statement::Update { .. }
        | Statement::Delete(_)
        | Statement::Merge { .. }
        | Statement::Truncate { .. }
        | Statement::Drop { .. }
        | Statement::CreateTable(_)
        | Statement::CreateView { .. }
        | Statement::AlterTable { .. } => Err(world.read_only()),
        other => Err(expression::unsupported(&format!(
            "the statement {}",
            other.to_string().split_whitespace().next().unwrap_or_default()
        ))),
    }
}

/// 102, near the word that the parser stumbled over.
fn syntax(error: &ParserError) -> SqlError {
    let text = match error {
        ParserError::TokenizerError(text) | ParserError::ParserError(text) => text.as_str(),
        ParserError::RecursionLimitExceeded => {
            let text = "Some part of your SQL statement is nested too deeply. Rewrite the query or break it up into smaller queries.";
            return SqlError::new(191, 1, 15, text);
        }
    };
    let near = text.rsplit_once("found: ").map_or(text, |(_, found)| found);
    let near = near.split(" at Line").next().unwrap_or(near);
    SqlError::syntax(if near == "EOF" { "" } else { near })
}
