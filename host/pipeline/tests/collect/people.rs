//! A site whose every row names somebody, and a query that reads all of it.

use pretend_site::{SqlType, Value};

use crate::{
    database::Answers,
    house::{House, query},
};

/// How many there are.
pub const PEOPLE: u64 = 20;

/// Two statements: machines with their owners, and what somebody wrote about them.
pub const QUERY: &str = r#"
id = "contoso.people"
version = "1.0.0"
api = "1.0"
kind = "query"
title = "People"
purpose = "Reads what names people."
author = "Contoso"

[[query.statement]]
name = "people"
level = "enhanced"
sql = "SELECT Name0 AS Machine, User_Name0 AS Owner, Build01 AS Build FROM v_R_System"
[[query.statement.column]]
name = "Machine"
type = "text"
class = "identifier"
description = "The machine."
[[query.statement.column]]
name = "Owner"
type = "text"
class = "identifier"
description = "Whose it is."
[[query.statement.column]]
name = "Build"
type = "text"
class = "category"
description = "Its build."

[[query.statement]]
name = "notes"
level = "full"
sql = "SELECT Description0 AS Note, Build01 AS Build FROM v_R_System"
[[query.statement.column]]
name = "Note"
type = "text"
class = "text"
description = "What somebody wrote."
[[query.statement.column]]
name = "Build"
type = "text"
class = "category"
description = "Its build."
"#;

pub fn machine(row: u64) -> String {
    format!("BERLIN-PC-{row:04}")
}

pub fn owner(row: u64) -> String {
    format!("Lovelace{row:04}")
}

/// A house with the query in it.
pub fn house() -> House {
    let house = House::new();
    house.admit(&query(QUERY));
    house
}

pub fn answers() -> Answers {
    with_machines(machine)
}

/// The same with other machines.
pub fn with_machines(machine: impl Fn(u64) -> String + Send + Sync + 'static) -> Answers {
    let text = SqlType::NVarChar(64);
    Answers::new()
        .with("[Description0]", &[("Note", text), ("Build", text)], PEOPLE, |row| {
            vec![
                Value::Text(format!("asked {} to restart", owner(row))),
                Value::Text("10.0.26100".to_owned()),
            ]
        })
        .with("[Name0]", &[("Machine", text), ("Owner", text), ("Build", text)], PEOPLE, move |row| {
            [machine(row), owner(row), "10.0.26100".to_owned()].map(Value::Text).to_vec()
        })
}
