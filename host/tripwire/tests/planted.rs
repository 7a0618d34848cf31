//! What is planted is found, however it is written and wherever it stands.

#![cfg(test)]

mod encodings;

use std::sync::Arc;

use encodings::{all_escaped, base64, hex, json, percent, utf16};
use fake::{
    Fake,
    faker::{internet::en::SafeEmail, name::en::Name, name::ja_jp},
    rand::{SeedableRng, rngs::StdRng},
};
use glasshouse_contract::{Batch, ColumnBuilder, ColumnName, ColumnType, DataClass, Field, Schema};
use glasshouse_detect::{Detectors, Kinds};
use glasshouse_tripwire::{ColumnRule, Encoding, Full, Hit, HitKind, KnownValues, Tripwire, Words};
use proptest::prelude::*;

const ROOM: usize = 64 << 20;

fn known(values: &[&str]) -> KnownValues {
    let known = KnownValues::new([3; 32], ROOM);
    values.iter().for_each(|value| known.take_value(value).unwrap());
    known
}

fn in_bytes(known: &KnownValues, bytes: &[u8]) -> Vec<Hit> {
    Tripwire::new(known, Detectors::of(Kinds::NONE)).scan_bytes(bytes)
}

fn batch(class: DataClass, cells: &[&str]) -> Batch {
    let mut column = ColumnBuilder::new(ColumnType::Text, cells.len());
    cells.iter().for_each(|cell| column.push_text(cell));
    let name = ColumnName::new("Cells").unwrap();
    let schema = Schema::new(vec![Field { name, kind: ColumnType::Text, nullable: false, class }]).unwrap();
    Batch::new(Arc::new(schema), cells.len() as u32, vec![column.finish()]).unwrap()
}

fn in_cells(known: &KnownValues, class: DataClass, cells: &[&str]) -> Vec<Hit> {
    Tripwire::new(known, Detectors::of(Kinds::NONE)).scan(&batch(class, cells), &[])
}

/// Every way of writing a value that the tripwire promises to read.
fn encoded(value: &str) -> Vec<String> {
    let mut forms = vec![
        value.to_owned(),
        percent(value, false),
        percent(value, true),
        percent(&json(value), false),
        json(value),
        json(&json(value)),
        all_escaped(value),
        json(&all_escaped(value)),
    ];
    let bytes = [value.as_bytes().to_vec(), utf16(value, false), utf16(value, true)];
    for bytes in &bytes {
        forms.push(hex(bytes));
        forms.push(hex(bytes).to_uppercase());
        forms.push(format!("0x{}", hex(bytes)));
        for (url, pad) in [(false, true), (false, false), (true, true), (true, false)] {
            forms.push(base64(bytes, url, pad));
        }
        forms.push(percent(&base64(bytes, false, true), false));
        forms.push(json(&base64(bytes, false, true)));
    }
    forms
}

/// What a value may stand in.
fn embedded(form: &str) -> [String; 9] {
    [
        form.to_owned(),
        format!("{{\"rows\":[{{\"a\":1,\"name\":\"{form}\"}}]}}"),
        format!("{{\\\"name\\\":\\\"{form}\\\"}}"),
        format!("https://collector.example/v1/events?from={form}&to=x"),
        format!("https://collector.example/v1/events?from=%22{form}%22"),
        format!("7,\"{form}\",2026-01-28\r\n"),
        format!("7;{form};x"),
        format!("<![LOG[Policy of {form} was read.]LOG]!><time=\"09:30:00.000+000\">"),
        format!("first line\\n{form}\\r\\nlast line"),
    ]
}

fn any_case(value: &str, upper: &[bool]) -> String {
    let mut upper = upper.iter().cycle();
    value
        .chars()
        .map(|one| match upper.next() {
            Some(true) => one.to_ascii_uppercase(),
            _ => one.to_ascii_lowercase(),
        })
        .collect()
}

