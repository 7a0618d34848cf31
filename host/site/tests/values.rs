//! Every SQL Server type has its column type, and nothing is cast in silence.

#![cfg(test)]

mod support;

use std::sync::Arc;

use glasshouse_contract::{Batch, ColumnType, Schema};
use glasshouse_site::{Cause, SiteError, WrongType};
use pretend_site::{FaultKind, Moment, SqlType, Value};
use support::{Pretend, all, column, fault, pretend, printed, schema};

/// A site with one table of one column, and what a column of that type becomes.
async fn one(sql_type: SqlType, values: Vec<Value>, kind: ColumnType) -> Result<Batch, SiteError> {
    let pretend = table(sql_type, values).await;
    read(&pretend, &schema(&[("x", kind)])).await
}

async fn table(sql_type: SqlType, values: Vec<Value>) -> Pretend {
    let rows = values.into_iter().map(|value| vec![value]).collect();
    pretend(vec![("v_X", vec![column("x", sql_type)], rows)], |_| {}).await
}

async fn read(pretend: &Pretend, schema: &Arc<Schema>) -> Result<Batch, SiteError> {
    let mut rows = pretend.site().query(&printed("SELECT x FROM v_X"), schema, 1).await?;
    let batches = all(&mut rows).await?;
    assert_eq!(batches.len(), 1);
    Ok(batches.into_iter().next().unwrap())
}

