//! Values and conditions.

use sqlparser::{
    ast::{
        BinaryOperator, CaseWhen, CastKind, CeilFloorKind, DateTimeField, DuplicateTreatment,
        Expr as SqlExpr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments,
        ObjectName as SqlName, Query as SqlQuery, UnaryOperator, WindowSpec, WindowType,
    },
    tokenizer::Location,
};

use super::{
    Read, Reader, empty,
    leaf::{comparison, escape_of, literal, sign, sql_type, style},
    parts, place, refuse, without, word,
};
use crate::{
    allowed::{self, DateFunction, DatePart, Gives, Over},
    refusal::{Reason, Refusal},
    tree::{Arguments, Call, Column, Condition, Expr, Query, Sign, Window, Word},
};

/// Longer lists are tables in disguise, and slow.
const MOST_IN_LIST: usize = 1_000;

impl Reader {
    pub(super) fn value(&mut self, expr: SqlExpr) -> Read<Expr> {
        self.deeper(|reader| reader.value_here(expr))
    }

    fn boxed(&mut self, expr: SqlExpr) -> Read<Box<Expr>> {
        self.value(expr).map(Box::new)
    }

    fn subquery(&mut self, query: SqlQuery) -> Read<Box<Query>> {
        self.query(query).map(Box::new)
    }

