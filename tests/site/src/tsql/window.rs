//! OVER: ranks, running sums and neighbours, which SQLite knows as SQL Server does.

use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, WindowFrame, WindowFrameBound,
    WindowFrameUnits, WindowSpec, WindowType,
};

use super::{
    convert::convert,
    expression::{Site, Typed, unsupported},
    grouping::is_aggregate,
    query::Translator,
};
use crate::{SqlError, SqlType};

impl Translator<'_> {
    pub(crate) fn windowed(
        &self,
        name: &str,
        function: &Function,
        list: &FunctionArgumentList,
        site: Site<'_>,
    ) -> Result<Typed, SqlError> {
        let Some(WindowType::WindowSpec(spec)) = &function.over else {
            return Err(unsupported("named windows"));
        };
        let over = self.over_clause(spec, site)?;
        if is_aggregate(name) {
            if list.duplicate_treatment.is_some() {
                return Err(SqlError::new(
                    10_759,
                    1,
                    15,
                    "Use of DISTINCT is not allowed with the OVER clause.",
                ));
            }
            return self.aggregate(name, list, site, &over);
        }
        let upper = name.to_ascii_uppercase();
        let mut values = Vec::new();
        for argument in &list.args {
            let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = argument else {
                return Err(SqlError::syntax(&argument.to_string()));
            };
            values.push(self.value(expr, site)?);
        }
        let needs_order = || {
            let text = format!("The function '{name}' must have an OVER clause with ORDER BY.");
            SqlError::new(4112, 1, 15, text)
        };
        if spec.order_by.is_empty() {
            return Err(needs_order());
        }
        let (arguments, sql_type, nullable) = match (upper.as_str(), values.as_slice()) {
            ("ROW_NUMBER" | "RANK" | "DENSE_RANK", []) => (String::new(), SqlType::BigInt, true),
            ("NTILE", [count]) => (count.sql.clone(), SqlType::BigInt, true),
            ("PERCENT_RANK" | "CUME_DIST", []) => (String::new(), SqlType::Float, true),
            ("FIRST_VALUE" | "LAST_VALUE", [of]) => (of.sql.clone(), of.sql_type, true),
            ("LAG" | "LEAD", [of]) => (of.sql.clone(), of.sql_type, true),
            ("LAG" | "LEAD", [of, by]) => (format!("{}, {}", of.sql, by.sql), of.sql_type, true),
            ("LAG" | "LEAD", [of, by, otherwise]) => {
                let otherwise = convert(otherwise, of.sql_type, None, false);
                (format!("{}, {}, {otherwise}", of.sql, by.sql), of.sql_type, true)
            }
            _ => return Err(unsupported(&format!("the window function {upper}"))),
        };
        Ok(Typed::new(format!("{upper}({arguments}){over}"), sql_type, nullable))
    }

    fn over_clause(&self, spec: &WindowSpec, site: Site<'_>) -> Result<String, SqlError> {
        if spec.window_name.is_some() {
            return Err(unsupported("named windows"));
        }
        let mut clauses = Vec::new();
        let mut partition = Vec::new();
        for expr in &spec.partition_by {
            partition.push(self.value(expr, site)?.collated());
        }
        if !partition.is_empty() {
            clauses.push(format!("PARTITION BY {}", partition.join(", ")));
        }
        let mut order = Vec::new();
        for one in &spec.order_by {
            order.push(self.order_in_window(one, site)?);
        }
        if !order.is_empty() {
            clauses.push(format!("ORDER BY {}", order.join(", ")));
        }
        if let Some(frame) = &spec.window_frame {
            clauses.push(frame_clause(frame)?);
        }
        Ok(format!(" OVER ({})", clauses.join(" ")))
    }
}

fn frame_clause(frame: &WindowFrame) -> Result<String, SqlError> {
    let units = match frame.units {
        WindowFrameUnits::Rows => "ROWS",
        WindowFrameUnits::Range => "RANGE",
        WindowFrameUnits::Groups => return Err(SqlError::syntax("GROUPS")),
    };
    let start = bound(&frame.start_bound)?;
    Ok(match &frame.end_bound {
        None => format!("{units} {start}"),
        Some(end) => format!("{units} BETWEEN {start} AND {}", bound(end)?),
    })
}

fn bound(bound: &WindowFrameBound) -> Result<String, SqlError> {
    let rows = |count: &Option<Box<Expr>>| match count.as_deref() {
        None => Ok("UNBOUNDED".to_owned()),
        Some(Expr::Value(value)) if value.to_string().parse::<u32>().is_ok() => Ok(value.to_string()),
        Some(other) => Err(SqlError::syntax(&other.to_string())),
    };
    Ok(match bound {
        WindowFrameBound::CurrentRow => "CURRENT ROW".to_owned(),
        WindowFrameBound::Preceding(count) => format!("{} PRECEDING", rows(count)?),
        WindowFrameBound::Following(count) => format!("{} FOLLOWING", rows(count)?),
    })
}