fn values() -> impl Strategy<Value = String> {
    prop_oneof![
        "[A-Z]{3,8}-[A-Z0-9]{3,7}",
        "[a-z]{3,9}\\.[a-z]{3,9}[0-9]{0,3}@[a-z]{3,9}\\.example",
        "[A-Z]{3,9}\\\\[a-z][a-z]{2,8}[0-9]{1,3}",
        // Accounts whose stroke can be read as an escape.
        "[A-Z]{3,9}\\\\[bfnrt][a-z]{2,8}",
        "[A-Z]{3,9}\\\\[ux][0-9a-f]{4}[a-z]{0,4}",
        "[a-z]{2,5}[0-9]{4}\\.[a-z]{3,9}\\.example",
        "[A-Z][a-z]{2,8} [A-Z][a-z]{3,9}",
        "[A-Z][a-zäöüéøł]{5,9}",
        "Олена [А-Я][а-я]{4,8}",
        "S-1-5-21-[0-9]{9}-[0-9]{9}-[0-9]{4}",
        "CN=[A-Z][a-z]{3,9},OU=[A-Z][a-z]{3,9},DC=contoso,DC=example",
        "\\\\\\\\srv[0-9]{3}\\\\share[0-9]{2}",
        "[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}",
        "[0-9]{8,11}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn every_value_is_found_in_every_encoding_and_place(value in values(), upper: [bool; 7]) {
        let known = known(&[&value]);
        for form in encoded(&any_case(&value, &upper)) {
            for text in embedded(&form) {
                prop_assert!(!in_bytes(&known, text.as_bytes()).is_empty(), "{value} in {text}");
                for class in [DataClass::Category, DataClass::Pseudonym] {
                    prop_assert!(!in_cells(&known, class, &["", &text]).is_empty(), "{value} in {text}");
                }
            }
        }
    }

    #[test]
    fn every_value_is_found_in_raw_utf16(value in values(), upper: [bool; 7], big: bool, odd: bool) {
        let known = known(&[&value]);
        let mut bytes = if odd { b"x".to_vec() } else { Vec::new() };
        bytes.extend(utf16(&format!("name: {};", any_case(&value, &upper)), big));
        prop_assert!(!in_bytes(&known, &bytes).is_empty());
    }

    #[test]
    fn any_bytes_at_all_are_taken(value in ".{0,40}", bytes: Vec<u8>, text in ".{0,200}") {
        let known = known(&[&value]);
        let _ = in_bytes(&known, &bytes);
        let _ = in_cells(&known, DataClass::Text, &[&text, &value]);
    }

    /// Where the blocks of the scan begin does not matter.
    #[test]
    fn what_is_far_before_does_not_matter(value in values(), len in 0_usize..150) {
        let known = known(&[&value]);
        let text = format!("{}{value}", "- ".repeat(len));
        prop_assert_eq!(in_bytes(&known, text.as_bytes()).first().map(|hit| hit.count), Some(1));
    }
}

/// Put together by hand, by someone who escaped some of it.
#[test]
fn a_stroke_that_may_be_an_escape_is_read_both_ways() {
    // Their parts are too short to be found by themselves.
    let accounts = ["CORP\\nina", "CORP\\tom.l", "CORP\\u00e9", "CORP\\x41ve", "\\\\srv1\\news"];
    for value in accounts {
        let known = known(&[value]);
        let last = value.chars().last().unwrap();
        let cut = value.len() - 1;
        // A code for a letter beside what looks like one: the two are told apart by nothing.
        let coded = (!value.contains("\\x41")).then(|| {
            [
                format!("\\u0022{}\\u{:04x}\\u0022", &value[..cut], u32::from(last)),
                format!("\\x22{}\\x{:02x}\\x22", &value[..cut], u32::from(last)),
            ]
        });
        let texts = [
            format!("%22{value}%22"),
            format!("a%20b {value}"),
            format!("from={}%{:02X}&to=1", &value[..cut], u32::from(last)),
            format!("from=%22{}%{:02X}%22&to=1", &value[..cut], u32::from(last)),
            format!("%2522{}%25{:02X}%2522", &value[..cut], u32::from(last)),
            format!("first\\n{value}\\r\\nlast"),
            format!("first\\n{}%{:02X}\\r\\nlast", &value[..cut], u32::from(last)),
            format!("\\u0022{value}\\u0022"),
            format!("caf\\u00e9%20\\n{value}\\n"),
        ];
        for text in texts.into_iter().chain(coded.into_iter().flatten()) {
            let hits = in_bytes(&known, text.as_bytes());
            assert_eq!(hits.iter().map(|hit| hit.count).collect::<Vec<_>>(), [1], "{text}: {hits:?}");
        }
    }
}

