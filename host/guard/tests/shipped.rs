//! The statements that are shipped, and that other servers have run.

#![cfg(test)]

use glasshouse_guard::Printed;
use serde_json::Value;

fn statements() -> Vec<(String, String)> {
    let list: Vec<Value> = serde_json::from_str(include_str!("statements/shipped.json")).unwrap();
    let text = |value: &Value, key: &str| value[key].as_str().unwrap().to_owned();
    list.iter().map(|value| (text(value, "id"), text(value, "sql"))).collect()
}

#[test]
fn every_shipped_statement_passes_and_its_print_is_stable() {
    let statements = statements();
    assert_eq!(statements.len(), 76);
    for (id, sql) in statements {
        let printed = Printed::of(&sql).unwrap_or_else(|refusal| panic!("{id}: {refusal}\n{sql}"));
        let again = Printed::of(printed.as_str())
            .unwrap_or_else(|refusal| panic!("{id}: {refusal}\n{}", printed.as_str()));
        assert_eq!(again, printed, "{id}");
    }
}
