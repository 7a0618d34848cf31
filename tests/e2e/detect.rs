//! `glasshouse detect`: an administrator tries a text of their own.

use std::{
    fs,
    io::Write as _,
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::house::{House, binary, text};

const LOG: &str = "\
<![LOG[Policy for CONTOSO\\müller from 192.0.2.17]LOG]!><time=\"10:11:12.123+000\" component=\"ccmexec\" thread=\"12\">
driver version 10.1.1.45, KB5034441, 0x80070005, {3B7D84FA-ECCC-4EA0-B8AB-ABBDA1E88E0E}
Password=hunter2 of ann@example.com
";

fn log(house: &House, name: &str, bytes: &[u8]) -> String {
    let path = house.path(name);
    fs::write(&path, bytes).expect("it can be written");
    text(&path).to_owned()
}

#[test]
fn what_is_found_is_told_line_by_line_and_not_shown() {
    let house = House::empty();
    let file = log(&house, "a.log", LOG.as_bytes());
    let said = house.run(&["detect", &file]);
    assert_eq!(said.code, 1, "{said:#?}");
    let expected = "\
1:18-33          domain-user            XXXXXXX\\xxxxxx
1:39-49          ipv4                   999.9.9.99
3:9-16           secret                 ********
3:20-35          email                  xxx@xxxxxxx.xxx
";
    assert_eq!(said.out, expected);
    let shown = house.run(&["detect", &file, "--show", "--kinds", "secret,email"]);
    assert!(shown.out.contains("hunter2") && shown.out.contains("ann@example.com"), "{shown:#?}");
    assert_eq!(shown.out.lines().count(), 2, "{shown:#?}");
}

#[test]
fn json_has_one_object_a_line_with_the_bytes_of_each() {
    let house = House::empty();
    let file = log(&house, "a.log", LOG.as_bytes());
    let said = house.run(&["detect", &file, "--output", "json"]);
    let lines: Vec<Value> =
        said.out.lines().map(|line| serde_json::from_str(line).expect("it is JSON")).collect();
    assert_eq!(lines.len(), 4, "{said:#?}");
    for line in &lines {
        let number = |name: &str| line[name].as_u64().expect("it is a number") as usize;
        let row = LOG.lines().nth(number("line") - 1).expect("there is such a line");
        assert!(row.is_char_boundary(number("start")) && row.is_char_boundary(number("end")), "{line}");
        assert!(line.get("text").is_none(), "{line}");
    }
    assert_eq!(lines[0], serde_json::json!({"line": 1, "start": 18, "end": 33, "type": "domain-user"}));
}

#[test]
fn nothing_found_is_0_and_the_stats_count() {
    let house = House::empty();
    let clean = log(&house, "clean.log", b"driver version 10.1.1.45\nC:\\Windows\\System32\\drivers\\etc\n");
    assert_eq!(house.run(&["detect", &clean]).well(), "");
    // More than one chunk, so that lines are counted across them.
    let file = log(&house, "big.log", LOG.repeat(20_000).as_bytes());
    let said = house.run(&["detect", &file, "--stats", "--output", "json"]);
    assert_eq!(said.code, 1, "{said:#?}");
    let stats: Value = serde_json::from_str(&said.out).expect("it is JSON");
    assert_eq!(stats["bytes"].as_u64(), Some(LOG.len() as u64 * 20_000));
    assert_eq!(stats["found"]["email"].as_u64(), Some(20_000));
    assert!(stats["mbps"].as_f64().is_some_and(|speed| speed > 0.0), "{stats}");
    let last = house.run(&["detect", &file, "--kinds", "email", "--output", "json"]);
    let last: Value =
        serde_json::from_str(last.out.lines().last().expect("there are lines")).expect("it is JSON");
    assert_eq!(last, serde_json::json!({"line": 60_000, "start": 20, "end": 35, "type": "email"}));
}

#[test]
fn standard_input_and_own_domains_are_taken() {
    let mut child = Command::new(binary())
        .args(["detect", "-", "--domain", "corp.weird", "--host-prefix", "CTS-", "--show"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command runs");
    let mut input = child.stdin.take().expect("it has an input");
    input.write_all(b"pc7.corp.weird and cts-b4 by \xffxy\n").expect("it is read");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(1));
    let out = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        out,
        "1:0-14           fqdn                   pc7.corp.weird\n1:19-25          host-name              cts-b4\n"
    );
}

#[test]
fn what_cannot_be_looked_at_is_said() {
    let house = House::empty();
    house.run(&["detect", "no-such-file.log"]).ends_with(3);
    let file = log(&house, "utf16.log", b"\xff\xfea\0b\0");
    assert!(house.run(&["detect", &file]).ends_with(2).contains("UTF-16"));
    assert!(
        house.run(&["detect", &file, "--kinds", "nonsense"]).ends_with(2).contains("there is no such kind")
    );
}