/// The cells of the one column, as text; `-` for null.
fn cells(batch: &Batch) -> Vec<String> {
    use glasshouse_contract::Column;
    let column = &batch.columns()[0];
    (0..batch.rows() as usize)
        .map(|row| match column {
            Column::Text(column) => column.get(row).map(str::to_owned),
            Column::Int(column) => column.get(row).map(|value| value.to_string()),
            Column::Timestamp(column) => {
                column.get(row).map(|value| jiff::Timestamp::from_microsecond(value).unwrap().to_string())
            }
            Column::Float(column) => column.get(row).map(|value| value.to_string()),
            Column::Boolean(column) => column.get(row).map(|value| value.to_string()),
        })
        .map(|cell| cell.unwrap_or_else(|| "-".to_owned()))
        .collect()
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn moment(days: u32, nanos: u64, offset: i16) -> Value {
    Value::Moment(Moment { days, nanos, offset })
}

const NOON: u64 = 12 * 3_600_000_000_000;
/// 2026-01-07.
const DAY: u32 = 739_622;

#[tokio::test]
async fn each_type_keeps_its_meaning_and_its_nulls() {
    use ColumnType::{Boolean, Float, Int, Text, Timestamp};
    let guid = Value::Guid([0xAB, 0xCD, 0xEF, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
    let decimal = |precision, scale| SqlType::Decimal { precision, scale };
    let bytes = || Value::Bytes(vec![0, 0x1f, 0xff]);
    let cases = [
        (SqlType::Bit, Value::Bool(true), Boolean, "true"),
        (SqlType::TinyInt, Value::Int(255), Int, "255"),
        (SqlType::SmallInt, Value::Int(-32_768), Int, "-32768"),
        (SqlType::Int, Value::Int(-2_147_483_648), Int, "-2147483648"),
        (SqlType::BigInt, Value::Int(i64::MIN), Int, "-9223372036854775808"),
        (SqlType::Real, Value::Float(0.25), Float, "0.25"),
        (SqlType::Float, Value::Float(0.1), Float, "0.1"),
        (decimal(38, 0), Value::Decimal(i128::from(i64::MAX)), Int, "9223372036854775807"),
        (decimal(9, 2), Value::Decimal(-1205), Float, "-12.05"),
        (decimal(9, 2), Value::Decimal(-1205), Text, "-12.05"),
        (decimal(38, 10), Value::Decimal(1), Text, "0.0000000001"),
        (SqlType::Money, Value::Decimal(-12_345_678), Text, "-1234.5678"),
        (SqlType::Money, Value::Decimal(5_000), Float, "0.5"),
        (SqlType::SmallMoney, Value::Decimal(1), Text, "0.0001"),
        (SqlType::NVarChar(20), text("naïve 🦀"), Text, "naïve 🦀"),
        (SqlType::NVarChar(0), text("max"), Text, "max"),
        (SqlType::NChar(5), text("ab   "), Text, "ab   "),
        (SqlType::NText, text("old"), Text, "old"),
        (SqlType::VarChar(20), text("é€"), Text, "é€"),
        (SqlType::VarChar(0), text("max"), Text, "max"),
        (SqlType::Char(3), text("a  "), Text, "a  "),
        (SqlType::Text, text("old"), Text, "old"),
        (SqlType::Xml, text("<a>ü</a>"), Text, "<a>ü</a>"),
        (SqlType::UniqueIdentifier, guid, Text, "ABCDEF01-0203-0405-0607-08090A0B0C0D"),
        (SqlType::Binary(3), bytes(), Text, "0x001FFF"),
        (SqlType::VarBinary(9), bytes(), Text, "0x001FFF"),
        (SqlType::VarBinary(0), bytes(), Text, "0x001FFF"),
        (SqlType::Image, bytes(), Text, "0x001FFF"),
        (SqlType::Time(0), moment(0, NOON, 0), Text, "12:00:00"),
        (SqlType::Time(7), moment(0, NOON + 100, 0), Text, "12:00:00.0000001"),
        (SqlType::Date, moment(DAY, 0, 0), Timestamp, "2026-01-07T00:00:00Z"),
        (SqlType::DateTime, moment(DAY, NOON, 0), Timestamp, "2026-01-07T12:00:00Z"),
        (SqlType::SmallDateTime, moment(DAY, NOON, 0), Timestamp, "2026-01-07T12:00:00Z"),
        (SqlType::DateTime2(7), moment(DAY, NOON + 1_900, 0), Timestamp, "2026-01-07T12:00:00.000001Z"),
        (SqlType::DateTime2(0), moment(DAY, NOON, 0), Timestamp, "2026-01-07T12:00:00Z"),
        // Noon two hours ahead of UTC is ten in UTC.
        (SqlType::DateTimeOffset(3), moment(DAY, NOON, 120), Timestamp, "2026-01-07T10:00:00Z"),
        (SqlType::SqlVariant, text("16.0.1000"), Text, "16.0.1000"),
        (SqlType::SqlVariant, Value::Int(3), Int, "3"),
    ];
    for (sql_type, value, kind, expected) in cases {
        let batch = one(sql_type, vec![value, Value::Null], kind).await;
        let batch = batch.unwrap_or_else(|error| panic!("{sql_type:?}: {error}"));
        assert_eq!(cells(&batch), [expected, "-"], "{sql_type:?} as {kind}");
    }
}

#[tokio::test]
async fn what_a_column_cannot_hold_is_an_error_with_its_row() {
    use ColumnType::{Int, Text};
    let decimal = |precision, scale| SqlType::Decimal { precision, scale };
    for (sql_type, values, kind, row, why) in [
        (decimal(9, 2), vec![Value::Null, Value::Decimal(100)], Int, 2, "fraction"),
        (decimal(38, 0), vec![Value::Decimal(10_i128.pow(30))], Int, 1, "64 bits"),
        (SqlType::SqlVariant, vec![Value::Int(1), text("one")], Int, 2, "sql_variant"),
        (SqlType::Money, vec![Value::Decimal(i128::from(i64::MAX))], Text, 1, "exactly"),
    ] {
        let error = one(sql_type, values, kind).await.unwrap_err();
        assert_cause!(error, Cause::Value { column, row: found, why: found_why }
            if column == "x" && *found == row && found_why.contains(why));
    }
}

#[tokio::test]
async fn a_type_that_is_not_declared_is_an_error_that_names_both() {
    use ColumnType::{Boolean, Float, Int, Text, Timestamp};
    for (sql_type, declared, found) in [
        (SqlType::Int, Text, "int"),
        (SqlType::Int, Float, "int"),
        (SqlType::Bit, Int, "bit"),
        (SqlType::Float, Int, "float"),
        (SqlType::NVarChar(9), Int, "nvarchar"),
        (SqlType::DateTime, Text, "datetime"),
        (SqlType::Time(3), Timestamp, "time"),
        (SqlType::TinyInt, Boolean, "tinyint"),
        (SqlType::UniqueIdentifier, Int, "uniqueidentifier"),
    ] {
        // Without a row too: it is the column that is wrong.
        let error = read(&table(sql_type, Vec::new()).await, &schema(&[("x", declared)])).await.unwrap_err();
        let expected = [WrongType { column: "x".to_owned(), declared, found }];
        assert_cause!(error, Cause::Columns { types, .. } if *types == expected);
    }
}

#[tokio::test]
async fn columns_that_are_missing_extra_or_in_another_order_are_named() {
    let columns = vec![column("a", SqlType::Int), column("b", SqlType::Int), column("x", SqlType::Int)];
    let pretend = pretend(vec![("v_X", columns, Vec::new())], |_| {}).await;
    let ask = async |names: &[&str]| {
        let fields: Vec<_> = names.iter().map(|name| (*name, ColumnType::Int)).collect();
        read(&pretend, &schema(&fields)).await.unwrap_err()
    };
    let error = ask(&["a", "c", "x"]).await;
    assert_cause!(error, Cause::Columns { missing, extra, .. } if *missing == ["c"] && *extra == ["b"]);
    assert_eq!(
        error.to_string(),
        "site `cas`: the columns are not those of the manifest: missing c; not declared b"
    );
    assert_cause!(ask(&["b", "a", "x"]).await, Cause::Columns { reordered: true, .. });
}

#[tokio::test]
async fn a_type_that_the_manifest_did_not_promise_is_an_error_of_the_statement_alone() {
    let pretend = support::with_fault(fault(FaultKind::WrongType("Type".to_owned())).times(1)).await;
    let site = pretend.site();
    assert_cause!(support::failure(&site).await, Cause::Columns { types, .. } if types[0].column == "Type");
    support::ask(&site).await.unwrap();
}

#[tokio::test]
async fn a_null_where_none_may_be_is_an_error_with_its_row() {
    let pretend = table(SqlType::Int, vec![Value::Int(1), Value::Null]).await;
    let mut fields = schema(&[("x", ColumnType::Int)]).fields().to_vec();
    fields[0].nullable = false;
    let error = read(&pretend, &Arc::new(Schema::new(fields).unwrap())).await.unwrap_err();
    assert_cause!(error, Cause::Null { column, row: 2 } if column == "x");
}

#[tokio::test]
async fn half_a_character_is_replaced_and_counted_and_the_rest_stays() {
    let pretend = support::with_fault(fault(FaultKind::LoneSurrogates)).await;
    let site = pretend.site();
    let mut rows = site.query(&printed(support::SITES), &support::sites(), 64).await.unwrap();
    let batches = all(&mut rows).await.unwrap();
    assert_eq!(cells(&batches[0]), ["CAS\u{fffd}", "P01\u{fffd}", "P02\u{fffd}"]);
    assert_eq!((rows.replaced_cells(), rows.cut_cells()), (3, 0));
}

#[tokio::test]
async fn a_cell_over_its_limit_is_cut_at_a_character_and_counted() {
    // One KiB is the limit in `read`; three bytes a character do not divide it.
    for (value, kept) in [
        ("x".repeat(1024), 1024),
        ("x".repeat(1025), 1024),
        ("€".repeat(2000), 1023),
        ("x".repeat(100_000), 1024),
        ("🦀".repeat(50_000), 1024),
    ] {
        let pretend = table(SqlType::NVarChar(0), vec![text(&value), text("whole")]).await;
        let site = pretend.site();
        let schema = schema(&[("x", ColumnType::Text)]);
        let mut rows = site.query(&printed("SELECT x FROM v_X"), &schema, 1).await.unwrap();
        let cells = cells(&all(&mut rows).await.unwrap()[0]);
        assert_eq!(cells[0], value[..kept]);
        assert_eq!(cells[1], "whole");
        assert_eq!(rows.cut_cells(), u64::from(value.len() > 1024), "{} bytes", value.len());
        assert_eq!(rows.replaced_cells(), 0);
    }
}

#[tokio::test]
async fn batches_close_at_8192_rows() {
    let pretend = support::with_fault(fault(FaultKind::Rows(20_000))).await;
    let batches = support::ask(&pretend.site()).await.unwrap();
    assert_eq!(batches.iter().map(Batch::rows).collect::<Vec<_>>(), [8192, 8192, 3616]);
}

#[tokio::test]
async fn batches_close_at_8_mib() {
    // TEXTSIZE does not cut a varchar of 8,000.
    let rows = vec![text(&"x".repeat(8000)); 2100];
    let pretend = table(SqlType::VarChar(8000), rows).await;
    let schema = schema(&[("x", ColumnType::Text)]);
    let mut rows = pretend.site().query(&printed("SELECT x FROM v_X"), &schema, 8).await.unwrap();
    let batches = all(&mut rows).await.unwrap();
    let most = 8 * 1024 * 1024 + 8004;
    assert!(
        batches.iter().all(|batch| batch.size() <= most),
        "{:?}",
        batches.iter().map(Batch::size).collect::<Vec<_>>()
    );
    assert_eq!(batches.iter().map(Batch::rows).sum::<u32>(), 2100);
    assert_eq!(batches.len(), 3);
}

#[tokio::test]
async fn an_answer_without_rows_is_no_batch() {
    let pretend = table(SqlType::Int, Vec::new()).await;
    let schema = schema(&[("x", ColumnType::Int)]);
    let mut rows = pretend.site().query(&printed("SELECT x FROM v_X"), &schema, 1).await.unwrap();
    assert!(rows.next().await.unwrap().is_none());
}
