//! Each type of SQL Server, with a value and with NULL, as tiberius reads it.

use pretend_site::{Answer, ColumnMeta, Moment, SqlType, Value};
use tiberius::{
    ColumnData, Uuid,
    numeric::Numeric,
    time::{Date, DateTime, DateTime2, DateTimeOffset, SmallDateTime, Time},
};

use crate::support::*;

const GUID: [u8; 16] =
    [0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF];

/// 2024-03-01 13:45:10.1234567, in days since 0001-01-01 and nanoseconds.
const DAYS: u32 = 738_945;
const NANOS: u64 = (13 * 3600 + 45 * 60 + 10) * 1_000_000_000 + 123_456_700;
const MOMENT: Moment = Moment { days: DAYS, nanos: NANOS, offset: 0 };
/// The same day in days since 1900.
const DAYS_1900: i32 = 738_945 - 693_595;

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn string(value: &str) -> ColumnData<'static> {
    ColumnData::String(Some(value.to_owned().into()))
}

fn binary(value: &[u8]) -> ColumnData<'static> {
    ColumnData::Binary(Some(value.to_owned().into()))
}

fn number(value: i128, scale: u8) -> ColumnData<'static> {
    ColumnData::Numeric(Some(Numeric::new_with_scale(value, scale)))
}

/// What is sent, and what comes.
fn cases() -> Vec<(SqlType, Value, ColumnData<'static>)> {
    use SqlType as T;
    let decimal = |precision, scale| T::Decimal { precision, scale };
    let largest = 10_i128.pow(38) - 1;
    let increments = NANOS / 100;
    let offset = Moment { offset: 330, ..MOMENT };
    let early = Moment { days: DAYS, nanos: 3_600_000_000_000, offset: 120 };
    vec![
        (T::Bit, Value::Bool(true), ColumnData::Bit(Some(true))),
        (T::TinyInt, Value::Int(255), ColumnData::U8(Some(255))),
        (T::SmallInt, Value::Int(-32_768), ColumnData::I16(Some(-32_768))),
        (T::Int, Value::Int(-2_147_483_648), ColumnData::I32(Some(i32::MIN))),
        (T::BigInt, Value::Int(i64::MAX), ColumnData::I64(Some(i64::MAX))),
        (T::Real, Value::Float(1.5), ColumnData::F32(Some(1.5))),
        (T::Float, Value::Float(-0.1), ColumnData::F64(Some(-0.1))),
        (decimal(9, 2), Value::Decimal(-123_456_789), number(-123_456_789, 2)),
        (decimal(19, 0), Value::Decimal(9_999_999_999_999_999_999), number(9_999_999_999_999_999_999, 0)),
        (decimal(28, 10), Value::Int(12), number(120_000_000_000, 10)),
        (decimal(38, 38), Value::Decimal(-largest), number(-largest, 38)),
        (T::Money, Value::Decimal(-9_223_372_036_854), ColumnData::F64(Some(-922_337_203.685_4))),
        (T::SmallMoney, Value::Decimal(12_345), ColumnData::F64(Some(1.2345))),
        (T::NVarChar(20), text("gr\u{FC}n \u{1F600}"), string("gr\u{FC}n \u{1F600}")),
        (T::NVarChar(0), text(""), string("")),
        (T::NChar(5), text("ab   "), string("ab   ")),
        (T::NText, text("\u{4E2D}"), string("\u{4E2D}")),
        (T::VarChar(20), text("\u{20AC}5 \u{E9}"), string("\u{20AC}5 \u{E9}")),
        (T::VarChar(0), text("long"), string("long")),
        (T::Char(3), text("x  "), string("x  ")),
        (T::Text, text("old \u{E9}"), string("old \u{E9}")),
        (T::VarBinary(8), Value::Bytes(vec![1, 2, 3]), binary(&[1, 2, 3])),
        (T::VarBinary(0), Value::Bytes(vec![0; 70_000]), binary(&[0; 70_000])),
        (T::Binary(2), Value::Bytes(vec![255, 0]), binary(&[255, 0])),
        (T::Image, Value::Bytes(vec![9]), binary(&[9])),
        (T::UniqueIdentifier, Value::Guid(GUID), ColumnData::Guid(Some(Uuid::from_bytes(GUID)))),
        (
            T::DateTime,
            Value::Moment(MOMENT),
            // 10.1234567 s are 3037 steps of 1/300 s and a bit.
            ColumnData::DateTime(Some(DateTime::new(DAYS_1900, (13 * 3600 + 45 * 60) * 300 + 3037))),
        ),
        (
            T::SmallDateTime,
            Value::Moment(MOMENT),
            ColumnData::SmallDateTime(Some(SmallDateTime::new(DAYS_1900 as u16, 13 * 60 + 45))),
        ),
        (T::Date, Value::Moment(MOMENT), ColumnData::Date(Some(Date::new(DAYS)))),
        (T::Time(7), Value::Moment(MOMENT), ColumnData::Time(Some(Time::new(increments, 7)))),
        (T::Time(0), Value::Moment(MOMENT), ColumnData::Time(Some(Time::new(increments / 10_000_000, 0)))),
        (
            T::DateTime2(7),
            Value::Moment(MOMENT),
            ColumnData::DateTime2(Some(DateTime2::new(Date::new(DAYS), Time::new(increments, 7)))),
        ),
        (
            T::DateTime2(3),
            Value::Moment(MOMENT),
            ColumnData::DateTime2(Some(DateTime2::new(Date::new(DAYS), Time::new(increments / 10_000, 3)))),
        ),
        (
            // 13:45 in India is 08:15 in UTC.
            T::DateTimeOffset(7),
            Value::Moment(offset),
            ColumnData::DateTimeOffset(Some(DateTimeOffset::new(
                DateTime2::new(Date::new(DAYS), Time::new(increments - 330 * 60 * 10_000_000, 7)),
                330,
            ))),
        ),
        (
            // One in the morning, two hours ahead: the day before in UTC.
            T::DateTimeOffset(0),
            Value::Moment(early),
            ColumnData::DateTimeOffset(Some(DateTimeOffset::new(
                DateTime2::new(Date::new(DAYS - 1), Time::new(23 * 3600, 0)),
                120,
            ))),
        ),
        (T::SqlVariant, text("16.0.1000.6"), string("16.0.1000.6")),
        (T::SqlVariant, Value::Int(1), ColumnData::I32(Some(1))),
        (T::SqlVariant, Value::Int(1 << 40), ColumnData::I64(Some(1 << 40))),
        (T::SqlVariant, Value::Guid(GUID), ColumnData::Guid(Some(Uuid::from_bytes(GUID)))),
    ]
}

