//! Functions: what each of T-SQL's is in SQLite, and the type of its result.

use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments, Value as Literal,
};

use super::{
    clock::Part,
    convert::{common_of, convert},
    expression::{Site, Typed, unsupported},
    grouping::is_aggregate,
    query::Translator,
    scope::literal,
    types::{Family, family, is_text},
    world::Fact,
};
use crate::{SqlError, SqlType};

/// The arguments of a call, none of them named.
pub(crate) fn plain_arguments(list: &FunctionArgumentList) -> Result<Vec<&Expr>, SqlError> {
    let mut plain = Vec::new();
    for argument in &list.args {
        match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => plain.push(expr),
            other => return Err(SqlError::syntax(&other.to_string())),
        }
    }
    Ok(plain)
}

impl Translator<'_> {
    pub(crate) fn call(&self, function: &Function, site: Site<'_>) -> Result<Typed, SqlError> {
        let name = function.name.to_string().replace(['[', ']'], "");
        let list = match &function.args {
            FunctionArguments::List(list) => list,
            FunctionArguments::None => {
                return self.scalar(&name, &[], site);
            }
            FunctionArguments::Subquery(_) => return Err(SqlError::syntax("SELECT")),
        };
        if function.filter.is_some() || function.null_treatment.is_some() || !list.clauses.is_empty() {
            return Err(SqlError::syntax(&name));
        }
        if function.over.is_some() {
            return self.windowed(&name, function, list, site);
        }
        if is_aggregate(&name) {
            if site.in_aggregate {
                let text = "Cannot perform an aggregate function on an expression containing an aggregate or a subquery.";
                return Err(SqlError::new(130, 1, 15, text));
            }
            let inner = Site { groups: None, in_aggregate: true, ..site };
            let mut typed = self.aggregate(&name, list, inner, "")?;
            if let [order] = function.within_group.as_slice() {
                let order = self.order_in_window(order, inner)?;
                typed.sql = typed
                    .sql
                    .strip_suffix(')')
                    .map_or(typed.sql.clone(), |open| format!("{open} ORDER BY {order})"));
            }
            return Ok(typed);
        }
        self.scalar(&name, &plain_arguments(list)?, site)
    }

    pub(crate) fn named_call(
        &self,
        name: &str,
        arguments: &[&Expr],
        site: Site<'_>,
    ) -> Result<Typed, SqlError> {
        self.scalar(name, arguments, site)
    }

    fn scalar(&self, name: &str, arguments: &[&Expr], site: Site<'_>) -> Result<Typed, SqlError> {
        let upper = name.to_ascii_uppercase();
        if let Some(bare) = upper.strip_prefix("DBO.") {
            return match self.world.functions.iter().find(|fact| fact.name.eq_ignore_ascii_case(bare)) {
                Some(fact) if arguments.is_empty() => Ok(known(fact)),
                Some(_) => {
                    let text = format!("Procedure or function {name} has too many arguments specified.");
                    Err(SqlError::new(8144, 2, 16, text))
                }
                None => {
                    let text = format!(
                        "Cannot find either column \"dbo\" or the user-defined function or aggregate \"{name}\", or the name is ambiguous."
                    );
                    Err(SqlError::new(4121, 1, 16, text))
                }
            };
        }
        match upper.as_str() {
            "IIF" => return self.iif(arguments, site),
            "DATEDIFF" | "DATEDIFF_BIG" | "DATEADD" | "DATEPART" | "DATENAME" => {
                return self.date_function(&upper, arguments, site);
            }
            "SERVERPROPERTY" => return self.server_property(arguments),
            _ => {}
        }
        let mut values = Vec::new();
        for argument in arguments {
            values.push(self.value(argument, site)?);
        }
        let result = match values.as_slice() {
            [] => self.without_arguments(&upper),
            [one] => self.of_one(&upper, one),
            several => self.of_several(&upper, several),
        };
        result.unwrap_or_else(|| Err(unrecognized(name)))
    }

    fn iif(&self, arguments: &[&Expr], site: Site<'_>) -> Result<Typed, SqlError> {
        let [condition, yes, no] = arguments else { return Err(arguments_of("iif", 3)) };
        let condition = self.condition(condition, site)?;
        let (yes, no) = (self.value(yes, site)?, self.value(no, site)?);
        let sql_type = common_of(&[&yes, &no]);
        let (a, b) = (convert(&yes, sql_type, None, false), convert(&no, sql_type, None, false));
        let sql = format!("CASE WHEN {condition} THEN {a} ELSE {b} END");
        Ok(Typed::new(sql, sql_type, yes.nullable || no.nullable))
    }

    fn date_function(&self, upper: &str, arguments: &[&Expr], site: Site<'_>) -> Result<Typed, SqlError> {
        let [part, rest @ ..] = arguments else { return Err(arguments_of(upper, 2)) };
        let Expr::Identifier(word) = part else {
            let text = format!("Invalid parameter 1 specified for {}.", upper.to_ascii_lowercase());
            return Err(SqlError::new(1023, 1, 15, text));
        };
        if Part::parse(&word.value).is_none() {
            let text = format!("'{}' is not a recognized {} option.", word.value, upper.to_ascii_lowercase());
            return Err(SqlError::new(155, 1, 15, text));
        }
        let part = literal(&word.value);
        let mut values = Vec::new();
        for argument in rest {
            values.push(self.value(argument, site)?);
        }
        let function = format!("ts_{}", upper.to_ascii_lowercase());
        match (upper, values.as_slice()) {
            ("DATEDIFF" | "DATEDIFF_BIG", [from, to]) => {
                let sql_type = if upper == "DATEDIFF" { SqlType::Int } else { SqlType::BigInt };
                let sql = format!("{function}({part}, {}, {})", as_moment(from), as_moment(to));
                Ok(Typed::new(sql, sql_type, true))
            }
            ("DATEADD", [count, to]) => {
                // Text is taken for a datetime, any date type stays what it is.
                let sql_type =
                    if family(to.sql_type) == Family::Time { to.sql_type } else { SqlType::DateTime };
                let count = convert(count, SqlType::Int, None, false);
                Ok(Typed::new(format!("{function}({part}, {count}, {})", as_moment(to)), sql_type, true))
            }
            ("DATEPART", [of]) => {
                Ok(Typed::new(format!("{function}({part}, {})", as_moment(of)), SqlType::Int, true))
            }
            ("DATENAME", [of]) => {
                Ok(Typed::new(format!("{function}({part}, {})", as_moment(of)), SqlType::NVarChar(30), true))
            }
            _ => {
                Err(arguments_of(upper, if upper.starts_with("DATED") || upper == "DATEADD" { 3 } else { 2 }))
            }
        }
    }

    fn server_property(&self, arguments: &[&Expr]) -> Result<Typed, SqlError> {
        let [Expr::Value(value)] = arguments else { return Err(arguments_of("serverproperty", 1)) };
        let (Literal::SingleQuotedString(name) | Literal::NationalStringLiteral(name)) = &value.value else {
            return Err(unsupported("SERVERPROPERTY of anything but a text"));
        };
        let fact = self.world.properties.iter().find(|fact| fact.name.eq_ignore_ascii_case(name));
        // NULL for a property that the server does not have.
        let sql = fact.map_or_else(|| "NULL".to_owned(), |fact| known(fact).sql);
        Ok(Typed::new(sql, SqlType::SqlVariant, true))
    }
}

fn known(fact: &Fact) -> Typed {
    let sql = match &fact.text {
        None => "NULL".to_owned(),
        Some(text) if is_text(fact.sql_type) => literal(text),
        Some(number) => number.clone(),
    };
    Typed::new(sql, fact.sql_type, true)
}

pub(crate) fn as_moment(typed: &Typed) -> String {
    if family(typed.sql_type) == Family::Time {
        typed.sql.clone()
    } else {
        convert(typed, SqlType::DateTime, None, false)
    }
}

/// 174: a call with another number of arguments.
pub(crate) fn arguments_of(name: &str, count: u8) -> SqlError {
    let text = format!("The {} function requires {count} argument(s).", name.to_ascii_lowercase());
    SqlError::new(174, 1, 15, text)
}

/// 195: no function of SQL Server, or none that is known here.
fn unrecognized(name: &str) -> SqlError {
    SqlError::new(195, 10, 15, format!("'{name}' is not a recognized built-in function name."))
}