    fn value_here(&mut self, expr: SqlExpr) -> Read<Expr> {
        match expr {
            SqlExpr::Nested(inner) => self.value(*inner),
            SqlExpr::Identifier(name) => Ok(Expr::Column(Column { relation: None, name: word(name)? })),
            SqlExpr::CompoundIdentifier(names) => {
                let shown = names.iter().map(|name| name.value.as_str()).collect::<Vec<_>>().join(".");
                let at =
                    names.first().map_or_else(|| Location { line: 0, column: 0 }, |name| name.span.start);
                let mut names = names.into_iter();
                match (names.next(), names.next(), names.next()) {
                    (Some(relation), Some(name), None) if !relation.value.is_empty() => {
                        Ok(Expr::Column(Column { relation: Some(word(relation)?), name: word(name)? }))
                    }
                    _ => Err(Refusal::at(at, Reason::Parts(shown))),
                }
            }
            SqlExpr::Value(value) => {
                literal(value.value).map_err(|reason| Refusal::at(value.span.start, reason))
            }
            SqlExpr::UnaryOp { op: UnaryOperator::Minus, expr } => Ok(Expr::Negative(self.boxed(*expr)?)),
            SqlExpr::UnaryOp { op: UnaryOperator::Plus, expr } => self.value(*expr),
            SqlExpr::BinaryOp { left, op, right } if sign(&op).is_some() => {
                self.arithmetic(*left, &op, *right)
            }
            SqlExpr::Cast { kind, expr, data_type, format } => {
                without(format, "FORMAT in a CAST")?;
                let attempt = match kind {
                    CastKind::Cast => false,
                    CastKind::TryCast => true,
                    CastKind::SafeCast | CastKind::DoubleColon => {
                        return refuse(&*expr, Reason::Clause("a CAST in another form"));
                    }
                };
                Ok(Expr::Cast { attempt, value: self.boxed(*expr)?, to: sql_type(data_type)?, style: None })
            }
            SqlExpr::Convert { is_try, expr, data_type, charset, target_before_value: _, styles } => {
                without(charset, "USING in a CONVERT")?;
                let data_type = data_type.ok_or_else(|| Refusal::of(Reason::DataType(String::new())))?;
                let style = style(styles)?;
                Ok(Expr::Cast { attempt: is_try, value: self.boxed(*expr)?, to: sql_type(data_type)?, style })
            }
            SqlExpr::Case { case_token: _, end_token: _, operand, conditions, else_result } => {
                self.case(operand, conditions, else_result)
            }
            SqlExpr::Subquery(query) => Ok(Expr::Query(self.subquery(*query)?)),
            SqlExpr::Function(function) => self.function(function),
            SqlExpr::Floor { expr, field: CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) } => {
                self.call("FLOOR", false, Some(vec![*expr]), None)
            }
            SqlExpr::Substring { expr, substring_from, substring_for, special: true, shorthand: _ } => {
                let rest = [substring_from, substring_for].into_iter().flatten().map(|part| *part);
                self.call("SUBSTRING", false, Some(std::iter::once(*expr).chain(rest).collect()), None)
            }
            SqlExpr::Trim { trim_where: None, trim_what: None, expr, trim_characters: None } => {
                self.call("TRIM", false, Some(vec![*expr]), None)
            }
            SqlExpr::Ceil { expr, .. } => refuse(&*expr, Reason::Function("CEIL".to_owned())),
            SqlExpr::Floor { expr, .. } | SqlExpr::Substring { expr, .. } | SqlExpr::Trim { expr, .. } => {
                refuse(&*expr, Reason::Clause("a function in another form"))
            }
            SqlExpr::Wildcard(_) | SqlExpr::QualifiedWildcard(..) => refuse(&expr, Reason::Star),
            SqlExpr::Collate { .. } => refuse(&expr, Reason::Clause("COLLATE")),
            SqlExpr::AtTimeZone { .. } => refuse(&expr, Reason::Clause("AT TIME ZONE")),
            SqlExpr::Prefixed { .. } | SqlExpr::TypedString(_) | SqlExpr::Interval(_) => {
                let shown = expr.to_string();
                refuse(&expr, Reason::Literal(shown))
            }
            SqlExpr::InList { .. }
            | SqlExpr::InSubquery { .. }
            | SqlExpr::Between { .. }
            | SqlExpr::Like { .. }
            | SqlExpr::IsNull(_)
            | SqlExpr::IsNotNull(_)
            | SqlExpr::Exists { .. }
            | SqlExpr::UnaryOp { op: UnaryOperator::Not, .. } => {
                refuse(&expr, Reason::Misplaced("a condition"))
            }
            SqlExpr::BinaryOp { ref op, .. }
                if comparison(op).is_some() || matches!(op, BinaryOperator::And | BinaryOperator::Or) =>
            {
                refuse(&expr, Reason::Misplaced("a condition"))
            }
            other => refuse(&other, Reason::Clause("an expression of this kind")),
        }
    }

    /// `& | ^` have the rank of `+` in T-SQL, and lower ones for the parser.
    fn arithmetic(&mut self, left: SqlExpr, op: &BinaryOperator, right: SqlExpr) -> Read<Expr> {
        let Some(sign) = sign(op) else { return refuse(&left, Reason::Symbol(op.to_string())) };
        if matches!(sign, Sign::BitAnd | Sign::BitOr | Sign::BitXor) {
            for side in [&left, &right] {
                if matches!(side, SqlExpr::BinaryOp { op: inner, .. } if inner != op) {
                    return refuse(side, Reason::Ambiguous);
                }
            }
        }
        Ok(Expr::Arithmetic { left: self.boxed(left)?, sign, right: self.boxed(right)? })
    }

    fn case(
        &mut self,
        operand: Option<Box<SqlExpr>>,
        arms: Vec<CaseWhen>,
        otherwise: Option<Box<SqlExpr>>,
    ) -> Read<Expr> {
        let arms = arms.into_iter().map(|CaseWhen { condition, result }| (condition, result));
        if let Some(operand) = operand {
            return Ok(Expr::Switch {
                operand: self.boxed(*operand)?,
                arms: arms
                    .map(|(value, result)| Ok((self.value(value)?, self.value(result)?)))
                    .collect::<Read<_>>()?,
                otherwise: otherwise.map(|value| self.boxed(*value)).transpose()?,
            });
        }
        Ok(Expr::Case {
            arms: arms
                .map(|(condition, result)| Ok((self.condition(condition)?, self.value(result)?)))
                .collect::<Read<_>>()?,
            otherwise: otherwise.map(|value| self.boxed(*value)).transpose()?,
        })
    }

    fn function(&mut self, function: Function) -> Read<Expr> {
        let Function { name, uses_odbc_syntax, parameters, args, within_group, filter, null_treatment, over } =
            function;
        without(uses_odbc_syntax.then_some(()), "{fn ..}")?;
        if !matches!(parameters, FunctionArguments::None) {
            return refuse(&name, Reason::Clause("two lists of arguments"));
        }
        empty(&within_group, "WITHIN GROUP")?;
        without(filter, "FILTER")?;
        without(null_treatment, "IGNORE NULLS")?;
        let at = place(&name);
        let (schema, name) = function_name(name)?;
        let (distinct, args) = arguments(args).map_err(|reason| Refusal::at(at, reason))?;
        let over = over.map(|over| self.window(over)).transpose()?;
        let result = if schema.is_some() {
            if over.is_some() || distinct {
                return Err(Refusal::at(at, Reason::Clause("OVER or DISTINCT at a function of dbo")));
            }
            let name = Word::new(&name).map_err(|reason| Refusal::at(at, reason))?;
            if allowed::is_old_system(name.as_str()) {
                return Err(Refusal::at(at, Reason::SystemObject(name.as_str().to_owned())));
            }
            let arguments = args.ok_or_else(|| Refusal::at(at, Reason::Star))?;
            Expr::Dbo { name, arguments: self.list(arguments)? }
        } else if name.eq_ignore_ascii_case("IIF") && over.is_none() && !distinct {
            self.iif(args)?
        } else if let Some(function) = DateFunction::of(&name)
            && over.is_none()
            && !distinct
        {
            self.date(function, args).map_err(|refusal| or_at(refusal, at))?
        } else {
            self.call(&name, distinct, args, over).map_err(|refusal| or_at(refusal, at))?
        };
        Ok(result)
    }

    /// A call of a listed function; no arguments is the star.
    fn call(
        &mut self,
        name: &str,
        distinct: bool,
        args: Option<Vec<SqlExpr>>,
        over: Option<Window>,
    ) -> Read<Expr> {
        let function =
            allowed::builtin(name).ok_or_else(|| Refusal::of(Reason::Function(name.to_owned())))?;
        let arguments = match args {
            None if function.gives == Gives::Count => Arguments::Star,
            None => return Err(Refusal::of(Reason::Star)),
            Some(args) if (function.least..=function.most).contains(&args.len()) => {
                Arguments::List(self.list(args)?)
            }
            Some(_) => return Err(Refusal::of(Reason::Arity(function.name.to_owned()))),
        };
        let aggregate = matches!(function.gives, Gives::Count | Gives::Total | Gives::Pick);
        if distinct && (!aggregate || over.is_some() || arguments == Arguments::Star) {
            return Err(Refusal::of(Reason::Clause("DISTINCT at this function")));
        }
        match (function.over, &over) {
            (Over::Never, Some(_)) => return Err(Refusal::of(Reason::Clause("OVER at this function"))),
            (Over::Must, None) => return Err(Refusal::of(Reason::Clause("this function without OVER"))),
            _ => {}
        }
        if function.gives == Gives::Property {
            let plain = |value: &str| value.bytes().all(|b| b.is_ascii_alphanumeric());
            if !matches!(arguments.list(), [Expr::Text { value, .. }] if plain(value)) {
                return Err(Refusal::of(Reason::Argument(
                    function.name,
                    "write the property as a string: 'ProductVersion'",
                )));
            }
        }
        Ok(Expr::Call(Call { function, distinct, arguments, over }))
    }

    /// A function of dates: the first argument is a unit, which is a word and no column.
    fn date(&mut self, function: DateFunction, args: Option<Vec<SqlExpr>>) -> Read<Expr> {
        let mut args = args.unwrap_or_default().into_iter();
        let unit = match args.next() {
            Some(SqlExpr::Identifier(name)) => DatePart::of(&name.value),
            _ => None,
        };
        let part = unit.ok_or_else(|| {
            Refusal::of(Reason::Argument(function.as_str(), "write the unit in full: day, hour, month"))
        })?;
        let arguments = self.list(args.collect())?;
        if arguments.len() != function.arguments() {
            return Err(Refusal::of(Reason::Arity(function.as_str().to_owned())));
        }
        Ok(Expr::Date { function, part, arguments })
    }

    /// `IIF(condition, a, b)` is short for `CASE WHEN condition THEN a ELSE b END`, and is printed so.
    fn iif(&mut self, args: Option<Vec<SqlExpr>>) -> Read<Expr> {
        let mut args = args.unwrap_or_default().into_iter();
        match (args.next(), args.next(), args.next(), args.next()) {
            (Some(condition), Some(yes), Some(no), None) => Ok(Expr::Case {
                arms: vec![(self.condition(condition)?, self.value(yes)?)],
                otherwise: Some(self.boxed(no)?),
            }),
            _ => Err(Refusal::of(Reason::Arity("IIF".to_owned()))),
        }
    }

    fn window(&mut self, over: WindowType) -> Read<Window> {
        match over {
            WindowType::WindowSpec(WindowSpec { window_name, partition_by, order_by, window_frame }) => {
                without(window_name, "a named window")?;
                without(window_frame, "ROWS or RANGE")?;
                Ok(Window { partition: self.list(partition_by)?, order: self.orders(order_by)? })
            }
            WindowType::NamedWindow(_) => Err(Refusal::of(Reason::Clause("a named window"))),
        }
    }

    pub(super) fn condition(&mut self, expr: SqlExpr) -> Read<Condition> {
        self.deeper(|reader| reader.condition_here(expr))
    }

    fn condition_here(&mut self, expr: SqlExpr) -> Read<Condition> {
        match expr {
            SqlExpr::Nested(inner) => self.condition(*inner),
            SqlExpr::BinaryOp { op: BinaryOperator::And, .. } => {
                Ok(Condition::And(self.chain(expr, &BinaryOperator::And)?))
            }
            SqlExpr::BinaryOp { op: BinaryOperator::Or, .. } => {
                Ok(Condition::Or(self.chain(expr, &BinaryOperator::Or)?))
            }
            SqlExpr::BinaryOp { left, op, right } if comparison(&op).is_some() => {
                let Some(sign) = comparison(&op) else {
                    return refuse(&*left, Reason::Symbol(op.to_string()));
                };
                Ok(Condition::Compare { left: self.value(*left)?, sign, right: self.value(*right)? })
            }
            SqlExpr::UnaryOp { op: UnaryOperator::Not, expr } => {
                Ok(Condition::Not(Box::new(self.condition(*expr)?)))
            }
            SqlExpr::IsNull(value) => Ok(Condition::IsNull { value: self.value(*value)?, not: false }),
            SqlExpr::IsNotNull(value) => Ok(Condition::IsNull { value: self.value(*value)?, not: true }),
            SqlExpr::InList { expr, list, negated } => {
                if list.len() > MOST_IN_LIST {
                    return refuse(&*expr, Reason::TooMany("values in one list", MOST_IN_LIST));
                }
                Ok(Condition::InList { value: self.value(*expr)?, list: self.list(list)?, not: negated })
            }
            SqlExpr::InSubquery { expr, subquery, negated } => Ok(Condition::InQuery {
                value: self.value(*expr)?,
                query: self.subquery(*subquery)?,
                not: negated,
            }),
            SqlExpr::Between { expr, negated, low, high } => Ok(Condition::Between {
                value: self.value(*expr)?,
                low: self.value(*low)?,
                high: self.value(*high)?,
                not: negated,
            }),
            SqlExpr::Like { negated, any: false, expr, pattern, escape_char } => Ok(Condition::Like {
                value: self.value(*expr)?,
                pattern: self.value(*pattern)?,
                escape: escape_char.map(|escape| escape_of(*escape)).transpose()?,
                not: negated,
            }),
            SqlExpr::Exists { subquery, negated } => {
                let exists = Condition::Exists(self.subquery(*subquery)?);
                Ok(if negated { Condition::Not(Box::new(exists)) } else { exists })
            }
            other => refuse(&other, Reason::Misplaced("something that is no condition")),
        }
    }

    /// `a AND b AND c` as a list. The parser nests it to the left, as deep as it is long.
    fn chain(&mut self, expr: SqlExpr, op: &BinaryOperator) -> Read<Vec<Condition>> {
        let mut backwards = Vec::new();
        let mut rest = expr;
        loop {
            match rest {
                SqlExpr::BinaryOp { left, op: found, right } if found == *op => {
                    backwards.push(*right);
                    rest = *left;
                }
                first => {
                    backwards.push(first);
                    break;
                }
            }
        }
        backwards.into_iter().rev().map(|expr| self.condition(expr)).collect()
    }
}

