//! Which names a place in a statement can see.

use sqlparser::ast::Ident;

use super::catalog::Column;
use crate::SqlError;

/// One entry of a FROM clause.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// The name under which the statement speaks of it: its alias, or its own last name.
    pub(crate) alias: String,
    pub(crate) columns: Vec<Column>,
}

/// The sources of one SELECT, and those of the SELECTs around it.
#[derive(Debug, Default)]
pub(crate) struct Scope<'s> {
    pub(crate) sources: Vec<Source>,
    pub(crate) outer: Option<&'s Scope<'s>>,
}

/// A column that a name stands for.
pub(crate) struct Found<'s> {
    pub(crate) alias: &'s str,
    pub(crate) column: &'s Column,
    /// It belongs to a SELECT around this one.
    pub(crate) is_outer: bool,
}

pub(crate) fn same(left: &str, right: &str) -> bool {
    left == right || left.to_lowercase() == right.to_lowercase()
}

impl<'s> Scope<'s> {
    /// What `name` or `alias.name` stands for, the nearest SELECT first.
    pub(crate) fn find(&'s self, parts: &[Ident]) -> Result<Found<'s>, SqlError> {
        let (qualifier, name) = match parts {
            [name] => (None, name.value.as_str()),
            [.., qualifier, name] => (Some(qualifier.value.as_str()), name.value.as_str()),
            [] => return Err(SqlError::syntax("")),
        };
        let mut level = Some(self);
        let mut is_outer = false;
        let mut knows_qualifier = false;
        while let Some(scope) = level {
            let mut found: Option<Found<'s>> = None;
            for source in &scope.sources {
                if qualifier.is_some_and(|qualifier| !same(qualifier, &source.alias)) {
                    continue;
                }
                knows_qualifier |= qualifier.is_some();
                let Some(column) = source.columns.iter().find(|column| same(&column.name, name)) else {
                    continue;
                };
                if found.is_some() {
                    return Err(SqlError::new(209, 1, 16, format!("Ambiguous column name '{name}'.")));
                }
                found = Some(Found { alias: &source.alias, column, is_outer });
            }
            if let Some(found) = found {
                return Ok(found);
            }
            level = scope.outer;
            is_outer = true;
        }
        if qualifier.is_some() && !knows_qualifier {
            let whole = parts.iter().map(|part| part.value.as_str()).collect::<Vec<_>>().join(".");
            let text = format!("The multi-part identifier \"{whole}\" could not be bound.");
            return Err(SqlError::new(4104, 1, 16, text));
        }
        Err(SqlError::missing_column(name))
    }
}

/// The tables that WITH names, from the innermost WITH outwards.
#[derive(Debug, Default)]
pub(crate) struct Named<'n> {
    pub(crate) tables: Vec<(String, Vec<Column>)>,
    pub(crate) outer: Option<&'n Named<'n>>,
}

impl Named<'_> {
    pub(crate) fn find(&self, name: &str) -> Option<&[Column]> {
        let own = self.tables.iter().rev().find(|(known, _)| same(known, name));
        match own {
            Some((_, columns)) => Some(columns),
            None => self.outer?.find(name),
        }
    }
}

/// A name as SQLite takes it.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text as SQLite takes it. A NUL would end the statement there.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''").replace('\0', ""))
}