#[test]
fn made_up_people_are_found() {
    let mut dice = StdRng::seed_from_u64(7);
    let known = KnownValues::new([1; 32], ROOM);
    let mut values = Vec::new();
    for _ in 0..2_000 {
        let mail: String = SafeEmail().fake_with_rng(&mut dice);
        let name: String = Name().fake_with_rng(&mut dice);
        let japanese: String = ja_jp_name(&mut dice);
        values.extend([mail, name, japanese]);
    }
    values.iter().for_each(|value| known.take_value(value).unwrap());
    for value in values.iter().filter(|value| value.chars().count() >= 6) {
        let text = format!("seen: {} today", value.to_uppercase());
        assert!(!in_bytes(&known, text.as_bytes()).is_empty(), "{text}");
    }
}

fn ja_jp_name(dice: &mut StdRng) -> String {
    ja_jp::Name().fake_with_rng(dice)
}

#[test]
fn parts_of_a_value_are_found_by_themselves() {
    let known = known(&["CONTOSO\\adalove", "srv0042.corp.contoso.example", "grace.hopper@navy.example"]);
    for part in ["contoso", "AdaLove", "SRV0042", "Grace.Hopper"] {
        assert_eq!(in_bytes(&known, format!("x {part}, y").as_bytes()).len(), 1, "{part}");
    }
}

#[test]
fn only_whole_tokens_are_found() {
    let known = known(&["PC0042"]);
    for text in ["PC00421", "XPC0042", "PC 0042", "PC004", "éPC0042", "PC0042é", "v_PC0042", "PC0042_x"] {
        assert_eq!(in_bytes(&known, text.as_bytes()), [], "{text}");
    }
    for text in ["PC0042", "(pc0042)", "Pc0042.", "„PC0042“", "x-PC0042-y", "\u{0}PC0042"] {
        assert_eq!(in_bytes(&known, text.as_bytes()).len(), 1, "{text}");
    }
}

#[test]
fn short_values_and_the_closed_vocabulary_count_as_whole_cells_of_no_pseudonym() {
    let known = KnownValues::new([3; 32], ROOM).closed_vocabulary(["Operator", "Visual Studio"]);
    for value in ["ann", "CONTOSO\\Operator", "Visual Studio"] {
        known.take_value(value).unwrap();
    }
    for cell in ["ann", "ANN", " (Ann) ", "operator", "visual  studio"] {
        assert_eq!(in_cells(&known, DataClass::Category, &[cell]).len(), 1, "{cell}");
        assert_eq!(in_cells(&known, DataClass::Pseudonym, &[cell]), [], "{cell}");
        assert_eq!(in_cells(&known, DataClass::Category, &[&format!("{cell} was here")]), [], "{cell}");
        assert_eq!(in_bytes(&known, cell.as_bytes()), [], "{cell}");
    }
    assert_eq!(in_cells(&known, DataClass::Pseudonym, &["contoso\\OPERATOR"]).len(), 1);
}

