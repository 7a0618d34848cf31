//! What holds for any text.

#![cfg(test)]

use std::time::{Duration, Instant};

use glasshouse_detect::{Detectors, Found, Kind, Kinds};
use proptest::prelude::*;

/// Pieces of what is looked for, so that random texts come near to it.
const PIECES: &str = "([a-cA-CZé@.:1-3 \\\\/=;,\"'$%_{}()\\[\\]<>|+-]{0,10}|ann@example\\.com|192\\.0\\.2\\.1|2001:db8::1|00:15:5d:01:02:03\
    |CN=Ann,DC=x,DC=y|\\\\\\\\srv01\\\\share|C:\\\\Users\\\\ann|CONTOSO\\\\ann|S-1-5-21-1-2-3|Password=|Server=x1;Database=y|GUID:3B7D84FA-ECCC-4EA0-B8AB-ABBDA1E88E0E\
    |DE89 3704 0044 0532 0130 00|4111 1111 1111 1111|PC-0042|srv01\\.contoso\\.com|eyJhbGciOiJIUzI1NiJ9\\.eyJzdWIiOiIx|\u{201e}|\u{a0}|ü|日本|\\+49 30 1234567|\n|\t){0,9}";

fn all() -> Detectors {
    Detectors::of(Kinds::all()).domain("contoso.example").host_prefix("ct")
}

fn find(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    all().find(text, &mut found);
    found
}

fn is_sound(text: &str, found: &[Found]) -> bool {
    let places = found.iter().all(|one| text.get(one.range.clone()).is_some_and(|part| !part.is_empty()));
    places && found.windows(2).all(|two| two[0].range.end <= two[1].range.start)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn places_are_sorted_apart_and_at_ends_of_characters(text in PIECES) {
        let found = find(&text);
        prop_assert!(is_sound(&text, &found), "{found:?}");
    }

    #[test]
    fn any_text_at_all_is_taken(text in ".{0,300}", column in ".{0,20}") {
        let mut found = Vec::new();
        all().find_in_column(&column, &text, &mut found);
        prop_assert!(is_sound(&text, &found), "{found:?}");
    }

    /// A text is looked at as its lines are one by one, wherever lines and blocks meet.
    #[test]
    fn lines_do_not_matter_to_each_other(lines in proptest::collection::vec(PIECES, 0..8)) {
        let detectors = all().without(Kind::Phone);
        let lines: Vec<String> = lines.iter().map(|line| line.replace('\n', " ")).collect();
        let text = lines.join("\n");
        let mut together = Vec::new();
        detectors.find(&text, &mut together);
        let mut apart = Vec::new();
        let mut from = 0;
        let mut found = Vec::new();
        for line in &lines {
            detectors.find(line, &mut found);
            apart.extend(found.iter().map(|one| Found { range: one.range.start + from..one.range.end + from, kind: one.kind }));
            from += line.len() + 1;
        }
        prop_assert_eq!(together, apart);
    }

    /// What is found does not depend on where the blocks of the scan begin.
    #[test]
    fn what_is_far_before_does_not_matter(text in PIECES, len in 0_usize..130) {
        let before = format!("{}\n", "x ".repeat(len));
        let shifted: Vec<Found> = find(&format!("{before}{text}"))
            .into_iter()
            .map(|one| Found { range: one.range.start - before.len()..one.range.end - before.len(), kind: one.kind })
            .collect();
        // A number that is all there is on a line counts for more where phones are looked for.
        let plain = |found: Vec<Found>| found.into_iter().filter(|one| one.kind != Kind::Phone).collect::<Vec<_>>();
        if find(&text).iter().chain(&shifted).all(|one| one.kind != Kind::Phone) {
            prop_assert_eq!(plain(shifted), plain(find(&text)));
        }
    }
}

#[test]
fn an_open_quote_ends_with_its_line() {
    for open in ["pwd=\"x\\", "pwd='x''", "password: \"", "\"C:\\Users\\ann", "Server='x", "CN=\"x"] {
        let (mut alone, mut together) = (Vec::new(), Vec::new());
        all().find(open, &mut alone);
        all().find(&format!("{open}\nplain text\n"), &mut together);
        assert_eq!(alone, together, "{open}");
    }
}

/// Whoever names a device or writes a description chooses what is scanned: the time must grow with the
/// text and no faster.
#[test]
fn no_text_takes_more_than_its_length() {
    let parts = [
        "@",
        "a@",
        "a.",
        "1.",
        "255.255.255.",
        ":",
        "::",
        "a:",
        "1:2:",
        "::ffff:1.2.3.4",
        "0:0:0:0:",
        "\\",
        "\\\\",
        "\\a",
        "a\\",
        "a\\b",
        "\\\\a\\",
        "=",
        "a=",
        "server=",
        "server=;",
        "server=a;database=",
        "cn=",
        "cn=a,",
        "dc=a,dc=b ",
        "Password=",
        "pwd=\"",
        "pwd='",
        "-",
        "a-",
        "1-",
        "s-1-",
        "S-1-5-21-1-2-",
        "(",
        "(1",
        "+1",
        "1 ",
        "1111 ",
        "4111 1111 1111 ",
        "DE89 ",
        "AA11",
        "$",
        "a$",
        "gmsa-",
        ">",
        "<a>",
        "<pwd>",
        "/users/",
        "/home/a",
        "://",
        "http://",
        "http://a:b@",
        "~",
        "1Q~",
        "eyJ",
        "eyJa.eyJa.",
        "ghp_",
        "sk-a1",
        "é",
        "é@",
        "„",
        "aé.",
        " a b",
        "\\a b c",
        "C:\\a b",
        "\\\\a\\b c ",
        "a ",
        "version ",
        "tenant id ",
        "thumbprint ",
        "00:",
        "00-",
        "a1 ",
        "--a ",
        "==",
        "a;",
        ";",
        ",",
        "'",
        "\"@",
        "bearer ",
        "authorization: ",
        "sig=a",
        "value=\"",
        "password\" value=",
        "\u{a0}1",
        "123456 ",
        "123456-",
        "a_",
        "_",
        "%41",
        "=\"\"",
        "pwd=\"\"",
        "pwd=\\\"",
    ];
    let detectors = all();
    let mut found = Vec::new();
    let mut slowest = (Duration::ZERO, "");
    let size = 1 << 18;
    for part in parts {
        let text = part.repeat(size / part.len());
        let begun = Instant::now();
        detectors.find(&text, &mut found);
        detectors.find(&format!("x{text}"), &mut found);
        slowest = slowest.max((begun.elapsed(), part));
    }
    // Half a megabyte in a debug build on a busy machine; what is not linear takes minutes.
    assert!(slowest.0 < Duration::from_secs(10), "{slowest:?}");
}
