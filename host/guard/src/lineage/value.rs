//! What values and conditions are made from, and what they tell.

use glasshouse_contract::DataClass;

use super::{
    Lineage, Source,
    flow::{Flow, Moment, Told},
    scope::Frame,
};
use crate::{
    ObjectName,
    allowed::{DateFunction, DatePart, Gives, Size, SqlType, TypeName},
    tree::{Call, Comparison, Condition, Expr, Query, Window},
};

impl Lineage<'_> {
    pub(super) fn value(&mut self, expr: &Expr, frame: &Frame) -> Flow {
        match expr {
            Expr::Column(column) => {
                let flow = frame.resolve(column, self.floors);
                let is_for_full =
                    |source: &&Source| self.floors.is_for_full(&source.object, source.column.as_deref());
                if self.full.is_none() {
                    self.full = flow.sources.iter().find(is_for_full).cloned();
                }
                flow
            }
            Expr::Number(digits) => Flow::literal(DataClass::Measure, digits == "0"),
            Expr::Text { value, .. } => {
                Flow::literal(DataClass::Category, self.floors.is_known_literal(value))
            }
            Expr::Null => Flow::literal(DataClass::Measure, true),
            Expr::Negative(value) => self.value(value, frame).changed(),
            Expr::Arithmetic { left, sign: _, right } => {
                let left = self.value(left, frame);
                left.and(self.value(right, frame)).changed()
            }
            Expr::Cast { attempt: _, value, to, style } => {
                let value = self.value(value, frame);
                if style.is_none() && holds_all(*to) { value.kept() } else { value.changed() }
            }
            Expr::Call(call) => self.call(call, frame),
            Expr::Dbo { name, arguments } => {
                let object = ObjectName { schema: "dbo", name: name.as_str().to_owned() };
                let floor = self.floors.function(&object.to_string());
                let own = Flow::of(object, None, floor);
                if arguments.is_empty() {
                    return own;
                }
                own.and(all(arguments.iter().map(|value| self.value(value, frame)))).changed()
            }
            Expr::Date { function, part, arguments } => self.date(*function, *part, arguments, frame),
            Expr::Case { arms, otherwise } => {
                let results: Vec<&Expr> =
                    arms.iter().map(|(_, result)| result).chain(otherwise.as_deref()).collect();
                let mut flow = self.results(&results, frame);
                for (condition, _) in arms {
                    flow.decides(self.condition(condition, frame));
                }
                flow
            }
            Expr::Switch { operand, arms, otherwise } => {
                let results: Vec<&Expr> =
                    arms.iter().map(|(_, result)| result).chain(otherwise.as_deref()).collect();
                let mut flow = self.results(&results, frame);
                let operand = self.value(operand, frame);
                for (key, _) in arms {
                    let key = self.value(key, frame);
                    flow.decides(compared(&operand, &key, By::Equality));
                }
                flow
            }
            Expr::Query(query) => self.subquery(query, frame),
        }
    }

    /// One of several results. Literals alone say which arm it was, and nothing of what was compared but
    /// what the conditions tell.
    fn results(&mut self, results: &[&Expr], frame: &Frame) -> Flow {
        let flow = all(results.iter().map(|result| self.value(result, frame)));
        if results.iter().all(|result| is_literal(result)) {
            let text = results.iter().any(|result| matches!(result, Expr::Text { .. }));
            let class = if text { DataClass::Category } else { DataClass::Measure };
            return flow.lowered(class, "CASE gives literals alone");
        }
        flow.kept()
    }

    /// The one column of a query in the place of a value.
    fn subquery(&mut self, query: &Query, frame: &Frame) -> Flow {
        let table = self.query(query, Some(frame));
        let mut flow = table
            .columns
            .into_iter()
            .map(|column| column.flow)
            .reduce(Flow::and)
            .unwrap_or_else(Flow::nothing);
        flow.told.and(&table.told);
        flow
    }

    fn call(&mut self, call: &Call, frame: &Frame) -> Flow {
        let Call { function, distinct: _, arguments, over } = call;
        let name = function.name;
        let mut arguments: Vec<Flow> =
            arguments.list().iter().map(|argument| self.value(argument, frame)).collect();
        let (order, told) = self.window(over.as_ref(), frame);
        let mut flow = match function.gives {
            Gives::Own => {
                let object = ObjectName { schema: "", name: name.to_owned() };
                let now = arguments.is_empty() && name.contains("DATE");
                // A second argument is this database; `rules` has seen to that.
                let rest = arguments.split_off(arguments.len().min(1));
                let mut own = Flow::of(object, None, self.floors.function(name)).and(all(arguments));
                rest.into_iter().for_each(|argument| own.decides(argument));
                Flow { moment: now.then_some(Moment::Now), ..own }
            }
            Gives::Property => {
                let property = match call.arguments.list() {
                    [Expr::Text { value, .. }] => value.as_str(),
                    _ => "",
                };
                let object = ObjectName { schema: "", name: name.to_owned() };
                Flow::of(object, Some(property), self.floors.property(property))
            }
            Gives::Count => count(all(arguments)),
            // One of the values: what it was it stays, also a moment. But it is the first or the last of them: who has
            // that name is a question about the order.
            Gives::Pick => {
                let one = arguments.into_iter().reduce(Flow::and).unwrap_or_else(Flow::nothing);
                Flow { mixed: one.mixed || one.identifies(), ..one }
            }
            Gives::Total => total(name, all(arguments)),
            Gives::Rank => rank(all(arguments).and(order)),
            Gives::Arguments => all(arguments).changed(),
            Gives::Whole => {
                let told = match (name, &arguments[..]) {
                    ("NULLIF", [left, right]) => compared(left, right, By::Equality).told,
                    _ => Told::default(),
                };
                // ISNULL gives the type of the first: another identifier in its place is cut to fit.
                let cut = name == "ISNULL" && arguments.iter().skip(1).any(Flow::identifies);
                let mut flow = all(arguments);
                flow.mixed |= cut;
                flow.told.and(&told);
                flow
            }
        };
        flow.told.and(&told);
        flow.known = false;
        flow
    }

    /// What the order of a window is made from, and what its order and its parts tell.
    fn window(&mut self, over: Option<&Window>, frame: &Frame) -> (Flow, Told) {
        let mut told = Told::default();
        let mut by = Flow::nothing();
        if let Some(Window { partition, order }) = over {
            for value in partition {
                let value = self.value(value, frame);
                told.and(&value.told);
                told.and(&value.together());
            }
            by = all(order.iter().map(|order| self.value(&order.value, frame)));
            told.and(&by.told);
            told.and(&by.ordered());
        }
        (by, told)
    }

    /// Days between moments are a measure, and so are hours where the moments are no identifiers. A shorter unit
    /// gives the moment itself.
    fn date(&mut self, function: DateFunction, part: DatePart, arguments: &[Expr], frame: &Frame) -> Flow {
        let flows: Vec<Flow> = arguments.iter().map(|value| self.value(value, frame)).collect();
        let days = part >= DatePart::Weekday;
        let lowers = matches!(function, DateFunction::Diff | DateFunction::DiffBig)
            && flows
                .iter()
                .all(|flow| !flow.identifies() && part >= DatePart::Hour || flow.moment.is_some() && days);
        // Some days before or after a moment is a moment.
        let moment =
            flows.get(1).and_then(|flow| flow.moment).filter(|_| function == DateFunction::Add && days);
        let by_literal = arguments.first().is_some_and(is_literal);
        let flow = all(flows);
        if lowers {
            flow.lowered(DataClass::Measure, &format!("it is a number of {}s", part.as_str()))
        } else {
            Flow { moment: moment.filter(|_| by_literal), ..flow.changed() }
        }
    }

    /// A condition gives true or false; what it tells of what it compares is kept.
    pub(super) fn condition(&mut self, condition: &Condition, frame: &Frame) -> Flow {
        match condition {
            Condition::And(parts) | Condition::Or(parts) => {
                all(parts.iter().map(|part| self.condition(part, frame)))
            }
            Condition::Not(condition) => self.condition(condition, frame),
            Condition::Compare { left, sign, right } => {
                let left = self.value(left, frame);
                let by = match sign {
                    Comparison::Equal | Comparison::NotEqual => By::Equality,
                    _ => By::Order,
                };
                compared(&left, &self.value(right, frame), by)
            }
            Condition::IsNull { value, not: _ } => {
                let value = self.value(value, frame);
                // Whether a column is there is no oracle. Whether an expression with a literal is, can be.
                let known = Flow::literal(DataClass::Measure, true);
                let plain = if value.mixed { compared(&value, &known, By::Equality) } else { value };
                plain.lowered(DataClass::Measure, "it is a condition")
            }
            Condition::InList { value, list, not: _ } => {
                let value = self.value(value, frame);
                all(list.iter().map(|other| compared(&value, &self.value(other, frame), By::Equality)))
            }
            Condition::InQuery { value, query, not: _ } => {
                let value = self.value(value, frame);
                compared(&value, &self.subquery(query, frame), By::Equality)
            }
            Condition::Like { value, pattern, escape, not: _ } => {
                let value = self.value(value, frame);
                let mut pattern = self.value(pattern, frame);
                // With ESCAPE it is another pattern than the one that is listed.
                pattern.known &= escape.is_none();
                compared(&value, &pattern, By::Pattern)
            }
            Condition::Between { value, low, high, not: _ } => {
                let value = self.value(value, frame);
                let low = self.value(low, frame);
                let high = self.value(high, frame);
                compared(&value, &low, By::Order).and(compared(&value, &high, By::Order))
            }
            Condition::Exists(query) => {
                let table = self.query(query, Some(frame));
                let mut flow = Flow::nothing();
                flow.told.and(&table.told);
                flow
            }
        }
    }
}

