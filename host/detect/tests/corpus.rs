//! How much is found, and how much is flagged that is nothing: made-up data of many countries in many
//! surroundings, and lines as Configuration Manager and Windows write them.

#![cfg(test)]

use std::{collections::BTreeMap, fmt::Write as _};

use fake::{
    Fake as _,
    faker::{
        creditcard::en::CreditCardNumber,
        internet::raw::{FreeEmail, IPv4, IPv6, MACAddress, Password, SafeEmail, Username},
        name::raw::{FirstName, LastName},
    },
    locales::{DE_DE, EN, FR_FR, IT_IT, NL_NL, PT_BR, TR_TR},
    rand::{RngExt as _, SeedableRng as _, rngs::StdRng},
};
use glasshouse_detect::{Detectors, Kind, Kinds};

/// How many values of each kind are tried.
const EACH: usize = 1_000;

/// How many technical lines.
const TECHNICAL: usize = 20_000;

/// One of the countries, for a kind of made-up value.
macro_rules! anywhere {
    ($rng:expr, $what:ident $(, $arg:expr)*) => {
        match $rng.random_range(0..7) {
            0 => $what(DE_DE $(, $arg)*).fake_with_rng::<String, _>($rng),
            1 => $what(FR_FR $(, $arg)*).fake_with_rng::<String, _>($rng),
            2 => $what(IT_IT $(, $arg)*).fake_with_rng::<String, _>($rng),
            3 => $what(NL_NL $(, $arg)*).fake_with_rng::<String, _>($rng),
            4 => $what(PT_BR $(, $arg)*).fake_with_rng::<String, _>($rng),
            5 => $what(TR_TR $(, $arg)*).fake_with_rng::<String, _>($rng),
            _ => $what(EN $(, $arg)*).fake_with_rng::<String, _>($rng),
        }
    };
}