/// A site whose collection is named like a class of Configuration Manager, and the query that reads that class.
#[test]
fn words_of_the_query_are_no_leak_where_the_query_wrote_them() {
    let known = known(&["SMS_G_System_X", "Perimeter", "Unhealthy", "Site Systems"]);
    let words =
        Words::new(["SMS_G_System_X", "v_Perimeter_Foo", "Unhealthy", "Perimeter Group", "Site Systems"]);
    let tripwire = Tripwire::new(&known, Detectors::of(Kinds::NONE)).own_words(&words);
    let body = br#"{"SMS_G_System_X":"unhealthy","v_Perimeter_Foo":["Perimeter Group","Site Systems"]}"#;
    assert_eq!(tripwire.scan_bytes(body), []);
    assert_eq!(in_bytes(&known, body).iter().map(|hit| hit.count).sum::<u64>(), 4);
    // Inside a cell as well; a whole cell could have been read, unless it is known not to have been.
    let cells = batch(DataClass::Category, &["class SMS_G_System_X", "of a Perimeter Group"]);
    assert_eq!(tripwire.scan(&cells, &[]), []);
    let cells = batch(DataClass::Category, &["SMS_G_System_X", "Unhealthy"]);
    assert_eq!(tripwire.scan(&cells, &[]).first().map(|hit| hit.count), Some(2));
    let own = Words::new(["SMS_G_System_X", "Unhealthy"]);
    let rules = [ColumnRule { own: Some(&own), ..ColumnRule::default() }];
    assert_eq!(tripwire.scan(&cells, &rules), []);
    let pseudonyms = batch(DataClass::Pseudonym, &["SMS_G_System_X"]);
    assert_eq!(tripwire.scan(&pseudonyms, &[]), []);
    // What the query did not write is found where it stands, beside its words and in any spelling of them.
    assert_eq!(tripwire.scan_bytes(b"Perimeter Groups and Perimeter")[0].count, 2);
    let other = batch(DataClass::Category, &["unhealthy", "Perimeter"]);
    assert_eq!(tripwire.scan(&other, &rules)[0].count, 2);
}

#[test]
fn values_are_taken_in_while_others_scan() {
    let known = known(&["DEVICE-000000"]);
    std::thread::scope(|threads| {
        threads.spawn(|| {
            (1..2_000).for_each(|one| known.take_value(&format!("DEVICE-{one:06}")).unwrap());
        });
        for _ in 0..4 {
            threads.spawn(|| (0..50).for_each(|_| assert_eq!(in_bytes(&known, b"x DEVICE-000000").len(), 1)));
        }
    });
    assert_eq!((known.len(), known.is_complete()), (2_000, true));
    assert_eq!(in_bytes(&known, b"device-001999").len(), 1);
}

#[test]
fn what_every_site_has_is_no_leak() {
    let none =
        ["BUILTIN\\Administrators", "nt authority\\system", "Default string", "ALL SYSTEMS", "DE", "12345"];
    assert!(known(&none).is_empty());
    // A part that is everywhere takes nothing from the rest.
    let known = known(&["CONTOSO\\Administrator", "PS1", "1234567"]);
    assert_eq!(in_cells(&known, DataClass::Category, &["administrator", "Unknown"]), []);
    assert_eq!(in_bytes(&known, b"x contoso\\administrator y").len(), 1);
    for cell in ["ps1", "1234567"] {
        assert_eq!(in_bytes(&known, format!("x {cell} y").as_bytes()), [], "{cell}");
        assert_eq!(in_cells(&known, DataClass::Category, &[cell]).len(), 1, "{cell}");
    }
}

#[test]
fn columns_are_taken_in_by_their_floor() {
    let known = KnownValues::new([3; 32], ROOM);
    known
        .take(&batch(DataClass::Category, &["Windows Server", "SQL Server"]), &[DataClass::Category])
        .unwrap();
    assert!(known.is_empty());
    known
        .take(&batch(DataClass::Category, &["Windows Server", "SQL Server"]), &[DataClass::Identifier])
        .unwrap();
    assert_eq!(known.len(), 2);
    // A column of which nothing is said may hold anything.
    known.take(&batch(DataClass::Category, &["Fabrikam Sales"]), &[]).unwrap();
    assert_eq!(known.len(), 3);
}

fn numbers(class: DataClass, values: &[i64]) -> Batch {
    let mut column = ColumnBuilder::new(ColumnType::Int, values.len());
    values.iter().for_each(|value| column.push_int(*value));
    let name = ColumnName::new("Numbers").unwrap();
    let schema = Schema::new(vec![Field { name, kind: ColumnType::Int, nullable: false, class }]).unwrap();
    Batch::new(Arc::new(schema), values.len() as u32, vec![column.finish()]).unwrap()
}

