//! A site whose names are known, and what is sent of it: no alarm, whatever the site is called and whatever its
//! machines run.

#![cfg(test)]

use std::sync::Arc;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use fake::{
    Fake,
    faker::{
        address::en::CityName,
        company::en::CompanyName,
        internet::en::{IPv4, SafeEmail},
        name::en::{FirstName, LastName, Name},
    },
    rand::{RngExt, SeedableRng, rngs::StdRng},
};
use glasshouse_contract::{Batch, ColumnBuilder, ColumnName, ColumnType, DataClass, Field, Schema};
use glasshouse_detect::Detectors;
use glasshouse_tripwire::{ColumnRule, Hit, HitKind, KnownValues, Tripwire, Words};

const SEEDS: u64 = 100;
const DEVICES: usize = 500;
const ROWS: usize = 400;

/// What products, Windows and firmware write, whoever owns the machine.
const PRODUCTS: [&str; 12] = [
    "Microsoft Windows 11 Enterprise",
    "Microsoft Windows Server 2025 Datacenter",
    "Microsoft Windows 10 Enterprise LTSC",
    "Microsoft SQL Server 2022 (RTM-CU15) - 16.0.4145.4 (X64)",
    "Configuration Manager 2409",
    "Latitude 7450",
    "ThinkPad T14 Gen 5",
    "HP EliteDesk 800 G9 Tower PC",
    "Virtual Machine",
    "Intel(R) Core(TM) Ultra 7 165U",
    "KB5046617",
    "Defender Antivirus platform 4.18.24090.11",
];
const STATES: [&str; 10] = [
    "Active",
    "Inactive",
    "Compliant",
    "Non-compliant",
    "Enforcement state unknown",
    "Succeeded",
    "Failed with 0x87D00324",
    "W. Europe Standard Time",
    "SMS_SITE_COMPONENT_MANAGER",
    "MP_ClientRegistration",
];
/// Names of classes and views, which a query selects or counts by.
const CLASSES: [&str; 6] = [
    "SMS_G_System_COMPUTER_SYSTEM",
    "SMS_G_System_OPERATING_SYSTEM",
    "v_R_System",
    "v_GS_WORKSTATION_STATUS",
    "v_BoundaryGroup_Relations",
    "SMS_CollectionMember_a",
];

fn hexadecimal(dice: &mut StdRng, digits: usize) -> String {
    (0..digits).map(|_| char::from_digit(dice.random_range(0..16), 16).unwrap()).collect()
}

fn guid(dice: &mut StdRng) -> String {
    [8, 4, 4, 4, 12].map(|digits| hexadecimal(dice, digits)).join("-").to_uppercase()
}

fn version(dice: &mut StdRng) -> String {
    format!(
        "{}.{:02}.{}.{}",
        dice.random_range(1..20),
        dice.random_range(0..10),
        dice.random_range(1_000..30_000),
        dice.random_range(0..9_999)
    )
}

fn date(dice: &mut StdRng) -> String {
    format!("202{}-{:02}-{:02}", dice.random_range(0..7), dice.random_range(1..13), dice.random_range(1..29))
}

/// All that a run reads of a site and that may name somebody, with what such columns hold besides.
fn site(dice: &mut StdRng) -> KnownValues {
    let known = KnownValues::new(dice.random(), 64 << 20);
    let company: String = CompanyName().fake_with_rng(dice);
    let domain = format!("{}.example", company.split([' ', ',']).next().unwrap().to_lowercase());
    let netbios = domain.split('.').next().unwrap().to_uppercase();
    let mut values = vec![company, domain.clone(), "PS1".to_owned(), "Default-First-Site-Name".to_owned()];
    for _ in 0..12 {
        let city: String = CityName().fake_with_rng(dice);
        values.extend([format!("{city} Headquarters"), format!("OU={city},DC={netbios},DC=example"), city]);
    }
    for group in
        ["All Systems", "All Users", "Servers", "Pilot", "BUILTIN\\Administrators", "Windows Updates"]
    {
        values.push(group.to_owned());
    }
    for number in 0..60 {
        let person: String = LastName().fake_with_rng(dice);
        values.push(format!("PS1{number:05X}"));
        values.push(format!("{person} line of business {}", version(dice)));
    }
    for number in 0..DEVICES {
        let first: String = FirstName().fake_with_rng(dice);
        let last: String = LastName().fake_with_rng(dice);
        let person: String = Name().fake_with_rng(dice);
        let mail: String = SafeEmail().fake_with_rng(dice);
        let address: String = IPv4().fake_with_rng(dice);
        let host = format!("{}{number:05}", ["PC-", "NB", "SRV-"][dice.random_range(0..3)]);
        values.extend([
            format!("{netbios}\\{}{last}", &first[..1]),
            format!("{host}.{domain}"),
            format!("GUID:{}", guid(dice)),
            format!("S-1-5-21-{}-{}", dice.random::<u32>(), dice.random::<u16>()),
            [
                "Default string".to_owned(),
                hexadecimal(dice, 7),
                format!("{}", dice.random_range(1_000..9_999_999)),
            ][dice.random_range(0..3)]
            .clone(),
            person,
            mail,
            address,
            // Columns of which nothing is known are taken for text, and hold what all columns hold.
            version(dice),
            date(dice),
        ]);
    }
    values.iter().for_each(|value| known.take_value(value).unwrap());
    assert!(known.len() > 2_000);
    known
}

