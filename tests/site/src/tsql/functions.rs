//! The functions that take values alone, by their number of arguments.

use super::{
    call::{arguments_of, as_moment},
    compare::COLLATION,
    condition::compared,
    convert::{as_text, common_of, convert},
    expression::{Kind, Typed},
    query::Translator,
    scope::literal,
    types::{self, Family, family, is_text},
    world::DATABASE_ID,
};
use crate::{SqlError, SqlType};

impl Translator<'_> {
    pub(crate) fn without_arguments(&self, upper: &str) -> Option<Result<Typed, SqlError>> {
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

    pub(crate) fn of_one(&self, upper: &str, one: &Typed) -> Option<Result<Typed, SqlError>> {
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

    pub(crate) fn of_several(&self, upper: &str, values: &[Typed]) -> Option<Result<Typed, SqlError>> {
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

fn object_name(object: &Typed) -> Typed {
    let sql = format!("(SELECT o.name FROM \"sys.objects\" AS o WHERE o.object_id = {})", object.sql);
    Typed::new(sql, SqlType::NVarChar(128), true)
}

fn is_number(typed: &Typed) -> bool {
    matches!(family(typed.sql_type), Family::Bit | Family::Whole | Family::Decimal | Family::Float)
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