/// The place of the function, for refusals that know of none.
fn or_at(refusal: Refusal, at: Location) -> Refusal {
    if refusal.place.is_some() { refusal } else { Refusal::at(at, refusal.reason) }
}

fn function_name(name: SqlName) -> Read<(Option<Word>, String)> {
    let at = place(&name);
    let shown = name.to_string();
    let mut parts = parts(name)?.into_iter();
    match (parts.next(), parts.next(), parts.next()) {
        (Some(name), None, None) => Ok((None, name.value)),
        (Some(schema), Some(name), None) => {
            let schema = word(schema)?;
            if !schema.is("dbo") {
                return Err(Refusal::at(at, Reason::Function(shown)));
            }
            Ok((Some(schema), word(name)?.as_str().to_owned()))
        }
        _ => Err(Refusal::at(at, Reason::Parts(shown))),
    }
}

/// Whether they are distinct, and which they are; none for `*`.
fn arguments(args: FunctionArguments) -> Result<(bool, Option<Vec<SqlExpr>>), Reason> {
    let FunctionArgumentList { duplicate_treatment, args, clauses } = match args {
        FunctionArguments::List(list) => list,
        FunctionArguments::Subquery(_) => {
            return Err(Reason::Clause("a query as the arguments of a function"));
        }
        FunctionArguments::None => return Err(Reason::Clause("a function without parentheses")),
    };
    if !clauses.is_empty() {
        return Err(Reason::Clause("a clause among the arguments of a function"));
    }
    let distinct = matches!(duplicate_treatment, Some(DuplicateTreatment::Distinct));
    let mut values = Vec::new();
    let count = args.len();
    for arg in args {
        match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => values.push(expr),
            FunctionArg::Unnamed(FunctionArgExpr::Wildcard) if count == 1 => return Ok((distinct, None)),
            FunctionArg::Unnamed(_) => return Err(Reason::Star),
            FunctionArg::Named { .. } | FunctionArg::ExprNamed { .. } => {
                return Err(Reason::Clause("a named argument"));
            }
        }
    }
    Ok((distinct, Some(values)))
}
