//! SARIF 2.1.0: one result for each check, so that a code scanner shows which of them failed.

use glasshouse_control::Inspection;
use glasshouse_trust::StepOutcome;
use serde_json::{Value, json};

use super::{change, verdict};
use crate::screen::line;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The results that a scan can have.
const RULES: [(&str, &str); 5] = [
    ("admission", "Whether the plugin file would be let in here, check by check."),
    ("ask", "Something that the plugin asks for and nobody granted yet."),
    ("statement", "A statement that is not run, or a column whose class is below what it is made from."),
    ("warning", "Something that will keep the plugin from running before long."),
    ("difference", "A difference to the version that runs now."),
];

/// The inspection as a SARIF log of one run.
pub fn sarif(inspection: &Inspection, file: &str) -> Value {
    let mut results = Vec::new();
    let mut result = |rule: &str, level: &str, kind: &str, text: &str| {
        results.push(json!({
            "ruleId": rule,
            "ruleIndex": RULES.iter().position(|(id, _)| *id == rule),
            "level": level,
            "kind": kind,
            "message": { "text": line(text) },
            "locations": [{
                "physicalLocation": { "artifactLocation": { "uri": uri(file), "index": 0 } },
                "logicalLocations": [{
                    "name": inspection.id.as_str(),
                    "fullyQualifiedName": format!("{}@{}", inspection.id, inspection.version),
                    "kind": "module",
                }],
            }],
        }));
    };
    for check in &inspection.verdict.steps {
        // SARIF: a level other than `none` belongs to results of kind `fail` alone.
        let (level, kind) = match check.outcome {
            StepOutcome::Passed => ("none", "pass"),
            StepOutcome::Failed => ("error", "fail"),
            StepOutcome::Waiting => ("none", "review"),
        };
        result("admission", level, kind, &format!("{}: {}", check.check, check.words));
    }
    for finding in inspection.guard.iter().flat_map(|guard| &guard.findings) {
        let text =
            format!("{}: {} ({}). Mend: {}", finding.object, finding.cause, finding.code, finding.mend);
        result("statement", "error", "fail", &text);
    }
    for ask in inspection.asks.iter().filter(|ask| !ask.granted) {
        result("ask", "none", "review", &format!("not granted: {}", ask.ask));
    }
    for warning in &inspection.verdict.warnings {
        result("warning", "warning", "fail", warning);
    }
    if let Some(difference) = &inspection.difference {
        let added = difference.asks_added.iter().map(|ask| format!("+ asks for {ask}"));
        let removed = difference.asks_removed.iter().map(|ask| format!("- asks for {ask}"));
        for text in added.chain(removed).chain(difference.changes.iter().map(change)) {
            result("difference", "none", "informational", &text);
        }
    }
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "glasshouse",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": RULES.map(|(id, text)| json!({ "id": id, "shortDescription": { "text": text } })),
            }},
            "artifacts": [{
                "location": { "uri": uri(file) },
                "length": inspection.size,
                "mimeType": "application/wasm",
                "hashes": { "sha-256": inspection.file_digest.hex() },
                "roles": ["analysisTarget"],
            }],
            "results": results,
            "properties": {
                "verdict": line(&verdict(inspection)),
                "inspection": inspection,
            },
        }],
    })
}

/// A file's name as a relative URI reference: everything but the unreserved characters encoded.
fn uri(file: &str) -> String {
    let mut uri = String::new();
    for byte in file.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}
