//! SQL Server's types as the translator reasons about them: names, precedence, and what arithmetic yields.

use crate::{SqlError, SqlType};

/// What a type is kept as in SQLite, and how its values behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    /// `bit`, kept as 0 or 1.
    Bit,
    /// Whole numbers.
    Whole,
    /// `decimal` and money, kept as a double: exact for fifteen digits.
    Decimal,
    /// `float` and `real`.
    Float,
    /// Text.
    Text,
    /// Dates and times, kept as ticks of 100 ns since 0001-01-01.
    Time,
    /// `uniqueidentifier`, kept as text in capitals.
    Guid,
    /// Bytes.
    Bytes,
    /// `sql_variant`, each value as what it is.
    Variant,
}

pub(crate) fn family(of: SqlType) -> Family {
    match of {
        SqlType::Bit => Family::Bit,
        SqlType::TinyInt | SqlType::SmallInt | SqlType::Int | SqlType::BigInt => Family::Whole,
        SqlType::Decimal { .. } | SqlType::Money | SqlType::SmallMoney => Family::Decimal,
        SqlType::Real | SqlType::Float => Family::Float,
        SqlType::NVarChar(_)
        | SqlType::NChar(_)
        | SqlType::NText
        | SqlType::VarChar(_)
        | SqlType::Char(_)
        | SqlType::Text
        | SqlType::Xml => Family::Text,
        SqlType::UniqueIdentifier => Family::Guid,
        SqlType::DateTime
        | SqlType::SmallDateTime
        | SqlType::DateTime2(_)
        | SqlType::DateTimeOffset(_)
        | SqlType::Date
        | SqlType::Time(_) => Family::Time,
        SqlType::Binary(_) | SqlType::VarBinary(_) | SqlType::Image => Family::Bytes,
        SqlType::SqlVariant => Family::Variant,
    }
}

pub(crate) fn is_text(of: SqlType) -> bool {
    family(of) == Family::Text
}

/// The name without length, as SQL Server puts it into messages.
pub(crate) fn name(of: SqlType) -> &'static str {
    match of {
        SqlType::Bit => "bit",
        SqlType::TinyInt => "tinyint",
        SqlType::SmallInt => "smallint",
        SqlType::Int => "int",
        SqlType::BigInt => "bigint",
        SqlType::Real => "real",
        SqlType::Float => "float",
        SqlType::Decimal { .. } => "numeric",
        SqlType::Money => "money",
        SqlType::SmallMoney => "smallmoney",
        SqlType::NVarChar(_) => "nvarchar",
        SqlType::NChar(_) => "nchar",
        SqlType::NText => "ntext",
        SqlType::VarChar(_) => "varchar",
        SqlType::Char(_) => "char",
        SqlType::Text => "text",
        SqlType::UniqueIdentifier => "uniqueidentifier",
        SqlType::DateTime => "datetime",
        SqlType::SmallDateTime => "smalldatetime",
        SqlType::DateTime2(_) => "datetime2",
        SqlType::DateTimeOffset(_) => "datetimeoffset",
        SqlType::Date => "date",
        SqlType::Time(_) => "time",
        SqlType::Binary(_) => "binary",
        SqlType::VarBinary(_) => "varbinary",
        SqlType::Image => "image",
        SqlType::Xml => "xml",
        SqlType::SqlVariant => "sql_variant",
    }
}

/// The whole spelling, which [`parse`] reads again.
pub(crate) fn spell(of: SqlType) -> String {
    let length = |n: u16| if n == 0 { "max".to_owned() } else { n.to_string() };
    match of {
        SqlType::Decimal { precision, scale } => format!("decimal({precision},{scale})"),
        SqlType::NVarChar(n) | SqlType::VarChar(n) | SqlType::VarBinary(n) => {
            format!("{}({})", name(of), length(n))
        }
        SqlType::NChar(n) | SqlType::Char(n) | SqlType::Binary(n) => format!("{}({n})", name(of)),
        SqlType::DateTime2(n) | SqlType::DateTimeOffset(n) | SqlType::Time(n) => format!("{}({n})", name(of)),
        _ => name(of).to_owned(),
    }
}

