//! Functions: what each of T-SQL's is in SQLite, and the type of its result.

use sqlparser::ast::{
    DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList,
    FunctionArguments, Value as Literal,
};

use super::{
    clock::Part,
    compare::COLLATION,
    expression::{Kind, Site, Typed, as_text, common_of, compared, convert, unsupported},
    grouping::is_aggregate,
    query::Translator,
    scope::literal,
    types::{self, Family, family, is_text},
    world::{DATABASE_ID, Fact},
};
use crate::{SqlError, SqlType};

/// The arguments of a call, none of them named.
fn plain_arguments(list: &FunctionArgumentList) -> Result<Vec<&Expr>, SqlError> {
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

    /// COUNT and the like; `over` is the window behind it, or nothing.
    pub(crate) fn aggregate(
        &self,
        name: &str,
        list: &FunctionArgumentList,
        site: Site<'_>,
        over: &str,
    ) -> Result<Typed, SqlError> {
        let upper = name.to_ascii_uppercase();
        let distinct = match list.duplicate_treatment {
            Some(DuplicateTreatment::Distinct) => "DISTINCT ",
            _ => "",
        };
        if matches!(upper.as_str(), "COUNT" | "COUNT_BIG") {
            let sql_type = if upper == "COUNT" { SqlType::Int } else { SqlType::BigInt };
            if let [
                FunctionArg::Unnamed(FunctionArgExpr::Wildcard | FunctionArgExpr::WildcardWithOptions(_)),
            ] = list.args.as_slice()
            {
                return Ok(Typed::new(format!("COUNT(*){over}"), sql_type, true));
            }
            let [argument] = plain_arguments(list)?[..] else { return Err(arguments_of(name, 1)) };
            let typed = self.value(argument, site)?;
            return Ok(Typed::new(format!("COUNT({distinct}{}){over}", typed.collated()), sql_type, true));
        }
        if upper == "STRING_AGG" {
            let [text, separator] = plain_arguments(list)?[..] else { return Err(arguments_of(name, 2)) };
            let (text, separator) = (self.value(text, site)?, self.value(separator, site)?);
            let sql = format!("group_concat({}, {}){over}", as_text(&text), separator.sql);
            return Ok(Typed::new(sql, types::text_of_width(text.sql_type, Some(4000)), true));
        }
        let [argument] = plain_arguments(list)?[..] else { return Err(arguments_of(name, 1)) };
        let typed = self.value(argument, site)?;
        let (sql, sql_type) = match upper.as_str() {
            "SUM" => (format!("SUM({distinct}{}){over}", typed.sql), types::total(name, typed.sql_type)?),
            "AVG" => {
                let sql_type = types::total(name, typed.sql_type)?;
                // The average of integers is one, cut off.
                let sql = if family(typed.sql_type) == Family::Whole {
                    format!("(SUM({distinct}{0}){over} / COUNT({distinct}{0}){over})", typed.sql)
                } else {
                    format!("AVG({distinct}{}){over}", typed.sql)
                };
                (sql, sql_type)
            }
            "MIN" | "MAX" if typed.sql_type == SqlType::Bit => {
                return Err(types::wrong_operand(name, SqlType::Bit));
            }
            _ => (format!("{upper}({}){over}", typed.collated()), typed.sql_type),
        };
        Ok(Typed::new(sql, sql_type, true))
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

    fn without_arguments(&self, upper: &str) -> Option<Result<Typed, SqlError>> {
        let now = self.world.now.to_string();
        Some(Ok(match upper {
            "GETDATE" | "GETUTCDATE" | "CURRENT_TIMESTAMP" => Typed::new(now, SqlType::DateTime, false),
            "SYSDATETIME" | "SYSUTCDATETIME" => Typed::new(now, SqlType::DateTime2(7), false),
            "DB_ID" => Typed::new(DATABASE_ID.to_string(), SqlType::SmallInt, true),
            "DB_NAME" => Typed::new(literal(&self.world.database), SqlType::NVarChar(128), true),
            "PI" => Typed::new(format!("{:?}", std::f64::consts::PI), SqlType::Float, false),
            "SCHEMA_NAME" => Typed::new("'dbo'", SqlType::NVarChar(128), true),
            "CONCAT" | "CONCAT_WS" => return Some(Err(arguments_of(upper, 2))),
            _ => return None,
        }))
    }

    fn of_one(&self, upper: &str, one: &Typed) -> Option<Result<Typed, SqlError>> {
        let text = |sql: String| Typed::new(sql, text_type(one), one.nullable);
        Some(Ok(match upper {
            "LEN" => Typed::new(format!("ts_len({})", as_text(one)), SqlType::Int, one.nullable),
            "DATALENGTH" => Typed::new(size_of(one), SqlType::Int, one.nullable),
            "UPPER" | "LOWER" | "REVERSE" => {
                text(format!("ts_{}({})", upper.to_ascii_lowercase(), as_text(one)))
            }
            "LTRIM" | "RTRIM" | "TRIM" => text(format!("{}({})", upper.to_ascii_lowercase(), as_text(one))),
            "QUOTENAME" => {
                Typed::new(format!("ts_quotename({})", as_text(one)), SqlType::NVarChar(258), true)
            }
            "ASCII" | "UNICODE" => Typed::new(format!("ts_unicode({})", as_text(one)), SqlType::Int, true),
            "CHAR" => Typed::new(format!("ts_char({})", one.sql), SqlType::Char(1), true),
            "NCHAR" => Typed::new(format!("ts_char({})", one.sql), SqlType::NChar(1), true),
            "SPACE" => Typed::new(format!("ts_replicate(' ', {})", one.sql), SqlType::VarChar(8000), true),
            "ISNUMERIC" => Typed::new(format!("ts_isnumeric({})", one.sql), SqlType::Int, false),
            "ABS" | "FLOOR" | "CEILING" | "SIGN" => {
                if !is_number(one) {
                    return Some(Err(types::wrong_operand(upper, one.sql_type)));
                }
                let function = if upper == "ABS" {
                    "abs".to_owned()
                } else {
                    format!("ts_{}", upper.to_ascii_lowercase())
                };
                let sql_type = match (upper, one.sql_type) {
                    ("FLOOR" | "CEILING", SqlType::Decimal { precision, .. }) => {
                        SqlType::Decimal { precision, scale: 0 }
                    }
                    (_, SqlType::Bit | SqlType::TinyInt | SqlType::SmallInt) => SqlType::Int,
                    (_, sql_type) => sql_type,
                };
                Typed::new(format!("{function}({})", one.sql), sql_type, one.nullable)
            }
            "SQRT" | "SQUARE" | "EXP" | "LOG" | "LOG10" => {
                Typed::new(format!("ts_{}({})", upper.to_ascii_lowercase(), one.sql), SqlType::Float, true)
            }
            "YEAR" | "MONTH" | "DAY" => {
                let part = literal(&upper.to_ascii_lowercase());
                Typed::new(format!("ts_datepart({part}, {})", as_moment(one)), SqlType::Int, one.nullable)
            }
            "EOMONTH" => Typed::new(format!("ts_eomonth({}, 0)", as_moment(one)), SqlType::Date, true),
            "DB_ID" => {
                let sql = format!(
                    "CASE WHEN {} = {} COLLATE {COLLATION} THEN {DATABASE_ID} END",
                    one.sql,
                    literal(&self.world.database)
                );
                Typed::new(sql, SqlType::SmallInt, true)
            }
            "DB_NAME" => {
                let sql = format!(
                    "CASE WHEN {} = {DATABASE_ID} THEN {} END",
                    one.sql,
                    literal(&self.world.database)
                );
                Typed::new(sql, SqlType::NVarChar(128), true)
            }
            "OBJECT_NAME" => object_name(one),
            "OBJECT_ID" => {
                let sql = format!(
                    "(SELECT o.object_id FROM \"sys.objects\" AS o WHERE o.name = replace({}, 'dbo.', '') COLLATE {COLLATION})",
                    one.sql
                );
                Typed::new(sql, SqlType::Int, true)
            }
            "SCHEMA_NAME" => Typed::new("'dbo'", SqlType::NVarChar(128), true),
            _ => return None,
        }))
    }

    fn of_several(&self, upper: &str, values: &[Typed]) -> Option<Result<Typed, SqlError>> {
        let any_null = values.iter().any(|value| value.nullable);
        let list = |values: &[Typed]| values.iter().map(as_text).collect::<Vec<_>>().join(", ");
        let refs: Vec<&Typed> = values.iter().collect();
        Some(Ok(match (upper, values) {
            ("ISNULL", [one, other]) => {
                // Unlike COALESCE the result is of the first one's type.
                let sql_type = if one.kind == Kind::Null { other.sql_type } else { one.sql_type };
                let other_sql = convert(other, sql_type, None, false);
                Typed::new(
                    format!("ifnull({}, {other_sql})", one.sql),
                    sql_type,
                    one.nullable && other.nullable,
                )
            }
            ("NULLIF", [one, other]) => {
                let sql = format!("CASE WHEN {} THEN NULL ELSE {} END", compared("=", one, other), one.sql);
                Typed::new(sql, one.sql_type, true)
            }
            ("COALESCE", _) => {
                let sql_type = common_of(&refs);
                let converted: Vec<String> =
                    values.iter().map(|value| convert(value, sql_type, None, false)).collect();
                let nullable = values.iter().all(|value| value.nullable);
                Typed::new(format!("coalesce({})", converted.join(", ")), sql_type, nullable)
            }
            ("CHOOSE", [index, choices @ ..]) => {
                let choices_refs: Vec<&Typed> = choices.iter().collect();
                let sql_type = common_of(&choices_refs);
                let mut sql = format!("CASE {}", index.sql);
                for (at, choice) in choices.iter().enumerate() {
                    sql.push_str(&format!(
                        " WHEN {} THEN {}",
                        at + 1,
                        convert(choice, sql_type, None, false)
                    ));
                }
                Typed::new(sql + " END", sql_type, true)
            }
            ("LEFT" | "RIGHT", [text, count]) => {
                let sql = format!("ts_{}({}, {})", upper.to_ascii_lowercase(), as_text(text), count.sql);
                let width = count.sql.parse::<u32>().ok().or(types::width(text.sql_type));
                Typed::new(sql, types::text_of_width(text_type(text), width), any_null)
            }
            ("SUBSTRING", [text, start, count]) => {
                let sql = format!("ts_substring({}, {}, {})", as_text(text), start.sql, count.sql);
                let width = count.sql.parse::<u32>().ok().or(types::width(text.sql_type));
                Typed::new(sql, types::text_of_width(text_type(text), width), any_null)
            }
            ("REPLACE", [_, _, _]) => {
                Typed::new(format!("ts_replace({})", list(values)), widest(values, 4000), any_null)
            }
            ("STUFF", [text, start, count, new]) => {
                let sql =
                    format!("ts_stuff({}, {}, {}, {})", as_text(text), start.sql, count.sql, as_text(new));
                Typed::new(sql, widest(values, 4000), true)
            }
            ("CHARINDEX", [needle, text]) => {
                let sql = format!("ts_charindex({}, {}, 1)", as_text(needle), as_text(text));
                Typed::new(sql, SqlType::Int, any_null)
            }
            ("CHARINDEX", [needle, text, from]) => {
                let sql = format!("ts_charindex({}, {}, {})", as_text(needle), as_text(text), from.sql);
                Typed::new(sql, SqlType::Int, any_null)
            }
            ("PATINDEX", [_, _]) => {
                Typed::new(format!("ts_patindex({})", list(values)), SqlType::Int, any_null)
            }
            ("CONCAT", _) => Typed::new(format!("ts_concat({})", list(values)), together(values), false),
            ("CONCAT_WS", _) => {
                Typed::new(format!("ts_concat_ws({})", list(values)), together(values), false)
            }
            ("REPLICATE", [text, count]) => {
                let sql = format!("ts_replicate({}, {})", as_text(text), count.sql);
                Typed::new(sql, widest(std::slice::from_ref(text), 4000), true)
            }
            ("ROUND", [number, digits]) => rounded(number, &digits.sql, "0"),
            ("ROUND", [number, digits, cut]) => rounded(number, &digits.sql, &cut.sql),
            ("POWER", [base, exponent]) => {
                Typed::new(format!("ts_power({}, {})", base.sql, exponent.sql), base.sql_type, any_null)
            }
            ("EOMONTH", [of, months]) => {
                Typed::new(format!("ts_eomonth({}, {})", as_moment(of), months.sql), SqlType::Date, true)
            }
            ("DATEFROMPARTS", [year, month, day]) => {
                let sql = format!("ts_datefromparts({}, {}, {})", year.sql, month.sql, day.sql);
                Typed::new(sql, SqlType::Date, any_null)
            }
            ("OBJECT_NAME", [object, database]) => {
                let mut typed = object_name(object);
                typed.sql = format!("CASE WHEN {} = {DATABASE_ID} THEN {} END", database.sql, typed.sql);
                typed
            }
            ("ISNULL" | "NULLIF", _) => return Some(Err(arguments_of(upper, 2))),
            _ => return None,
        }))
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

fn object_name(object: &Typed) -> Typed {
    let sql = format!("(SELECT o.name FROM \"sys.objects\" AS o WHERE o.object_id = {})", object.sql);
    Typed::new(sql, SqlType::NVarChar(128), true)
}

fn is_number(typed: &Typed) -> bool {
    matches!(family(typed.sql_type), Family::Bit | Family::Whole | Family::Decimal | Family::Float)
}

fn as_moment(typed: &Typed) -> String {
    if family(typed.sql_type) == Family::Time {
        typed.sql.clone()
    } else {
        convert(typed, SqlType::DateTime, None, false)
    }
}

fn text_type(typed: &Typed) -> SqlType {
    if is_text(typed.sql_type) { typed.sql_type } else { SqlType::VarChar(8000) }
}

fn widest(values: &[Typed], width: u32) -> SqlType {
    let national = values
        .iter()
        .any(|value| matches!(value.sql_type, SqlType::NVarChar(_) | SqlType::NChar(_) | SqlType::NText));
    if national {
        types::text_of_width(SqlType::NVarChar(1), Some(width.min(4000)))
    } else {
        types::text_of_width(SqlType::VarChar(1), Some(width.saturating_mul(2)))
    }
}

/// CONCAT's type: as wide as all of it together.
fn together(values: &[Typed]) -> SqlType {
    let width: Option<u32> = values.iter().map(|value| types::width(value.sql_type)).sum();
    match widest(values, 4000) {
        national @ SqlType::NVarChar(_) => types::text_of_width(national, width),
        plain => types::text_of_width(plain, width),
    }
}

/// Bytes of a value as SQL Server keeps it.
fn size_of(typed: &Typed) -> String {
    let fixed = match typed.sql_type {
        SqlType::Bit | SqlType::TinyInt => 1,
        SqlType::SmallInt => 2,
        SqlType::Int | SqlType::Real | SqlType::SmallDateTime => 4,
        SqlType::Date => 3,
        SqlType::UniqueIdentifier => 16,
        SqlType::VarChar(_) | SqlType::Char(_) | SqlType::Text => return format!("ts_units({})", typed.sql),
        SqlType::VarBinary(_) | SqlType::Binary(_) | SqlType::Image => {
            return format!("length({})", typed.sql);
        }
        of if is_text(of) => return format!("(2 * ts_units({}))", typed.sql),
        _ => 8,
    };
    format!("CASE WHEN {} IS NOT NULL THEN {fixed} END", typed.sql)
}

fn rounded(number: &Typed, digits: &str, cut: &str) -> Typed {
    let sql = format!("ts_round({}, {digits}, {cut})", number.sql);
    Typed::new(sql, number.sql_type, number.nullable)
}

/// 174: a call with another number of arguments.
fn arguments_of(name: &str, count: u8) -> SqlError {
    let text = format!("The {} function requires {count} argument(s).", name.to_ascii_lowercase());
    SqlError::new(174, 1, 15, text)
}

/// 195: no function of SQL Server, or none that is known here.
fn unrecognized(name: &str) -> SqlError {
    SqlError::new(195, 10, 15, format!("'{name}' is not a recognized built-in function name."))
}