fn all(flows: impl IntoIterator<Item = Flow>) -> Flow {
    flows.into_iter().fold(Flow::nothing(), Flow::and)
}

/// How many there are says nothing of which - unless the author made them null or not by a literal:
/// `COUNT(TRY_CAST(REPLACE(Name0, 'bob', '1') AS int))`.
fn count(flow: Flow) -> Flow {
    if flow.identifies() && flow.mixed { flow } else { flow.lowered(DataClass::Measure, "it is counted") }
}

/// A sum or a mean of categories says how many they are or how large; one of identifiers can be one of them.
fn total(name: &str, flow: Flow) -> Flow {
    if flow.identifies() {
        return flow.changed();
    }
    flow.lowered(DataClass::Measure, &format!("{name} is made from many"))
}

/// A place in the order of names puts them into their order; one in the order of anything less is a number.
fn rank(flow: Flow) -> Flow {
    if flow.identifies() {
        flow.changed()
    } else {
        flow.lowered(DataClass::Measure, "it is a place in an order")
    }
}

fn is_literal(expr: &Expr) -> bool {
    match expr {
        Expr::Number(_) | Expr::Text { .. } | Expr::Null => true,
        Expr::Negative(value) => is_literal(value),
        _ => false,
    }
}

/// Whether a cast to this type keeps all of an identifier: as long as a GUID or longer.
const fn holds_all(to: SqlType) -> bool {
    const GUID: u64 = 36;
    matches!(to.name, TypeName::VarChar | TypeName::NVarChar)
        && match to.size {
            Size::Max => true,
            Size::One(length) => length >= GUID,
            Size::None | Size::Two(..) => false,
        }
}

