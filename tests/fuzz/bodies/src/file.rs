use glasshouse_trust::{Admission, Envelope, PluginFile, Statement, TrustStore};
use jiff::Timestamp;
use semver::Version;

use crate::promise;

/// Signatures, from the last section of a file or from a revocation list.
pub fn envelope(bytes: &[u8]) {
    let Ok(envelope) = Envelope::parse(bytes) else { return };
    promise(envelope.to_bytes() == bytes, "an envelope has one spelling");
    if let Ok(statement) = Statement::parse(envelope.payload()) {
        promise(statement.to_bytes() == envelope.payload(), "a statement has one spelling");
    }
}

/// A whole file: anatomy, imports, manifest, envelope, dependency list, and the decision about it.
pub fn plugin_file(bytes: &[u8]) {
    let Ok(file) = PluginFile::parse(bytes.to_vec()) else { return };
    promise(file.bytes() == bytes, "a file is kept as it came");
    promise(bytes.starts_with(file.signed_bytes()), "what is signed is the beginning of the file");
    promise(file.envelope().is_some() || file.signed_bytes() == bytes, "without signatures all of it is");
    let _ = file.dependencies();
    let Ok(trust) = TrustStore::parse(TRUST) else { return promise(false, "the trust file can be read") };
    let admission = Admission {
        trust: &trust,
        revocations: None,
        ratchet: None,
        now: Timestamp::UNIX_EPOCH,
        host_version: Version::new(0, 1, 0),
    };
    promise(!admission.judge(&file).is_admitted(), "nothing is admitted that nobody signed");
}

/// A key that signed none of the seeds; grants that ask for none.
const TRUST: &str = r#"version = 1
[[key]]
name = "nobody"
public = "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
kinds = ["query", "rule", "target"]
[[grant]]
plugin = "contoso.mask"
asks = ["key default", "column class:identifier text handle"]
"#;