/// Reads a type as SQL Server spells it. A length that is left out is that of CAST: 30 characters.
pub(crate) fn parse(text: &str) -> Option<SqlType> {
    let text = text.trim().to_ascii_lowercase().replace(['[', ']'], "");
    let (base, arguments) = match text.split_once('(') {
        Some((base, rest)) => (base.trim(), Some(rest.trim_end_matches(')').trim())),
        None => (text.as_str(), None),
    };
    let first: Option<u16> = match arguments {
        None => None,
        Some("max") => Some(0),
        Some(list) => Some(list.split(',').next()?.trim().parse().ok()?),
    };
    let second: Option<u8> = match arguments.and_then(|list| list.split_once(',')) {
        None => None,
        Some((_, scale)) => Some(scale.trim().parse().ok()?),
    };
    let digits = |most: u8| u8::try_from(first.unwrap_or(u16::from(most))).ok().filter(|n| *n <= most);
    Some(match base {
        "bit" => SqlType::Bit,
        "tinyint" => SqlType::TinyInt,
        "smallint" => SqlType::SmallInt,
        "int" | "integer" => SqlType::Int,
        "bigint" => SqlType::BigInt,
        "real" => SqlType::Real,
        "float" if first.is_some_and(|bits| bits <= 24) => SqlType::Real,
        "float" | "double precision" => SqlType::Float,
        "decimal" | "numeric" | "dec" => {
            let precision = u8::try_from(first.unwrap_or(18)).ok().filter(|p| (1..=38).contains(p))?;
            SqlType::Decimal { precision, scale: second.unwrap_or(0).min(precision) }
        }
        "money" => SqlType::Money,
        "smallmoney" => SqlType::SmallMoney,
        "nvarchar" => SqlType::NVarChar(first.unwrap_or(30).min(4000)),
        "nchar" => SqlType::NChar(first.unwrap_or(30).min(4000)),
        "sysname" => SqlType::NVarChar(128),
        "ntext" => SqlType::NText,
        "varchar" => SqlType::VarChar(first.unwrap_or(30).min(8000)),
        "char" => SqlType::Char(first.unwrap_or(30).min(8000)),
        "text" => SqlType::Text,
        "uniqueidentifier" => SqlType::UniqueIdentifier,
        "datetime" => SqlType::DateTime,
        "smalldatetime" => SqlType::SmallDateTime,
        "datetime2" => SqlType::DateTime2(digits(7)?),
        "datetimeoffset" => SqlType::DateTimeOffset(digits(7)?),
        "date" => SqlType::Date,
        "time" => SqlType::Time(digits(7)?),
        "binary" => SqlType::Binary(first.unwrap_or(30).min(8000)),
        "varbinary" => SqlType::VarBinary(first.unwrap_or(30).min(8000)),
        "image" => SqlType::Image,
        "xml" => SqlType::Xml,
        "sql_variant" => SqlType::SqlVariant,
        _ => return None,
    })
}

/// Data type precedence: of two operands the one with the lower rank is converted.
fn rank(of: SqlType) -> u8 {
    match of {
        SqlType::SqlVariant => 31,
        SqlType::Xml => 30,
        SqlType::DateTimeOffset(_) => 29,
        SqlType::DateTime2(_) => 28,
        SqlType::DateTime => 27,
        SqlType::SmallDateTime => 26,
        SqlType::Date => 25,
        SqlType::Time(_) => 24,
        SqlType::Float => 23,
        SqlType::Real => 22,
        SqlType::Decimal { .. } => 21,
        SqlType::Money => 20,
        SqlType::SmallMoney => 19,
        SqlType::BigInt => 18,
        SqlType::Int => 17,
        SqlType::SmallInt => 16,
        SqlType::TinyInt => 15,
        SqlType::Bit => 14,
        SqlType::NText => 13,
        SqlType::Text => 12,
        SqlType::Image => 11,
        SqlType::UniqueIdentifier => 9,
        SqlType::NVarChar(_) => 8,
        SqlType::NChar(_) => 7,
        SqlType::VarChar(_) => 6,
        SqlType::Char(_) => 5,
        SqlType::VarBinary(_) => 4,
        SqlType::Binary(_) => 3,
    }
}