fn pick(rng: &mut StdRng, from: &[&'static str]) -> &'static str {
    from[rng.random_range(0..from.len())]
}

/// `A` becomes a letter or digit, `#` a digit, `h` a hexadecimal digit; the rest stays.
fn form(rng: &mut StdRng, form: &str) -> String {
    let any = |rng: &mut StdRng, from: &[u8]| char::from(from[rng.random_range(0..from.len())]);
    form.chars()
        .map(|character| match character {
            'A' => any(rng, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"),
            '#' => any(rng, b"0123456789"),
            'h' => any(rng, b"0123456789abcdef"),
            other => other,
        })
        .collect()
}

fn one_form(rng: &mut StdRng, forms: &[&'static str]) -> String {
    let one = pick(rng, forms);
    form(rng, one)
}

fn guid(rng: &mut StdRng) -> String {
    form(rng, "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh")
}

/// A name as people have it, with whatever letters.
fn person(rng: &mut StdRng) -> (String, String) {
    (anywhere!(rng, FirstName).replace(' ', ""), anywhere!(rng, LastName).replace(' ', ""))
}

fn account(rng: &mut StdRng) -> String {
    let (first, last) = person(rng);
    match rng.random_range(0..3) {
        0 => anywhere!(rng, Username),
        1 => format!("{first}.{last}"),
        _ => format!("{}{}", last.to_lowercase(), rng.random_range(1..99)),
    }
}

fn host(rng: &mut StdRng) -> String {
    let forms = [
        "PC-####",
        "DESKTOP-AAAAAAA",
        "LAPTOP-AAAAAAAA",
        "SRV##",
        "NYC-DC0#",
        "MUC-LT-#####",
        "PC#####",
        "NB-####",
    ];
    let one = pick(rng, &forms);
    form_host(rng, one)
}

/// As [`form`], but for the letters that belong to the name.
fn form_host(rng: &mut StdRng, of: &str) -> String {
    match of.rsplit_once('-') {
        Some((head, tail)) => format!("{}-{}", head.replace('#', "7"), form(rng, tail)),
        None => form(rng, of),
    }
}

fn grouped(number: &str, joint: char) -> String {
    let mut out = String::new();
    for (at, character) in number.chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            out.push(joint);
        }
        out.push(character);
    }
    out
}

/// An account number with its check digits: 98 less what is left of 97.
fn iban(rng: &mut StdRng) -> String {
    let (country, account) = match rng.random_range(0..4) {
        0 => ("DE", form(rng, "##################")),
        1 => ("FR", form(rng, "#######################")),
        2 => ("NL", format!("ABNA{}", form(rng, "##########"))),
        _ => ("GB", format!("NWBK{}", form(rng, "##############"))),
    };
    let rest = format!("{account}{country}00").bytes().fold(0_u64, |rest, byte| match byte {
        b'0'..=b'9' => (rest * 10 + u64::from(byte - b'0')) % 97,
        _ => (rest * 100 + u64::from(byte - b'A') + 10) % 97,
    });
    format!("{country}{:02}{account}", 98 - rest)
}

/// The number with the check digit that cards have: the library makes some without.
fn with_check_digit(card: String) -> String {
    let (head, _) = card.split_at(card.len() - 1);
    let doubled = |digit: u32| digit * 2 / 10 + digit * 2 % 10;
    let digits = head.bytes().rev().map(|byte| u32::from(byte - b'0'));
    let sum: u32 =
        digits.enumerate().map(|(at, digit)| if at % 2 == 0 { doubled(digit) } else { digit }).sum();
    format!("{head}{}", (10 - sum % 10) % 10)
}

/// What stands before the value, and the value: found must be the value.
fn value(kind: Kind, rng: &mut StdRng) -> (&'static str, String) {
    let plain = |value: String| ("", value);
    match kind {
        Kind::Email => {
            plain(if rng.random() { anywhere!(rng, FreeEmail) } else { anywhere!(rng, SafeEmail) })
        }
        Kind::Upn => {
            plain(format!("{}@{}", anywhere!(rng, Username), pick(rng, &["corp.local", "x.onmicrosoft.com"])))
        }
        Kind::Ipv4 => plain(anywhere!(rng, IPv4)),
        Kind::Ipv6 => plain(anywhere!(rng, IPv6)),
        Kind::Cidr => plain(format!("10.{}.0.0/16", rng.random_range(0..256))),
        Kind::Mac => {
            let mac = anywhere!(rng, MACAddress);
            plain(if rng.random() { mac } else { mac.replace(':', "-").to_lowercase() })
        }
        Kind::DomainUser => plain(format!("{}\\{}", pick(rng, &["CONTOSO", "EMEA", "FAB-1"]), account(rng))),
        Kind::Sid => plain(form(rng, "S-1-5-21-1#########-1########-2#########-1###")),
        Kind::HostName => plain(host(rng)),
        Kind::Fqdn => {
            let domain =
                pick(rng, &["contoso.com", "corp.local", "ad.fabrikam.de", "firma.pl", "EXAMPLE.ORG"]);
            let host = if domain.starts_with('E') { host(rng) } else { host(rng).to_lowercase() };
            plain(format!("{host}.{domain}"))
        }
        Kind::UncPath => {
            let host = host(rng);
            plain(format!("\\\\{host}\\{}", pick(rng, &["share$", "Src\\My App\\setup.exe", "home\\x"])))
        }
        Kind::ProfilePath => {
            plain(format!("{}{}", pick(rng, &["C:\\Users\\", "/home/", "D:/Users/"]), account(rng)))
        }
        Kind::DistinguishedName => {
            let (first, last) = person(rng);
            plain(format!("CN={last}\\, {first},OU=Users,DC=contoso,DC=com"))
        }
        Kind::CertificateSubject => plain(format!("CN={}.contoso.com, O=Contoso Ltd, C=DE", host(rng))),
        Kind::CertificateThumbprint => {
            (pick(rng, &["thumbprint ", "Thumbprint: ", "certificate hash="]), form(rng, &"h".repeat(40)))
        }
        Kind::SmsUniqueId => plain(format!("GUID:{}", guid(rng).to_uppercase())),
        Kind::EntraId => (pick(rng, &["tenantId=", "tenant id ", "Object ID: ", "oid="]), guid(rng)),
        Kind::Gmsa => plain(format!(
            "{}{}$",
            pick(rng, &["gmsa-", "CONTOSO\\svc_", "gMSA_"]),
            pick(rng, &["sql", "web"])
        )),
        Kind::ConnectionString => {
            let host = host(rng);
            plain(format!("Server={host};Database=CM_PS1;User Id=x;Password={}", form(rng, "AAAAAAAA")))
        }
        Kind::Secret => (
            pick(rng, &["Password=", "pwd=", "client_secret=", "Kennwort="]),
            anywhere!(rng, Password, 8..20),
        ),
        Kind::ProductKey => plain(format!("B7{}", form(rng, "AAA-AAAAA-AAAAA-AAAAA-AAAAA"))),
        Kind::BitLockerKey => {
            let groups: Vec<String> =
                (0..8).map(|_| format!("{:06}", rng.random_range(0..1 << 16) * 11)).collect();
            plain(groups.join("-"))
        }
        Kind::Iban => {
            let iban = iban(rng);
            plain(if rng.random() { iban } else { grouped(&iban, ' ') })
        }
        Kind::PaymentCard => {
            let card = with_check_digit(CreditCardNumber().fake_with_rng(rng));
            let whole = card.len() != 16;
            plain(match rng.random_range(0..3) {
                0 if !whole => grouped(&card, ' '),
                1 if !whole => grouped(&card, '-'),
                _ => card,
            })
        }
        Kind::Jwt => plain(format!(
            "eyJhbGciOiJIUzI1NiJ9.eyJ{}.{}",
            form(rng, "AAAAAAAAAAAAAAAAAAAA"),
            form(rng, &"A".repeat(43))
        )),
        Kind::Token => plain(format!("{}{}", pick(rng, &["ghp_", "npm_"]), form(rng, &"A".repeat(36)))),
        Kind::NationalId => plain(form(rng, "078-05-11##")),
        Kind::Phone => plain(one_form(rng, &["+49 30 1######", "(415) 555-2###", "+33 1 23 45 6# ##"])),
    }
}

/// What may stand around a value.
const AROUND: [&str; 22] = [
    "{}",
    "\"{}\"",
    "({})",
    "[{}]",
    "<value>{}</value>",
    "{\"x\": \"{}\", \"y\": 1}",
    "a;{};b",
    "Failed for {} (0x80070005)",
    "The machine is {}",
    "Using {}, retrying",
    "Verbindung zu {} fehlgeschlagen.",
    "„{}“ wurde geändert",
    "Connexion à « {} » échouée",
    "{} and 12 more",
    "\t{}\t",
    "| {} |",
    "2024-01-02 10:11:12 INFO {}",
    "Path={}",
    "Benutzer {} angemeldet",
    "-> {} ->",
    "a,\"{}\",b",
    "<![LOG[Sending to {} failed]LOG]!><time=\"10:11:12.123+000\" date=\"01-02-2024\" component=\"ccmexec\" thread=\"12\">",
];

#[test]
fn what_is_made_up_anywhere_is_found_everywhere() {
    let detectors = Detectors::of(Kinds::all());
    let mut rng = StdRng::seed_from_u64(7);
    let mut found = Vec::new();
    let mut report = String::new();
    for kind in Kind::ALL {
        let mut missed = Vec::new();
        for _ in 0..EACH {
            let (before, value) = value(kind, &mut rng);
            // An unquoted secret has no end but white space.
            let around = if kind == Kind::Secret {
                pick(&mut rng, &["{}", "run {} now", "x {}"])
            } else {
                pick(&mut rng, &AROUND)
            };
            let text = around.replacen("{}", &format!("{before}{value}"), 1);
            let start = text.find(&value).expect("the value is in the text");
            detectors.find(&text, &mut found);
            let whole = found.iter().any(|one| {
                one.kind == kind && one.range.start <= start && one.range.end >= start + value.len()
            });
            if !whole {
                missed.push(text);
            }
        }
        if missed.len() * 100 > EACH {
            let examples: Vec<&String> = missed.iter().take(5).collect();
            let _ =
                writeln!(report, "{}: {} of {EACH} missed, as in {examples:#?}", kind.as_str(), missed.len());
        }
    }
    assert!(report.is_empty(), "{report}");
}

#[test]
fn technical_lines_pass_untouched() {
    let templates: Vec<&str> = include_str!("corpus/technical.txt").lines().collect();
    let mut rng = StdRng::seed_from_u64(11);
    // Numbers of persons look like other numbers: who asks for them gets some that are none.
    let detectors = Detectors::new();
    let mut found = Vec::new();
    let mut flagged: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut lines = 0;
    for round in 0..TECHNICAL {
        let mut line = filled(templates[round % templates.len()], &mut rng);
        if rng.random_range(0..3) == 0 {
            line = format!(
                "<![LOG[{line}]LOG]!><time=\"10:11:12.123-060\" date=\"01-02-2024\" component=\"CAS\" context=\"\" type=\"1\" thread=\"4664\" file=\"utils.cpp:7842\">"
            );
        }
        detectors.find(&line, &mut found);
        lines += usize::from(!found.is_empty());
        for one in &found {
            flagged
                .entry(one.kind.as_str())
                .or_default()
                .push(format!("{} in {line}", &line[one.range.clone()]));
        }
    }
    flagged.values_mut().for_each(|lines| lines.truncate(5));
    assert!(lines * 1_000 <= TECHNICAL, "{lines} of {TECHNICAL} lines: {flagged:#?}");
}

/// A template with its places filled.
fn filled(template: &str, rng: &mut StdRng) -> String {
    let mut line = template.to_owned();
    type Fill = fn(&mut StdRng) -> String;
    let places: [(&str, Fill); 13] = [
        ("{guid}", guid),
        ("{ver}", |rng| {
            one_form(rng, &["10.0.19###.####", "5.00.91##.10##", "2#.##.####", "1#.#", "15.0.4###.#"])
        }),
        ("{small}", |rng| one_form(rng, &["10.1.1.4#", "#.#.1##.2", "1#.0.5.1"])),
        ("{err}", |rng| {
            one_form(rng, &["0x8007####", "0x87d00###", "-21470248##", "16##", "0xhhhhhhhhhhhhhhhh"])
        }),
        ("{pkg}", |rng| {
            one_form(rng, &["PS1hhhhh", "CASh####", "SMS000##", "CM10####", "XYZ0h###"]).to_uppercase()
        }),
        ("{iso}", |rng| form(rng, "202#-1#-0#T1#:##:##.###Z")),
        ("{date}", |rng| one_form(rng, &["1#/0#/202#", "0#-1#-20##", "1#.#.202#"])),
        ("{time}", |rng| one_form(rng, &["1#:2#:3#", "0#:1#:5#.###+000"])),
        ("{hex32}", |rng| form(rng, &"h".repeat(32))),
        ("{hex40}", |rng| form(rng, &"h".repeat(40))),
        ("{hex64}", |rng| form(rng, &"h".repeat(64))),
        ("{big}", |rng| rng.random_range(0..1_u64 << 40).to_string()),
        ("{n}", |rng| rng.random_range(0..60_000).to_string()),
    ];
    for (place, fill) in places {
        while line.contains(place) {
            line = line.replacen(place, &fill(rng), 1);
        }
    }
    line
}
