//! FROM: tables, derived tables, joins, and the scope that they make.

use sqlparser::ast::{
    Expr, Join, JoinConstraint, JoinOperator, ObjectName, TableAlias, TableFactor, TableWithJoins,
};

use super::{
    expression::{Site, unsupported},
    query::{Place, Translator, name_columns},
    scope::{Named, Scope, Source, quoted, same},
};
use crate::SqlError;

/// One table of FROM in SQLite's words, and how the condition joins it to those before.
struct Joined<'q> {
    keyword: &'static str,
    sql: String,
    on: Option<&'q Expr>,
}

impl Translator<'_> {
    pub(crate) fn from<'o>(
        &self,
        from: &[TableWithJoins],
        outer: Option<&'o Scope<'o>>,
        named: &Named<'_>,
    ) -> Result<(String, Scope<'o>), SqlError> {
        let mut scope = Scope { sources: Vec::new(), outer };
        let mut parts: Vec<Joined<'_>> = Vec::new();
        for TableWithJoins { relation, joins } in from {
            let (sql, source) = self.factor(relation, outer, named)?;
            add(&mut scope, source)?;
            parts.push(Joined { keyword: " CROSS JOIN ", sql, on: None });
            for Join { relation, join_operator, .. } in joins {
                let (sql, mut source) = self.factor(relation, outer, named)?;
                let (keyword, on) = joined(join_operator)?;
                // What an outer join adds may be missing, on one side, the other or both.
                if matches!(keyword, " LEFT JOIN " | " FULL JOIN ") {
                    source.columns.iter_mut().for_each(|column| column.nullable = true);
                }
                if matches!(keyword, " RIGHT JOIN " | " FULL JOIN ") {
                    let earlier = scope.sources.iter_mut().flat_map(|source| &mut source.columns);
                    earlier.for_each(|column| column.nullable = true);
                }
                add(&mut scope, source)?;
                parts.push(Joined { keyword, sql, on });
            }
        }
        let site = Site { scope: &scope, named, groups: None, clause: "ON clause", in_aggregate: false };
        let mut sql = String::new();
        for Joined { keyword, sql: table, on } in parts {
            if !sql.is_empty() {
                sql.push_str(keyword);
            }
            sql.push_str(&table);
            if let Some(on) = on {
                sql.push_str(&format!(" ON {}", self.condition(on, site)?));
            }
        }
        Ok((sql, scope))
    }

    fn factor(
        &self,
        factor: &TableFactor,
        outer: Option<&Scope<'_>>,
        named: &Named<'_>,
    ) -> Result<(String, Source), SqlError> {
        match factor {
            TableFactor::Table { name, alias, args: None, version: None, sample: None, .. } => {
                self.table(name, alias.as_ref(), named)
            }
            TableFactor::Derived { lateral: false, subquery, alias: Some(alias), sample: None } => {
                let selected = self.query(subquery, outer, named, Place::Table)?;
                let name = alias.name.value.clone();
                let columns = name_columns(&name, selected.columns, &alias.columns)?;
                let list: Vec<String> = columns
                    .iter()
                    .enumerate()
                    .map(|(at, column)| format!("c{at} AS {}", quoted(&column.name)))
                    .collect();
                let sql =
                    format!("(SELECT {} FROM ({})) AS {}", list.join(", "), selected.sql, quoted(&name));
                Ok((sql, Source { alias: name, columns }))
            }
            TableFactor::Derived { alias: None, .. } => Err(SqlError::syntax(")")),
            TableFactor::Table { name, args: Some(_), .. } => Err(unknown(name)),
            _ => Err(unsupported("this kind of table in FROM")),
        }
    }

    fn table(
        &self,
        name: &ObjectName,
        alias: Option<&TableAlias>,
        named: &Named<'_>,
    ) -> Result<(String, Source), SqlError> {
        let mut parts = Vec::new();
        for part in &name.0 {
            parts.push(part.as_ident().map(|ident| ident.value.as_str()).ok_or_else(|| unknown(name))?);
        }
        if alias.is_some_and(|alias| !alias.columns.is_empty()) {
            return Err(SqlError::syntax("("));
        }
        let alias = alias.map(|alias| alias.name.value.clone());
        if let [single] = parts.as_slice()
            && let Some(columns) = named.find(single)
        {
            let alias = alias.unwrap_or_else(|| (*single).to_owned());
            let sql = format!("{} AS {}", quoted(single), quoted(&alias));
            return Ok((sql, Source { alias, columns: columns.to_vec() }));
        }
        let spoken = match parts.as_slice() {
            [object] => (*object).to_owned(),
            [schema, object] => format!("{schema}.{object}"),
            [database, schema, object] if same(database, &self.world.database) => {
                format!("{schema}.{object}")
            }
            _ => return Err(unknown(name)),
        };
        let object = self.catalog.find(&spoken).ok_or_else(|| unknown(name))?;
        let own = object.name.rsplit_once('.').map_or(object.name.as_str(), |(_, last)| last);
        let alias = alias.unwrap_or_else(|| own.to_owned());
        let sql = format!("{} AS {}", quoted(&object.name), quoted(&alias));
        Ok((sql, Source { alias, columns: object.columns.clone() }))
    }
}

/// 208, the name as it was written but for its brackets.
fn unknown(name: &ObjectName) -> SqlError {
    let parts: Vec<String> = name
        .0
        .iter()
        .map(|part| part.as_ident().map_or_else(|| part.to_string(), |ident| ident.value.clone()))
        .collect();
    SqlError::missing_object(&parts.join("."))
}

fn add(scope: &mut Scope<'_>, source: Source) -> Result<(), SqlError> {
    if scope.sources.iter().any(|known| same(&known.alias, &source.alias)) {
        let name = source.alias;
        let text = format!(
            "The objects \"{name}\" and \"{name}\" in the FROM clause have the same exposed names. Use correlation names to distinguish them."
        );
        return Err(SqlError::new(1013, 1, 16, text));
    }
    scope.sources.push(source);
    Ok(())
}

fn joined(operator: &JoinOperator) -> Result<(&'static str, Option<&Expr>), SqlError> {
    let (keyword, constraint) = match operator {
        JoinOperator::Join(constraint) | JoinOperator::Inner(constraint) => (" JOIN ", constraint),
        JoinOperator::Left(constraint) | JoinOperator::LeftOuter(constraint) => (" LEFT JOIN ", constraint),
        JoinOperator::Right(constraint) | JoinOperator::RightOuter(constraint) => {
            (" RIGHT JOIN ", constraint)
        }
        JoinOperator::FullOuter(constraint) => (" FULL JOIN ", constraint),
        JoinOperator::CrossJoin(JoinConstraint::None) => return Ok((" CROSS JOIN ", None)),
        JoinOperator::CrossApply | JoinOperator::OuterApply => return Err(unsupported("APPLY")),
        _ => return Err(SqlError::syntax("JOIN")),
    };
    match constraint {
        JoinConstraint::On(on) => Ok((keyword, Some(on))),
        _ => Err(SqlError::syntax("JOIN")),
    }
}
