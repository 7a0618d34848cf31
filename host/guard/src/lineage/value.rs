//! What values and conditions are made from, and what they tell.

use glasshouse_contract::DataClass;

use super::{
    Lineage,
    flow::{Flow, Told},
    scope::{Frame, resolve},
};
use crate::{
    ObjectName,
    allowed::{DateFunction, DatePart, Gives},
    tree::{Arguments, Call, Condition, Expr, Query, Window},
};

impl Lineage<'_> {
    pub(super) fn value(&mut self, expr: &Expr, frames: &[Frame]) -> Flow {
        match expr {
            Expr::Column(column) => resolve(column, frames, self.floors),
            Expr::Number(digits) => Flow::literal(DataClass::Measure, digits == "0"),
            Expr::Text { value, .. } => {
                Flow::literal(DataClass::Category, self.floors.is_known_literal(value))
            }
            Expr::Null => Flow::literal(DataClass::Measure, true),
            Expr::Negative(value) => {
                let value = self.value(value, frames);
                value.and(Flow::nothing())
            }
            Expr::Arithmetic { left, sign: _, right } => {
                let left = self.value(left, frames);
                left.and(self.value(right, frames))
            }
            Expr::Cast { attempt: _, value, to: _, style: _ } => {
                let value = self.value(value, frames);
                value.and(Flow::nothing())
            }
            Expr::Call(call) => self.call(call, frames),
            Expr::Dbo { name, arguments } => {
                let object = ObjectName { schema: "dbo", name: name.as_str().to_owned() };
                let floor = self.floors.function(&object.to_string());
                Flow::of(object, None, floor).and(self.all(arguments, frames))
            }
            Expr::Date { function, part, arguments } => self.date(*function, *part, arguments, frames),
            Expr::Case { arms, otherwise } => {
                let results: Vec<&Expr> =
                    arms.iter().map(|(_, result)| result).chain(otherwise.as_deref()).collect();
                let mut flow = self.results(&results, frames);
                for (condition, _) in arms {
                    flow.decides(self.condition(condition, frames));
                }
                flow
            }
            Expr::Switch { operand, arms, otherwise } => {
                let results: Vec<&Expr> =
                    arms.iter().map(|(_, result)| result).chain(otherwise.as_deref()).collect();
                let mut flow = self.results(&results, frames);
                let operand = self.value(operand, frames);
                for (key, _) in arms {
                    let key = self.value(key, frames);
                    flow.decides(compared(&operand, &key));
                }
                flow
            }
            Expr::Query(query) => self.subquery(query, frames),
        }
    }

    fn all(&mut self, values: &[Expr], frames: &[Frame]) -> Flow {
        values.iter().fold(Flow::nothing(), |flow, value| flow.and(self.value(value, frames)))
    }

    /// One of several results. Literals alone say which arm it was, and nothing of what was compared but
    /// what the conditions tell.
    fn results(&mut self, results: &[&Expr], frames: &[Frame]) -> Flow {
        let flow = results.iter().fold(Flow::nothing(), |flow, result| flow.and(self.value(result, frames)));
        if results.iter().all(|result| is_literal(result)) {
            let text = results.iter().any(|result| matches!(result, Expr::Text { .. }));
            let class = if text { DataClass::Category } else { DataClass::Measure };
            let literal = flow.literal;
            return Flow { literal, ..flow.lowered(class, "CASE gives literals alone") };
        }
        flow
    }

    /// The one column of a query in the place of a value.
    fn subquery(&mut self, query: &Query, frames: &[Frame]) -> Flow {
        let table = self.query(query, frames);
        let mut flow = table
            .columns
            .into_iter()
            .map(|column| column.flow)
            .reduce(Flow::and)
            .unwrap_or_else(Flow::nothing);
        flow.told.and(&table.told);
        flow
    }

    fn call(&mut self, call: &Call, frames: &[Frame]) -> Flow {
        let Call { function, distinct: _, arguments, over } = call;
        let name = function.name;
        let mut flow = match function.gives {
            Gives::Own => {
                let object = ObjectName { schema: "", name: name.to_owned() };
                let own = Flow::of(object, None, self.floors.function(name));
                own.and(self.all(arguments.list(), frames))
            }
            Gives::Property => {
                let property = match arguments.list() {
                    [Expr::Text { value, .. }] => value.as_str(),
                    _ => "",
                };
                let object = ObjectName { schema: "", name: name.to_owned() };
                Flow::of(object, Some(property), self.floors.property(property))
            }
            Gives::Count => self.count(arguments, frames),
            Gives::Pick => match arguments.list() {
                // One of the values: what it was it stays, also a moment.
                [value] => self.value(value, frames),
                values => self.all(values, frames),
            },
            Gives::Total => {
                let flow = self.all(arguments.list(), frames);
                if flow.floor <= DataClass::Category {
                    flow.lowered(DataClass::Measure, &format!("{name} is made from many"))
                } else {
                    flow
                }
            }
            Gives::Rank => self.rank(call, frames),
            Gives::Arguments => {
                let flow = self.all(arguments.list(), frames);
                match (name, arguments.list()) {
                    ("NULLIF", [left, right]) => {
                        let told = compared(&self.value(left, frames), &self.value(right, frames)).told;
                        let mut flow = flow;
                        flow.told.and(&told);
                        flow
                    }
                    _ => flow,
                }
            }
        };
        if let Some(Window { partition, order }) = over {
            for value in partition.iter().chain(order.iter().map(|order| &order.value)) {
                let told = self.value(value, frames).told;
                flow.told.and(&told);
            }
        }
        flow
    }

    /// How many there are says nothing of which - unless the author made them null or not by a literal:
    /// `COUNT(TRY_CAST(REPLACE(Name0, 'bob', '1') AS int))`.
    fn count(&mut self, arguments: &Arguments, frames: &[Frame]) -> Flow {
        let flow = self.all(arguments.list(), frames);
        if flow.identifies() && flow.literal {
            return flow;
        }
        flow.lowered(DataClass::Measure, "it is counted")
    }

    /// A place in the order of names puts them into their order; one in the order of anything less is a number.
    fn rank(&mut self, call: &Call, frames: &[Frame]) -> Flow {
        let order = call.over.iter().flat_map(|over| &over.order).map(|order| &order.value);
        let flow = order
            .fold(self.all(call.arguments.list(), frames), |flow, value| flow.and(self.value(value, frames)));
        if flow.identifies() { flow } else { flow.lowered(DataClass::Measure, "it is a place in an order") }
    }

    /// Days between moments are a measure, and so are hours where the moments are no identifiers. A shorter unit
    /// gives the moment itself.
    fn date(&mut self, function: DateFunction, part: DatePart, arguments: &[Expr], frames: &[Frame]) -> Flow {
        let flows: Vec<Flow> = arguments.iter().map(|value| self.value(value, frames)).collect();
        let days = part >= DatePart::Weekday;
        let lowers = matches!(function, DateFunction::Diff | DateFunction::DiffBig)
            && flows.iter().all(|flow| !flow.identifies() && part >= DatePart::Hour || flow.moment && days);
        let flow = flows.into_iter().fold(Flow::nothing(), Flow::and);
        if lowers {
            flow.lowered(DataClass::Measure, &format!("it is a number of {}s", part.as_str()))
        } else {
            flow
        }
    }

    /// A condition gives true or false; what it tells of what it compares is kept.
    pub(super) fn condition(&mut self, condition: &Condition, frames: &[Frame]) -> Flow {
        match condition {
            Condition::And(parts) | Condition::Or(parts) => {
                parts.iter().fold(Flow::nothing(), |flow, part| flow.and(self.condition(part, frames)))
            }
            Condition::Not(condition) => self.condition(condition, frames),
            Condition::Compare { left, sign: _, right } => {
                let left = self.value(left, frames);
                compared(&left, &self.value(right, frames))
            }
            Condition::IsNull { value, not: _ } => {
                let value = self.value(value, frames);
                // Whether a column is there is no oracle. Whether an expression with a literal is, can be.
                let known = Flow::literal(DataClass::Measure, true);
                let plain = if value.literal { compared(&value, &known) } else { value };
                plain.lowered(DataClass::Measure, "it is a condition")
            }
            Condition::InList { value, list, not: _ } => {
                let value = self.value(value, frames);
                list.iter().fold(Flow::nothing(), |flow, other| {
                    let other = self.value(other, frames);
                    flow.and(compared(&value, &other))
                })
            }
            Condition::InQuery { value, query, not: _ } => {
                let value = self.value(value, frames);
                compared(&value, &self.subquery(query, frames))
            }
            Condition::Like { value, pattern, escape: _, not: _ } => {
                let value = self.value(value, frames);
                compared(&value, &self.value(pattern, frames))
            }
            Condition::Between { value, low, high, not: _ } => {
                let value = self.value(value, frames);
                let low = self.value(low, frames);
                let high = self.value(high, frames);
                compared(&value, &low).and(compared(&value, &high))
            }
            Condition::Exists(query) => {
                let table = self.query(query, frames);
                let mut flow = Flow::nothing();
                flow.told.and(&table.told);
                flow
            }
        }
    }
}