/// Characters that a text type has room for; `None` is `max`.
pub(crate) fn width(of: SqlType) -> Option<u32> {
    match of {
        SqlType::NVarChar(0) | SqlType::VarChar(0) | SqlType::NText | SqlType::Text | SqlType::Xml => None,
        SqlType::NVarChar(n) | SqlType::NChar(n) | SqlType::VarChar(n) | SqlType::Char(n) => {
            Some(u32::from(n))
        }
        // What the number, date or GUID takes when it is written out.
        SqlType::Bit => Some(1),
        SqlType::TinyInt => Some(3),
        SqlType::SmallInt => Some(6),
        SqlType::Int => Some(12),
        SqlType::BigInt => Some(24),
        SqlType::Decimal { precision, .. } => Some(u32::from(precision) + 3),
        SqlType::UniqueIdentifier => Some(36),
        _ => Some(32),
    }
}

/// A text type of the same character set as `like` with another width.
pub(crate) fn text_of_width(like: SqlType, width: Option<u32>) -> SqlType {
    let national = matches!(like, SqlType::NVarChar(_) | SqlType::NChar(_) | SqlType::NText | SqlType::Xml);
    let most = if national { 4000 } else { 8000 };
    let units = match width {
        None => 0,
        Some(n) => u16::try_from(n.clamp(1, most)).unwrap_or(0),
    };
    if national { SqlType::NVarChar(units) } else { SqlType::VarChar(units) }
}

/// Precision and scale of a number as a decimal.
fn as_decimal(of: SqlType) -> (u8, u8) {
    match of {
        SqlType::Decimal { precision, scale } => (precision, scale),
        SqlType::Money => (19, 4),
        SqlType::SmallMoney => (10, 4),
        SqlType::BigInt => (19, 0),
        SqlType::SmallInt => (5, 0),
        SqlType::TinyInt => (3, 0),
        SqlType::Bit => (1, 0),
        _ => (10, 0),
    }
}

fn decimal(whole: u8, scale: u8) -> SqlType {
    let precision = whole.saturating_add(scale);
    if precision <= 38 {
        return SqlType::Decimal { precision: precision.max(1), scale };
    }
    // SQL Server gives up digits behind the point, though not below six of them.
    let scale = scale.min(38_u8.saturating_sub(whole).max(scale.min(6)));
    SqlType::Decimal { precision: 38, scale }
}

/// The type that two branches, operands of a comparison or halves of a UNION have in common.
pub(crate) fn common(left: SqlType, right: SqlType) -> SqlType {
    let higher = if rank(left) >= rank(right) { left } else { right };
    match family(higher) {
        Family::Text => {
            let width = width(left).zip(width(right)).map(|(a, b)| a.max(b));
            match higher {
                SqlType::NChar(_) | SqlType::Char(_) if left == right => left,
                SqlType::NText | SqlType::Text | SqlType::Xml => higher,
                // Varchar beside nchar is nvarchar: the character set is that of the higher one.
                _ => text_of_width(higher, width),
            }
        }
        Family::Decimal if matches!(higher, SqlType::Decimal { .. }) => {
            if is_text(left) || is_text(right) {
                return higher;
            }
            let ((p1, s1), (p2, s2)) = (as_decimal(left), as_decimal(right));
            decimal(p1.saturating_sub(s1).max(p2.saturating_sub(s2)), s1.max(s2))
        }
        _ => higher,
    }
}

