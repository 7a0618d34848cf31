//! A small signed plugin, and a host that would admit it.

use glasshouse_trust::{
    Admission, FileError, PluginFile, Refusal, Revocations, SigningKey, TrustStore, Validity, Verdict,
};
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

const COMPONENT: &str = r#"(component
    (import "glasshouse:plugin/table@1.0.0" (instance))
    (instance $rule)
    (export "glasshouse:plugin/redaction@1.0.0" (instance $rule)))"#;

/// The component without manifest and signatures.
pub fn component() -> Vec<u8> {
    wat::parse_str(COMPONENT).unwrap()
}

/// The plugin with another manifest, not signed.
pub fn unsigned(manifest: &str) -> PluginFile {
    PluginFile::parse(PluginFile::unsigned(&component(), manifest).unwrap()).unwrap()
}

/// Why no plugin file can be made with a manifest of these bytes.
pub fn manifest_error(manifest: &[u8]) -> FileError {
    let bytes = [component(), super::custom("glasshouse:manifest", manifest)].concat();
    PluginFile::parse(bytes).unwrap_err()
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

/// A file, signed by the keys of these seeds.
pub fn sign(file: &PluginFile, seeds: &[u8]) -> PluginFile {
    let keys: Vec<SigningKey> = seeds.iter().copied().map(key).collect();
    let keys: Vec<&SigningKey> = keys.iter().collect();
    PluginFile::parse(file.signed_with(&keys, validity()).unwrap()).unwrap()
}

/// The plugin, signed.
pub fn signed(seeds: &[u8]) -> PluginFile {
    sign(&unsigned(MANIFEST), seeds)
}

/// What a host knows when it decides about a file. The keys of seeds 1 and 2, called `k1` and `k2`, may
/// sign rules; the key of seed 3, called `revoker`, may sign revocation lists and nothing else.
pub struct Host {
    pub trust: String,
    pub revocations: Option<Revocations>,
    pub ratchet: Option<Version>,
    pub now: Timestamp,
}

impl Host {
    pub fn new() -> Self {
        let (k1, k2, revoker) = (key(1).public(), key(2).public(), key(3).public());
        let trust = format!(
            r#"version = 1
            [[key]]
            name = "k1"
            public = "{k1}"
            kinds = ["rule"]
            [[key]]
            name = "k2"
            public = "{k2}"
            kinds = ["rule"]
            [[key]]
            name = "revoker"
            public = "{revoker}"
            revoke = true
            [[grant]]
            plugin = "contoso.mask"
            asks = ["key default", "column class:identifier text handle"]
            "#
        );
        Self { trust, revocations: None, ratchet: None, now: time("2026-06-01T00:00:00Z") }
    }

    pub fn store(&self) -> TrustStore {
        TrustStore::parse(&self.trust).unwrap()
    }

    pub fn judge(&self, file: &PluginFile) -> Verdict {
        Admission {
            trust: &self.store(),
            revocations: self.revocations.as_ref(),
            ratchet: self.ratchet.as_ref(),
            now: self.now,
            host_version: Version::new(0, 1, 0),
        }
        .judge(file)
    }

    /// Why the file is refused; and the same as a person reads it.
    pub fn refusal(&self, file: &PluginFile) -> (Refusal, String) {
        let verdict = self.judge(file);
        let refusal = verdict.refusal().unwrap_or_else(|| panic!("not refused: {verdict:?}")).clone();
        (refusal, verdict.fault().unwrap().to_string())
    }

    /// Whether bytes are admitted, whatever the reason why not.
    pub fn admits(&self, bytes: Vec<u8>) -> bool {
        PluginFile::parse(bytes).is_ok_and(|file| self.judge(&file).is_admitted())
    }
}

/// A list by the revoker, signed, sent and read as the host reads one that is new to it.
pub fn revocations(change: impl FnOnce(&mut Revocations)) -> Revocations {
    let mut list = Revocations::following(None, time("2026-05-01T00:00:00Z"), time("2026-07-01T00:00:00Z"));
    change(&mut list);
    let host = Host::new();
    Revocations::verify(&list.signed_with(&[&key(3)]), &host.store(), None, host.now).unwrap()
}

/// The signatures of a file as a section of another.
pub fn signatures_of(file: &PluginFile) -> Vec<u8> {
    super::custom("glasshouse:signatures", &file.envelope().unwrap().to_bytes())
}

/// A file with further bytes behind its end.
pub fn with(file: &PluginFile, more: &[u8]) -> Result<PluginFile, FileError> {
    PluginFile::parse([file.bytes(), more].concat())
}

/// A host still admits a plugin that is as it should be.
pub fn still_admits() {
    assert!(Host::new().admits(signed(&[1]).bytes().to_vec()));
}
