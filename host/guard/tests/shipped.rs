//! The documented statements, which other servers have run.

#![cfg(test)]

use std::fmt::Write as _;

use glasshouse_guard::{Floors, Printed};
use serde_json::Value;

fn statements() -> Vec<(String, String)> {
    let list: Vec<Value> = serde_json::from_str(include_str!("statements/shipped.json")).unwrap();
    let text = |value: &Value, key: &str| value[key].as_str().unwrap().to_owned();
    list.iter().map(|value| (text(value, "id"), text(value, "sql"))).collect()
}

fn printed(id: &str, sql: &str) -> Printed {
    Printed::of(sql).unwrap_or_else(|refusal| panic!("{id}: {refusal}\n{sql}"))
}

#[test]
fn every_documented_statement_passes_and_its_print_is_stable() {
    let statements = statements();
    assert_eq!(statements.len(), 76);
    for (id, sql) in statements {
        let once = printed(&id, &sql);
        assert_eq!(printed(&id, once.as_str()), once, "{id}");
    }
}

/// What is sent, and each column's floor: a change of either is seen here.
#[test]
fn what_is_sent_for_them_and_the_floor_of_each_column() {
    let mut text = String::new();
    for (id, sql) in statements() {
        let printed = printed(&id, &sql);
        writeln!(text, "{id} {}", printed.as_str()).unwrap();
        for column in printed.columns(Floors::shipped()) {
            writeln!(text, "     {} is {}: {}", column.name, column.floor, column.why).unwrap();
        }
        if !printed.needs().names().is_empty() {
            writeln!(text, "     needs {}", printed.needs().names().join(", ")).unwrap();
        }
    }
    insta::assert_snapshot!(text);
}
