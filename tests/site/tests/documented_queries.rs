//! The queries that the documentation's items need, asked of both hierarchies.

#![cfg(test)]

use pretend_site::{Database, Hierarchy, Plan, Row, SiteData, SqlType, Value};

/// Queries that have no rows to give: nothing of the hierarchy is so.
const MAY_BE_EMPTY: [&str; 0] = [];

fn queries() -> Vec<(String, String)> {
    let document: serde_json::Value = serde_json::from_str(include_str!("queries.json")).unwrap();
    let text = |entry: &serde_json::Value, key: &str| entry[key].as_str().unwrap().to_owned();
    document.as_array().unwrap().iter().map(|entry| (text(entry, "id"), text(entry, "sql"))).collect()
}

fn site(hierarchy: Hierarchy, devices: u32, planted: bool) -> SiteData {
    SiteData::new(Plan { devices, hierarchy, planted, ..Plan::default() }).unwrap()
}

fn rows(site: &SiteData, sql: &str) -> Vec<Row> {
    let answer = site.query(sql, &[]).unwrap_or_else(|error| panic!("{sql}\n{error}"));
    answer.rows.map(|row| row.unwrap_or_else(|error| panic!("{sql}\n{error}"))).collect()
}

fn fits(value: &Value, sql_type: SqlType) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(_) => sql_type == SqlType::Bit,
        Value::Int(_) => {
            matches!(
                sql_type,
                SqlType::TinyInt | SqlType::SmallInt | SqlType::Int | SqlType::BigInt | SqlType::SqlVariant
            )
        }
        Value::Float(_) => matches!(sql_type, SqlType::Float | SqlType::Real),
        Value::Decimal(_) => matches!(sql_type, SqlType::Decimal { .. }),
        Value::Text(_) => matches!(
            sql_type,
            SqlType::NVarChar(_) | SqlType::VarChar(_) | SqlType::Char(_) | SqlType::SqlVariant
        ),
        Value::Guid(_) => sql_type == SqlType::UniqueIdentifier,
        Value::Moment(_) => matches!(sql_type, SqlType::DateTime | SqlType::DateTime2(_)),
        Value::Utf16(_) | Value::Bytes(_) => false,
    }
}

#[test]
fn each_of_the_76_queries_has_an_answer_in_both_hierarchies() {
    let queries = queries();
    assert_eq!(queries.len(), 76);
    for hierarchy in [Hierarchy::Central, Hierarchy::StandAlone] {
        let begun = std::time::Instant::now();
        let site = site(hierarchy, 5000, true);
        println!("{hierarchy:?} is ready after {:?}", begun.elapsed());
        for (id, sql) in &queries {
            let begun = std::time::Instant::now();
            let answer = site.query(sql, &[]).unwrap_or_else(|error| panic!("{id}: {error}\n{sql}"));
            let columns = answer.columns;
            let mut count = 0;
            for row in answer.rows {
                let row = row.unwrap_or_else(|error| panic!("{id}: {error}"));
                assert_eq!(row.len(), columns.len(), "{id}");
                for (value, column) in row.iter().zip(&columns) {
                    assert!(fits(value, column.sql_type), "{id}: {value:?} in {column:?}");
                    assert!(column.nullable || *value != Value::Null, "{id}: NULL in {column:?}");
                }
                count += 1;
            }
            println!("{id}: {count} rows, {:?}", begun.elapsed());
            assert!(count > 0 || MAY_BE_EMPTY.contains(&id.as_str()), "{id} has no rows");
        }
    }
}

#[test]
fn the_columns_of_an_answer_are_the_same_when_there_are_no_rows() {
    let (some, none) = (site(Hierarchy::Central, 300, true), site(Hierarchy::Central, 0, false));
    for (id, sql) in queries() {
        let (a, b) = (some.query(&sql, &[]).unwrap(), none.query(&sql, &[]).unwrap());
        assert_eq!(a.columns, b.columns, "{id}");
        b.rows.for_each(|row| drop(row.unwrap_or_else(|error| panic!("{id}: {error}"))));
    }
}

