use glasshouse_contract::{Asks, Digest, Manifest};
use glasshouse_control::Difference;
use glasshouse_guard::Floors;
use glasshouse_trust::{Admission, PluginFile, SigningKey, TrustStore, Validity};
use semver::Version;

use super::*;

/// The schema as the SARIF committee publishes it (OASIS, SARIF 2.1.0 with errata 01).
const SCHEMA: &str = include_str!("sarif-2.1.0.schema.json");

const RUNNING: &str = r#"
id = "contoso.devices"
version = "1.0.0"
api = "1.0"
kind = "query"
title = "Devices | by *OS*"
purpose = "Counts <b>devices</b>."
author = "Contoso"

[[query.statement]]
name = "devices"
level = "basic"
sql = """
SELECT Os0 AS Os,
  COUNT(*) AS Devices
FROM v_R_System
GROUP BY Os0
"""
[[query.statement.column]]
name = "Os"
type = "text"
nullable = true
class = "category"
format = "code"
description = "The operating system."
[[query.statement.column]]
name = "Devices"
type = "int"
class = "measure"
description = "How many devices there are."
"#;

/// What a new version of it would be, with more memory and another view, signed by a trusted key.
fn inspection(trusted: bool) -> Inspection {
    // A site's own list: the shipped one does not have this view.
    let site = "version = 1\n[view.v_R_User]\nOs0 = 'category'\n";
    inspection_by(&Floors::shipped().with(site).unwrap(), trusted)
}

fn inspection_by(floors: &Floors, trusted: bool) -> Inspection {
    let new = RUNNING
        .replace("1.0.0", "1.1.0")
        .replace("v_R_System", "v_R_User")
        .replace("author = ", "limits.memory_mib = 128\nauthor = ");
    let component = glasshouse_workshop::pass_through().unwrap();
    let unsigned = PluginFile::parse(PluginFile::unsigned(&component, &new).unwrap()).unwrap();
    let key = SigningKey::from_seed(&[7; 32]);
    let validity = Validity {
        not_before: "2026-01-01T00:00:00Z".parse().unwrap(),
        not_after: "2027-01-01T00:00:00Z".parse().unwrap(),
        minimum_host: Version::new(0, 1, 0),
    };
    let file = PluginFile::parse(unsigned.signed_with(&[&key], validity).unwrap()).unwrap();

    let running = Manifest::parse(RUNNING.as_bytes()).unwrap();
    let mut trust = glasshouse_trust::TrustDocument::default();
    if trusted {
        trust
            .add_key(&glasshouse_trust::TrustedKey {
                name: "build-2026".parse().unwrap(),
                public: key.public(),
                kinds: [glasshouse_contract::Kind::Query].into(),
                expires: None,
                revoke: false,
            })
            .unwrap();
        trust.grant(&running.id, &running.asks()).unwrap();
    }
    let trust: TrustStore = trust.store().unwrap();
    let admission = Admission {
        trust: &trust,
        revocations: None,
        ratchet: Some(&running.version),
        now: "2026-12-20T00:00:00Z".parse().unwrap(),
        host_version: Version::new(0, 1, 0),
    };
    let granted: Option<&Asks> = trust.grant(&running.id);
    let difference = Difference::between(&running, Digest::of(b"running"), file.manifest());
    Inspection::of(&file, admission.judge(&file), granted, Some(difference), floors)
}

/// The same text whatever the pass-through component is at the moment.
fn steady(inspection: &Inspection, text: &str) -> String {
    text.replace(&inspection.digest.to_string(), "sha256:PLUGIN")
        .replace(&inspection.file_digest.to_string(), "sha256:FILE")
        .replace(&inspection.manifest_digest.to_string(), "sha256:MANIFEST")
        .replace(&format!("{} bytes", inspection.size), "SIZE bytes")
}

#[test]
fn a_person_reads_what_it_is_whether_it_runs_why_and_what_changes() {
    let inspection = inspection(true);
    insta::assert_snapshot!("text", steady(&inspection, &text(&inspection)));
}

#[test]
fn a_page_shows_the_same_and_nothing_of_the_plugin_becomes_markup() {
    let inspection = inspection(true);
    let page = markdown(&inspection);
    assert!(!page.contains("<b>") && page.contains(r"Devices \| by \*OS\*"), "{page}");
    insta::assert_snapshot!("markdown", steady(&inspection, &page));
}