/// What `left operator right` is of, where both are numbers.
pub(crate) fn arithmetic(operator: char, left: SqlType, right: SqlType) -> SqlType {
    let higher = if rank(left) >= rank(right) { left } else { right };
    if !matches!(higher, SqlType::Decimal { .. }) {
        return if higher == SqlType::Bit { SqlType::Int } else { higher };
    }
    let ((p1, s1), (p2, s2)) = (as_decimal(left), as_decimal(right));
    let (w1, w2) = (p1.saturating_sub(s1), p2.saturating_sub(s2));
    match operator {
        '*' => decimal(w1.saturating_add(w2).saturating_add(1), s1.saturating_add(s2)),
        '/' => decimal(w1.saturating_add(s2), s1.saturating_add(p2).saturating_add(1).max(6)),
        '%' => decimal(w1.min(w2), s1.max(s2)),
        _ => decimal(w1.max(w2).saturating_add(1), s1.max(s2)),
    }
}

/// What SUM and AVG yield of a type, or error 8117 where they take none of it.
pub(crate) fn total(function: &str, of: SqlType) -> Result<SqlType, SqlError> {
    let average = function.eq_ignore_ascii_case("avg");
    Ok(match of {
        SqlType::TinyInt | SqlType::SmallInt | SqlType::Int => SqlType::Int,
        SqlType::BigInt => SqlType::BigInt,
        SqlType::Decimal { scale, .. } => {
            SqlType::Decimal { precision: 38, scale: if average { scale.max(6) } else { scale } }
        }
        SqlType::Money | SqlType::SmallMoney => SqlType::Money,
        SqlType::Real | SqlType::Float => SqlType::Float,
        _ => return Err(wrong_operand(function, of)),
    })
}

/// 8117: an aggregate or operator that takes no values of this type.
pub(crate) fn wrong_operand(operator: &str, of: SqlType) -> SqlError {
    let text =
        format!("Operand data type {} is invalid for {} operator.", name(of), operator.to_ascii_lowercase());
    SqlError::new(8117, 1, 16, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_spelled_as_it_is_read() {
        for text in
            ["int", "nvarchar(255)", "nvarchar(max)", "decimal(26,12)", "datetime2(7)", "char(3)", "bit"]
        {
            assert_eq!(spell(parse(text).unwrap()), text);
        }
        assert_eq!(parse("varchar"), Some(SqlType::VarChar(30)));
        assert_eq!(parse("numeric"), Some(SqlType::Decimal { precision: 18, scale: 0 }));
        assert_eq!(parse("geography"), None);
    }

    #[test]
    fn decimals_grow_by_the_documented_rules() {
        let decimal = |precision, scale| SqlType::Decimal { precision, scale };
        let product = arithmetic('*', decimal(4, 1), SqlType::Int);
        assert_eq!(product, decimal(15, 1));
        assert_eq!(arithmetic('/', product, SqlType::Int), decimal(26, 12));
        assert_eq!(arithmetic('+', decimal(5, 2), decimal(8, 4)), decimal(9, 4));
        assert_eq!(arithmetic('*', decimal(38, 10), decimal(38, 10)), decimal(38, 6));
        assert_eq!(arithmetic('/', SqlType::Int, SqlType::Int), SqlType::Int);
    }

    #[test]
    fn the_higher_type_wins() {
        assert_eq!(common(SqlType::VarChar(5), SqlType::Int), SqlType::Int);
        assert_eq!(common(SqlType::VarChar(9), SqlType::NVarChar(5)), SqlType::NVarChar(9));
        assert_eq!(common(SqlType::NVarChar(0), SqlType::NVarChar(5)), SqlType::NVarChar(0));
        assert_eq!(common(SqlType::VarChar(36), SqlType::UniqueIdentifier), SqlType::UniqueIdentifier);
        assert_eq!(common(SqlType::Int, SqlType::BigInt), SqlType::BigInt);
        assert_eq!(common(SqlType::DateTime, SqlType::VarChar(10)), SqlType::DateTime);
    }
}