#[test]
fn the_documented_example_of_collections_is_there() {
    let site = site(Hierarchy::Central, 5000, false);
    let members = |name: &str| {
        rows(&site, &format!("SELECT MemberCount FROM v_Collection WHERE Name = '{name}'"))[0][0].clone()
    };
    assert_eq!(members("All Systems"), Value::Int(5000));
    assert_eq!(members("Windows 10 devices"), Value::Int(3000));
    assert_eq!(members("IT department"), Value::Int(200));
    assert_eq!(members("CEO staff"), Value::Int(20));
    let both = "SELECT COUNT(*) FROM v_FullCollectionMembership w
        JOIN v_FullCollectionMembership i ON i.ResourceID = w.ResourceID
        JOIN v_Collection wc ON wc.CollectionID = w.CollectionID AND wc.Name = 'Windows 10 devices'
        JOIN v_Collection ic ON ic.CollectionID = i.CollectionID AND ic.Name = 'IT department'";
    assert_eq!(rows(&site, both), [[Value::Int(150)]]);
}

#[test]
fn the_same_seed_gives_the_same_rows_and_another_seed_others() {
    let plan = Plan { devices: 400, ..Plan::default() };
    let dump = |plan: Plan| {
        let site = SiteData::new(plan).unwrap();
        let tables: Vec<Value> = rows(&site, "SELECT ViewName FROM v_SchemaViews ORDER BY ViewName")
            .into_iter()
            .flatten()
            .collect();
        assert_eq!(tables.len(), 60);
        let mut all = String::new();
        for table in tables {
            let Value::Text(name) = table else { panic!("{table:?}") };
            all.push_str(&format!("{name} {:?}\n", rows(&site, &format!("SELECT * FROM [{name}]"))));
        }
        all
    };
    let first = dump(plan);
    assert_eq!(first, dump(plan));
    assert_ne!(first, dump(Plan { seed: 2, ..plan }));
}

#[test]
fn every_text_column_of_every_view_has_a_canary_of_each_class() {
    let site = site(Hierarchy::Central, 300, true);
    let columns = rows(
        &site,
        "SELECT TABLE_NAME, COLUMN_NAME FROM INFORMATION_SCHEMA.COLUMNS WHERE DATA_TYPE IN ('nvarchar', 'varchar')",
    );
    assert_eq!(columns.len() * 9, site.canaries().len());
    let mut values = std::collections::HashSet::new();
    for canary in site.canaries() {
        assert!(values.insert(canary.value.clone()), "{canary:?} is not the only one");
    }
    for row in columns {
        let [Value::Text(view), Value::Text(column)] = row.as_slice() else { panic!("{row:?}") };
        let planted: Vec<_> = site
            .canaries()
            .iter()
            .filter(|canary| canary.view == *view && canary.column == *column)
            .collect();
        assert_eq!(planted.len(), 9, "{view}.{column}");
        let found = rows(&site, &format!("SELECT DISTINCT [{column}] FROM [{view}]"));
        for canary in planted {
            assert!(found.contains(&vec![Value::Text(canary.value.clone())]), "{canary:?} is not there");
        }
    }
}

#[test]
fn planted_rows_pass_the_filters_of_the_queries() {
    let site = site(Hierarchy::Central, 300, true);
    let shown: String =
        queries().iter().map(|(_, sql)| format!("{:?}", rows(&site, sql))).collect::<Vec<_>>().concat();
    let counts = pretend_site::Class::ALL.map(|class| {
        let own = site.canaries().iter().filter(|canary| canary.class == class);
        own.filter(|canary| shown.contains(&canary.value.replace('\\', "\\\\"))).count()
    });
    // So many text columns do the queries show, and each class is in all of them.
    assert!(counts.iter().all(|count| *count >= 26), "{counts:?}");
}
