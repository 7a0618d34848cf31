//! A query that declares no outputs gives its statements' rows as they are: their SQL was judged, and nobody judged what
//! it makes of them. One that builds a table of its own, or gives a batch out under another statement's name, is stopped.

use glasshouse_contract::{Kind, Name};
use glasshouse_sandbox::CallError;

use crate::harness::{context, load, manifest, of_people, people, shaped, still_serves};

#[test]
fn a_query_without_outputs_builds_none() {
    let attack = include_str!("host_memory/rows.wat");
    let error = shaped(&manifest(Kind::Query, "", ""), attack).unwrap_err();
    assert!(matches!(&error, CallError::Trap { .. }), "{error:?}");
    assert!(error.to_string().contains("the manifest declares no output `people`"), "{error}");
    still_serves();
}

#[test]
fn rows_of_a_statement_go_under_its_name_and_no_other() {
    let sql = "level = 'basic'\nsql = 'SELECT Name, Age FROM Others'";
    let manifest = manifest(Kind::Query, "", &of_people("statement", "others", sql));
    let plugin = load(&manifest, include_str!("undeclared_output/guest.wat")).unwrap();
    // It gives everything out as `people`.
    let mut honest = plugin.shaper(&context()).unwrap();
    honest.take(&Name::new("people").unwrap(), &people()).unwrap();
    let tables = honest.finish().unwrap().tables;
    assert_eq!(tables.iter().map(|table| table.batches.len()).collect::<Vec<_>>(), [1, 0]);

    let mut liar = plugin.shaper(&context()).unwrap();
    liar.take(&Name::new("others").unwrap(), &people()).unwrap();
    let tables = liar.finish().unwrap().tables;
    assert!(tables.iter().all(|table| table.batches.is_empty()), "{tables:?}");
    still_serves();
}