struct Output {
    batch: Batch,
    rules: Vec<ColumnRule<'static>>,
    body: String,
}

fn output(dice: &mut StdRng) -> Output {
    type Make = fn(&mut StdRng) -> String;
    let columns: [(&str, DataClass, bool, Make); 8] = [
        ("Version", DataClass::Category, true, version),
        ("LastSeen", DataClass::Category, true, date),
        ("Devices", DataClass::Measure, true, |dice| dice.random_range(5..5_000).to_string()),
        ("ErrorCode", DataClass::Category, true, |dice| format!("0x{}", hexadecimal(dice, 8).to_uppercase())),
        ("Hash_Name", DataClass::Pseudonym, true, |dice| STANDARD.encode(dice.random::<[u8; 32]>())),
        ("UpdateId", DataClass::Category, true, guid),
        ("Product", DataClass::Category, false, |dice| PRODUCTS[dice.random_range(0..12)].to_owned()),
        ("State", DataClass::Category, false, |dice| STATES[dice.random_range(0..10)].to_owned()),
    ];
    let mut fields = Vec::new();
    let mut cells = Vec::new();
    let mut texts = Vec::new();
    for (name, class, _, make) in columns {
        let column: Vec<String> = (0..ROWS).map(|_| make(dice)).collect();
        let mut builder = ColumnBuilder::new(ColumnType::Text, ROWS);
        column.iter().for_each(|cell| builder.push_text(cell));
        let name = ColumnName::new(name).unwrap();
        fields.push(Field { name, kind: ColumnType::Text, nullable: false, class });
        cells.push(builder.finish());
        texts.push(column);
    }
    let mut body = String::new();
    for row in 0..ROWS {
        let cell = |at: usize| format!("\"{}\":\"{}\"", columns[at].0, texts[at][row]);
        let class = CLASSES[row % CLASSES.len()];
        let row: Vec<String> = (0..columns.len()).map(cell).collect();
        body.push_str(&format!("{{\"class\":\"{class}\",{}}}\n", row.join(",")));
    }
    let batch = Batch::new(Arc::new(Schema::new(fields).unwrap()), ROWS as u32, cells).unwrap();
    let rules =
        columns.iter().map(|(_, _, verified, _)| ColumnRule { verified: *verified, own: None }).collect();
    Output { batch, rules, body }
}

fn request(body: &str) -> Vec<u8> {
    format!(
        "POST https://collector.example/v1/tables\nidempotency-key: {}\nglasshouse-checkpoint: {}\n\n{body}",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        STANDARD.encode(b"glasshouse.example/log\n42\nqINS1GRFhWHwdkUeqLEoP4yEMkTBBzxBkGwGQlVlVcs=\n")
    )
    .into_bytes()
}

#[test]
fn a_hundred_clean_sites_raise_no_alarm() {
    let words = Words::new(CLASSES);
    for seed in 0..SEEDS {
        let mut dice = StdRng::seed_from_u64(seed);
        let known = site(&mut dice);
        let clean = output(&mut dice);
        let tripwire = Tripwire::new(&known, Detectors::new()).own_words(&words);
        assert_eq!(tripwire.scan(&clean.batch, &clean.rules), [], "{seed}");
        assert_eq!(tripwire.scan_bytes(&request(&clean.body)), [], "{seed}");
        let csv = clean.body.replace(['{', '}', '"'], "");
        assert_eq!(tripwire.scan_bytes(&request(&csv)), [], "{seed}");
        let wide: Vec<u8> = clean.body.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for whole in [clean.body.as_bytes(), &wide] {
            let body = format!("{{\"body\":\"{}\"}}", STANDARD.encode(whole));
            assert_eq!(tripwire.scan_bytes(&request(&body)), [], "{seed}");
        }
    }
}

/// The same sites and requests, with one name in one row: so the test above is not one that cannot fail.
#[test]
fn one_name_in_a_clean_request_is_found() {
    let known_hit = |hits: Vec<Hit>| hits.iter().any(|hit| hit.kind == HitKind::Known);
    for seed in 0..10 {
        let mut dice = StdRng::seed_from_u64(seed);
        let known = site(&mut dice);
        known.take_value("NB-LEAKED").unwrap();
        let body = output(&mut dice).body.replacen("Active", "Active on nb-leaked", 1);
        let tripwire = Tripwire::new(&known, Detectors::new());
        assert!(known_hit(tripwire.scan_bytes(&request(&body))), "{seed}");
        assert!(known_hit(tripwire.scan_bytes(&request(&URL_SAFE_NO_PAD.encode(&body)))), "{seed}");
    }
}
