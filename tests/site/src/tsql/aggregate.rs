//! COUNT, SUM and the like, over a group or a window.

use sqlparser::ast::{DuplicateTreatment, FunctionArg, FunctionArgExpr, FunctionArgumentList};

use super::{
    call::{arguments_of, plain_arguments},
    convert::as_text,
    expression::{Site, Typed},
    query::Translator,
    types::{self, Family, family},
};
use crate::{SqlError, SqlType};

impl Translator<'_> {
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
}