#[test]
fn what_a_rule_does_to_which_columns_is_said_in_words() {
    let mut inspection = inspection(true);
    inspection.query = None;
    inspection.rule = Some(
        serde_json::from_value(serde_json::json!({
            "scope": "batch",
            "need": [
                { "classes": ["identifier"], "type": "text", "access": "handle", "becomes": { "class": "pseudonym" } },
                { "columns": ["Os", "Model"], "type": "text", "access": "read" },
            ],
        }))
        .unwrap(),
    );
    for shown in [text(&inspection), markdown(&inspection)] {
        assert!(shown.contains("orks on one batch at a time"), "{shown}");
        assert!(
            shown.contains("handle every column of class identifier (text), becomes pseudonym"),
            "{shown}"
        );
        assert!(shown.contains("read Os, Model (text)"), "{shown}");
    }
}

#[test]
fn a_fence_is_longer_than_any_in_what_it_holds() {
    let mut inspection = inspection(true);
    let statement = &mut inspection.query.as_mut().unwrap().statements[0];
    statement.sql = "SELECT 1\n````\n# not a heading\n".to_owned();
    assert!(markdown(&inspection).contains("`````sql\nSELECT 1\n````\n# not a heading\n`````\n"));
}

#[test]
fn the_sarif_log_is_valid_by_its_schema() {
    // A lone `]` is itself in the schema's language of patterns; this validator's wants it escaped.
    let schema = serde_json::from_str(&SCHEMA.replace("{2}]?$", r"{2}\\]?$")).unwrap();
    let validator = jsonschema::draft7::options().should_validate_formats(true).build(&schema).unwrap();
    for trusted in [true, false] {
        for file in ["devices.wasm", "a b\u{202e}%<>\"é.wasm", ".."] {
            let log = sarif(&inspection(trusted), file);
            let errors: Vec<String> = validator
                .iter_errors(&log)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert!(errors.is_empty(), "{file}: {errors:#?}");
        }
    }
    // The validator is one that finds something.
    let mut broken = sarif(&inspection(true), "devices.wasm");
    broken["runs"][0]["results"][0]["level"] = "fatal".into();
    assert!(!validator.is_valid(&broken));
}

#[test]
fn a_scanner_sees_each_failed_check_as_an_error_and_each_ask_as_a_review() {
    let kinds = |log: &serde_json::Value| -> Vec<(String, String, String)> {
        let word = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let results = log["runs"][0]["results"].as_array().unwrap();
        results.iter().map(|r| (word(&r["ruleId"]), word(&r["kind"]), word(&r["level"]))).collect()
    };
    let has = |log: &serde_json::Value, rule: &str, kind: &str, level: &str| {
        kinds(log).contains(&(rule.to_owned(), kind.to_owned(), level.to_owned()))
    };
    let waiting = sarif(&inspection(true), "devices.wasm");
    assert!(has(&waiting, "ask", "review", "none") && has(&waiting, "warning", "fail", "warning"));
    assert!(!has(&waiting, "admission", "fail", "error"));
    let refused = sarif(&inspection(false), "devices.wasm");
    assert!(has(&refused, "admission", "fail", "error"));
}

#[test]
fn what_the_guard_refuses_is_refused_with_what_and_why_in_every_form() {
    let refused = inspection_by(Floors::shipped(), true);
    insta::assert_snapshot!(verdict(&refused), @"would be refused here: column `devices.Os`: is declared category, and its floor is text: dbo.v_R_User.Os0 is not listed, which makes it text");
    let shown = text(&refused);
    assert!(shown.contains("refused for\n  column `devices.Os`: is declared category"), "{shown}");
    assert!(shown.contains("mend: raise the class, or say in `lowers` why less is true"), "{shown}");
    assert!(markdown(&refused).contains("| class-below-floor |"));
    let log = sarif(&refused, "devices.wasm");
    let results = log["runs"][0]["results"].as_array().unwrap();
    let found = results.iter().find(|result| result["ruleId"] == "statement").unwrap();
    assert_eq!((found["level"].as_str(), found["kind"].as_str()), (Some("error"), Some("fail")));
    // Where nobody is trusted that comes first.
    assert!(verdict(&inspection_by(Floors::shipped(), false)).contains("trusted here"));
}