/// A row of values, and a row of NULLs.
pub fn answer() -> Answer {
    let cases = cases();
    let named = cases.iter().enumerate();
    let columns = named.map(|(place, (sql_type, _, _))| column(&format!("C{place}"), *sql_type)).collect();
    let nulls = vec![Value::Null; cases.len()];
    let values = cases.into_iter().map(|(_, value, _)| value).collect();
    Answer { columns, rows: Box::new([Ok(values), Ok(nulls)].into_iter()) }
}

#[tokio::test]
async fn each_type_is_read_as_what_it_is() {
    let site = site().await;
    let mut client = connect(&site).await;
    let rows = rows(&mut client, "SELECT a FROM types").await.unwrap();
    for ((sql_type, value, expected), (_, found)) in cases().into_iter().zip(rows[0].cells()) {
        match (&expected, found) {
            // tiberius reads money as a float.
            (ColumnData::F64(Some(expected)), ColumnData::F64(Some(found))) => {
                assert!(
                    (expected - found).abs() < 1e-9 * expected.abs(),
                    "{sql_type:?} of {value:?}: {found}"
                );
            }
            _ => assert_eq!(*found, expected, "{sql_type:?} of {value:?}"),
        }
    }
    site.stop().await;
}

#[tokio::test]
async fn each_type_can_be_null() {
    let site = site().await;
    let mut client = connect(&site).await;
    let rows = rows(&mut client, "SELECT a FROM types").await.unwrap();
    for ((sql_type, _, _), (_, found)) in cases().into_iter().zip(rows[1].cells()) {
        let shown = format!("{found:?}");
        assert!(shown.ends_with("(None)"), "{sql_type:?}: {shown}");
    }
    site.stop().await;
}

/// Types that have another form on the wire where NULL cannot be.
#[tokio::test]
async fn a_column_that_is_never_null_is_read_as_well() {
    use pretend_site::{Database, Options, Site, SqlError};
    struct Never;
    impl Database for Never {
        fn query(&self, _: &str, _: &[(String, Value)]) -> Result<Answer, SqlError> {
            let cases: Vec<_> =
                cases().into_iter().filter(|(sql_type, _, _)| *sql_type != SqlType::SqlVariant).collect();
            let columns = cases.iter().map(|(sql_type, _, _)| ColumnMeta {
                name: "C".to_owned(),
                sql_type: *sql_type,
                nullable: false,
            });
            let columns = columns.collect();
            let row = cases.into_iter().map(|(_, value, _)| value).collect();
            Ok(Answer { columns, rows: Box::new(std::iter::once(Ok(row))) })
        }
    }
    let site =
        Site::start(Options::new(vec![("CM_CAS".to_owned(), std::sync::Arc::new(Never))])).await.unwrap();
    let mut client = connect(&site).await;
    let rows = rows(&mut client, "SELECT a FROM t").await.unwrap();
    for ((sql_type, _, expected), (_, found)) in cases().into_iter().zip(rows[0].cells()) {
        if !matches!(expected, ColumnData::F64(_)) {
            assert_eq!(*found, expected, "{sql_type:?}");
        }
    }
    site.stop().await;
}

#[tokio::test]
async fn a_value_that_its_column_cannot_hold_is_an_error_and_no_broken_row() {
    use pretend_site::{Database, Options, Site, SqlError};
    struct Wrong;
    impl Database for Wrong {
        fn query(&self, _: &str, _: &[(String, Value)]) -> Result<Answer, SqlError> {
            let columns = vec![column("A", SqlType::NVarChar(2)), column("B", SqlType::TinyInt)];
            let rows = [vec![text("ab"), Value::Int(1)], vec![text("ab"), Value::Int(256)]];
            Ok(Answer { columns, rows: Box::new(rows.into_iter().map(Ok)) })
        }
    }
    let site =
        Site::start(Options::new(vec![("CM_CAS".to_owned(), std::sync::Arc::new(Wrong))])).await.unwrap();
    let mut client = connect(&site).await;
    let (number, text) = said(rows(&mut client, "SELECT a FROM t").await);
    assert_eq!(number, 50_000);
    assert_eq!(text, "The pretend site made a number out of range for the column 'B', which is TinyInt.");
    assert_eq!(cell(&mut client, "SELECT DB_NAME()").await, "CM_CAS");
    site.stop().await;
}