#[test]
fn a_number_that_identifies_is_found_as_a_cell_and_not_among_measures() {
    let known = KnownValues::new([3; 32], ROOM);
    known.take(&numbers(DataClass::Identifier, &[16_777_220, 5]), &[DataClass::Identifier]).unwrap();
    let tripwire = Tripwire::new(&known, Detectors::of(Kinds::NONE));
    let hits = |class| tripwire.scan(&numbers(class, &[7, 16_777_220, 5, i64::MIN]), &[]);
    // Not the 5, which is in any table.
    assert_eq!(hits(DataClass::Category).first().map(|hit| hit.count), Some(1));
    assert_eq!(hits(DataClass::Measure), []);
    assert_eq!(in_cells(&known, DataClass::Category, &["16777220"]).len(), 1);
    assert_eq!(in_bytes(&known, b"{\"memory_kib\":16777220}"), []);
}

#[test]
fn a_verified_format_spares_a_column_the_patterns_and_never_the_known_values() {
    let known = known(&["192.0.2.77"]);
    let tripwire = Tripwire::new(&known, Detectors::new());
    let cells = batch(DataClass::Category, &["192.0.2.1", "192.0.2.77"]);
    let kinds = |verified| -> Vec<(HitKind, u64)> {
        let hits = tripwire.scan(&cells, &[ColumnRule { verified, own: None }]);
        hits.iter().map(|hit| (hit.kind, hit.count)).collect()
    };
    assert_eq!(kinds(true), [(HitKind::Known, 1)]);
    let pattern = HitKind::Pattern(glasshouse_detect::Kind::Ipv4);
    assert_eq!(kinds(false), [(HitKind::Known, 1), (pattern, 2)]);
}

#[test]
fn over_the_cap_nothing_more_is_taken_in_and_what_is_there_is_found() {
    let known = KnownValues::new([3; 32], 1 << 16);
    let taken = (0..100_000).take_while(|one| known.take_value(&format!("DEVICE-{one:06}")).is_ok()).count();
    assert!((500..5_000).contains(&taken), "{taken}");
    assert_eq!(known.take_value("another-device"), Err(Full::Cap(1 << 16)));
    assert_eq!(known.take_value("device-000000"), Ok(()));
    assert_eq!(in_bytes(&known, b"Device-000000").len(), 1);
    assert_eq!(known.take_value("DEVICE-000000").map_err(|full| full.to_string()), Ok(()));
}

#[test]
fn a_hit_says_where_and_how_often_and_never_what() {
    let known = known(&["FABRIKAM-SECRET"]);
    let hits = in_cells(
        &known,
        DataClass::Text,
        &["fabrikam-secret", "RkFCUklLQU0tU0VDUkVU", "x", "FABRIKAM-SECRET"],
    );
    let said: Vec<_> = hits.iter().map(|hit| (hit.kind, hit.encoding, hit.count)).collect();
    assert_eq!(said, [(HitKind::Known, Encoding::Plain, 2), (HitKind::Known, Encoding::Base64, 1)]);
    let words = format!("{known:?} {hits:?} {:?} {}", Tripwire::new(&known, Detectors::new()), Full::Cap(1));
    assert!(
        !words.to_lowercase().contains("secret-") && !words.to_lowercase().contains("fabrikam"),
        "{words}"
    );
    assert!(words.contains("values: 1"), "{words}");
}

/// The receiver is a machine of the same company, and its address stands in each request.
#[test]
fn an_address_that_an_administrator_wrote_is_no_leak_and_its_parts_elsewhere_are() {
    let known = known(&["CONTOSO\\ann.lee", "telemetry.contoso.example"]);
    let mut words = Words::default();
    words.add("telemetry.contoso.example");
    let tripwire = Tripwire::new(&known, Detectors::of(Kinds::NONE)).own_words(&words);
    let request = |body: &str| format!("POST https://telemetry.contoso.example:8443/v1/tables\n\n{body}");
    assert_eq!(tripwire.scan_bytes(request("{\"n\":1}").as_bytes()), []);
    assert_eq!(in_bytes(&known, request("{\"n\":1}").as_bytes())[0].count, 1);
    assert_eq!(tripwire.scan_bytes(request("{\"n\":\"contoso\"}").as_bytes())[0].count, 1);
}
