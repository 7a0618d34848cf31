//! What it costs to judge a statement: reading, holding it to the lists, printing, and the lineage of its
//! columns. On the documented queries, one after the other.

use std::hint::black_box;

use glasshouse_guard::{Floors, Printed};
use serde_json::Value;

use crate::{
    Failed,
    report::Figures,
    rounds::{self, Candidate},
};

const ROUNDS: usize = 15;
const STATEMENTS: &str = include_str!("../../../host/guard/tests/statements/shipped.json");

pub fn measure(figures: &mut Figures) -> Result<(), Failed> {
    let list: Vec<Value> = serde_json::from_str(STATEMENTS)?;
    let statements: Vec<&str> =
        list.iter().filter_map(|value| value.get("sql").and_then(Value::as_str)).collect();
    if let Some(refusal) = statements.iter().find_map(|sql| Printed::of(sql).err()) {
        return Err(format!("a documented query is refused: {refusal}").into());
    }
    let floors = Floors::shipped();
    let judge = Candidate {
        name: "guard",
        run: Box::new(|| {
            for sql in &statements {
                let columns = Printed::of(black_box(sql)).map(|printed| printed.columns(floors));
                black_box(columns).ok();
            }
        }),
    };
    let each = rounds::run(ROUNDS, 1, vec![judge]).micros("guard") / statements.len().max(1) as f64;
    figures.micros("guard.us", each, Some(300.0));
    Ok(())
}
