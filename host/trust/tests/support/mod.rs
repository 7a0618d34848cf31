//! A small plugin, keys and a trust file for the tests of this crate.
#![expect(dead_code, reason = "each test file uses its own part of this")]

use glasshouse_contract::Manifest;
use glasshouse_trust::{Admission, Envelope, PluginFile, SigningKey, TrustStore, Validity, Verdict};
use jiff::Timestamp;
use semver::Version;

pub const MANIFEST: &str = r#"id = "contoso.mask"
version = "1.2.0"
api = "1.0"
kind = "rule"
title = "Mask"
purpose = "Masks."
author = "Contoso"

[rule]
scope = "batch"
keys = ["default"]

[[rule.need]]
classes = ["identifier"]
type = "text"
access = "handle"
"#;

/// What that manifest asks for, as a grant.
pub const GRANT: &str = r#"[[grant]]
plugin = "contoso.mask"
asks = ["key default", "column class:identifier text handle"]
"#;

pub const COMPONENT: &str = r#"(component
    (import "glasshouse:plugin/table@1.0.0" (instance))
    (instance $rule)
    (export "glasshouse:plugin/redaction@1.0.0" (instance $rule)))"#;

pub fn wat(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

pub fn unsigned() -> PluginFile {
    PluginFile::parse(PluginFile::unsigned(&wat(COMPONENT), MANIFEST).unwrap()).unwrap()
}

/// A file with another manifest of the same size, for swapping parts between the two.
pub fn other_file() -> PluginFile {
    let manifest = MANIFEST.replace("Masks.", "Spies.");
    PluginFile::parse(PluginFile::unsigned(&wat(COMPONENT), &manifest).unwrap()).unwrap()
}

pub fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

pub fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn validity() -> Validity {
    Validity {
        not_before: time("2026-01-01T00:00:00Z"),
        not_after: time("2027-01-01T00:00:00Z"),
        minimum_host: Version::new(0, 1, 0),
    }
}

pub fn signed(seeds: &[u8]) -> PluginFile {
    let keys: Vec<SigningKey> = seeds.iter().copied().map(key).collect();
    let keys: Vec<&SigningKey> = keys.iter().collect();
    PluginFile::parse(unsigned().signed_with(&keys, validity()).unwrap()).unwrap()
}

/// A trust file in which the keys of these seeds, named `k1`, `k2`, .., may sign rules.
pub fn trust_text(seeds: &[u8]) -> String {
    let keys: String = seeds
        .iter()
        .map(|seed| {
            let public = key(*seed).public();
            format!("[[key]]\nname = \"k{seed}\"\npublic = \"{public}\"\nkinds = [\"rule\"]\n")
        })
        .collect();
    format!("version = 1\n{keys}{GRANT}")
}

pub fn trust(seeds: &[u8]) -> TrustStore {
    TrustStore::parse(&trust_text(seeds)).unwrap()
}

pub fn admission(trust: &TrustStore) -> Admission<'_> {
    Admission {
        trust,
        revocations: None,
        ratchet: None,
        now: time("2026-06-01T00:00:00Z"),
        host_version: Version::new(0, 1, 0),
    }
}

/// What becomes of the bytes: admitted or not, whatever the reason.
pub fn is_admitted(bytes: Vec<u8>, trust: &TrustStore) -> bool {
    PluginFile::parse(bytes).is_ok_and(|file| admission(trust).judge(&file).is_admitted())
}

/// Why a verdict refuses, in words.
pub fn refusal(verdict: &Verdict) -> (&'static str, String) {
    let refusal = verdict.refusal().unwrap_or_else(|| panic!("not refused: {verdict:?}"));
    (refusal.id(), refusal.to_string())
}

/// A component section, with its length in as few bytes as it takes.
pub fn section(id: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![id];
    leb(&mut bytes, content.len());
    bytes.extend_from_slice(content);
    bytes
}

pub fn custom(name: &str, content: &[u8]) -> Vec<u8> {
    let mut inner = Vec::new();
    leb(&mut inner, name.len());
    inner.extend_from_slice(name.as_bytes());
    inner.extend_from_slice(content);
    section(0, &inner)
}

fn leb(bytes: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

pub fn manifest(text: &str) -> Manifest {
    Manifest::parse(text.as_bytes()).unwrap()
}

/// An envelope around any payload, made as a stranger's tool would make it.
pub fn sign_payload(payload_type: &str, payload: &[u8], seeds: &[u8]) -> Envelope {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use ed25519_dalek::Signer as _;
    let mut message = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    message.extend_from_slice(payload);
    let signatures: Vec<String> = seeds
        .iter()
        .map(|seed| {
            let secret = ed25519_dalek::SigningKey::from_bytes(&[*seed; 32]);
            let signature = STANDARD.encode(secret.sign(&message).to_bytes());
            format!("{{\"keyid\":\"{}\",\"sig\":\"{signature}\"}}", key(*seed).id())
        })
        .collect();
    let text = format!(
        "{{\"payload\":\"{}\",\"payloadType\":\"{payload_type}\",\"signatures\":[{}]}}",
        STANDARD.encode(payload),
        signatures.join(",")
    );
    Envelope::parse(text.as_bytes()).unwrap()
}