fn is_literal(expr: &Expr) -> bool {
    match expr {
        Expr::Number(_) | Expr::Text { .. } | Expr::Null => true,
        Expr::Negative(value) => is_literal(value),
        _ => false,
    }
}

/// A comparison. An identifier may be compared with another one (a join), with what every site has
/// (`CollectionID = 'SMS00001'`), and a moment with another moment. Compared with anything else that is
/// below it, each row of the result tells something of it.
fn compared(left: &Flow, right: &Flow) -> Flow {
    let mut flow = left.clone().and(right.clone()).lowered(DataClass::Measure, "it is a condition");
    let high = left.floor.max(right.floor);
    let plain = |side: &Flow| side.identifies() && !side.literal;
    let nothing = |side: &Flow| side.sources.is_empty() && !side.literal;
    let moment = |side: &Flow| side.moment || !side.identifies();
    let innocent = high <= DataClass::Pseudonym
        || plain(left) && plain(right)
        || plain(left) && nothing(right)
        || nothing(left) && plain(right)
        || moment(left) && moment(right);
    if !innocent {
        let (of, other) = if left.identifies() { (left, right) } else { (right, left) };
        let with = if of.literal || other.literal { "a literal" } else { "something less" };
        let why = format!("the rows tell of {}: it is compared with {with}", sources(of));
        flow.told.and(&Told::new(high, why));
    }
    flow
}

fn sources(flow: &Flow) -> String {
    flow.sources.iter().take(3).map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