/// How two values are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Equality,
    Order,
    Pattern,
}

/// A comparison. An identifier may be asked whether it is another one (a join) or what every site has
/// (`CollectionID = 'SMS00001'`), and a moment whether it is before or after now. Compared with anything else,
/// or by what comes first, each row of the result tells something of it: how many of them come before one is
/// that one's place in their order.
fn compared(left: &Flow, right: &Flow, by: By) -> Flow {
    let mut flow = left.clone().and(right.clone()).lowered(DataClass::Measure, "it is a condition");
    let high = left.floor.max(right.floor);
    let innocent = high <= DataClass::Pseudonym
        || match by {
            By::Equality => {
                left.is_plain() && (right.is_plain() || right.known) || left.known && right.is_plain()
            }
            By::Order => matches!(
                (left.moment, right.moment),
                (Some(_), Some(Moment::Now)) | (Some(Moment::Now), Some(_))
            ),
            By::Pattern => left.is_plain() && right.known,
        };
    if !innocent {
        let (of, other) = if left.floor >= right.floor { (left, right) } else { (right, left) };
        let with = match (other.identifies(), other.sources.is_empty()) {
            (true, _) => "another one",
            (false, true) => "a literal",
            (false, false) => "something less",
        };
        let why = format!("the rows tell of {}: it is compared with {with}", of.shown());
        flow.told.and(&Told::new(high, why));
    }
    flow
}
