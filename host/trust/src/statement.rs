//! What a signature says: an in-toto Statement v1 about one plugin, in exactly one spelling.

use glasshouse_contract::{Digest, PluginId, shown};
use jiff::Timestamp;
use semver::Version;
use serde::{Deserialize, Serialize};

pub(crate) const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
const PREDICATE_TYPE: &str = "https://glasshouse.dev/plugin/v1";

/// What the signers say about a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The plugin's id.
    pub plugin: PluginId,
    /// The digest of all bytes before the signatures section.
    pub digest: Digest,
    /// The digest of the manifest alone.
    pub manifest: Digest,
    /// From when until when, and from which host on, it may run.
    pub validity: Validity,
}

/// From when until when, and from which host on, a signature holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Validity {
    /// It does not run before this.
    pub not_before: Timestamp,
    /// It does not run from this on.
    pub not_after: Timestamp,
    /// It does not run in an older host.
    pub minimum_host: Version,
}

/// Why a payload is no statement about a plugin.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum StatementError {
    /// No JSON, or not the fields of a statement.
    #[error("the signed statement cannot be read: {0}")]
    Syntax(String),
    /// A statement or predicate of another type.
    #[error("the signed statement is no statement about a plugin: its type is `{0}`")]
    Type(String),
    /// Ends before it begins.
    #[error("the signed statement is never valid: it ends before it begins")]
    NeverValid,
    /// The same statement could be written otherwise, and this is not how it is written here.
    #[error("the signed statement is not in its one canonical spelling")]
    Spelling,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    #[serde(rename = "_type")]
    statement_type: String,
    subject: [Subject; 1],
    #[serde(rename = "predicateType")]
    predicate_type: String,
    predicate: Predicate,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Subject {
    name: PluginId,
    digest: DigestSet,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DigestSet {
    sha256: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Predicate {
    manifest: Digest,
    not_before: Timestamp,
    not_after: Timestamp,
    minimum_host: Version,
}

impl Statement {
    /// Reads a statement.
    ///
    /// # Errors
    /// When it is no statement about a plugin in the one spelling that [`Self::to_bytes`] gives.
    pub fn parse(bytes: &[u8]) -> Result<Self, StatementError> {
        let syntax = |error: String| StatementError::Syntax(shown(&error));
        let wire: Wire = serde_json::from_slice(bytes).map_err(|error| syntax(error.to_string()))?;
        for (found, needed) in
            [(&wire.statement_type, STATEMENT_TYPE), (&wire.predicate_type, PREDICATE_TYPE)]
        {
            if found != needed {
                return Err(StatementError::Type(shown(found)));
            }
        }
        let [subject] = wire.subject;
        let predicate = wire.predicate;
        let statement = Self {
            plugin: subject.name,
            digest: Digest::from_hex(&subject.digest.sha256).map_err(|error| syntax(error.to_string()))?,
            manifest: predicate.manifest,
            validity: Validity {
                not_before: predicate.not_before,
                not_after: predicate.not_after,
                minimum_host: predicate.minimum_host,
            },
        };
        if statement.validity.not_after <= statement.validity.not_before {
            return Err(StatementError::NeverValid);
        }
        if statement.to_bytes() == bytes { Ok(statement) } else { Err(StatementError::Spelling) }
    }

    /// The one spelling of this statement.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let wire = Wire {
            statement_type: STATEMENT_TYPE.to_owned(),
            subject: [Subject { name: self.plugin.clone(), digest: DigestSet { sha256: self.digest.hex() } }],
            predicate_type: PREDICATE_TYPE.to_owned(),
            predicate: Predicate {
                manifest: self.manifest,
                not_before: self.validity.not_before,
                not_after: self.validity.not_after,
                minimum_host: self.validity.minimum_host.clone(),
            },
        };
        // Strings only: there is nothing in it that JSON cannot say.
        serde_json::to_vec(&wire).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement() -> Statement {
        Statement {
            plugin: "contoso.devices".parse().unwrap(),
            digest: Digest::of(b"file"),
            manifest: Digest::of(b"manifest"),
            validity: Validity {
                not_before: "2026-01-01T00:00:00Z".parse().unwrap(),
                not_after: "2027-01-01T00:00:00Z".parse().unwrap(),
                minimum_host: Version::new(0, 1, 0),
            },
        }
    }

    fn error(from: &str, to: &str) -> StatementError {
        let text = String::from_utf8(statement().to_bytes()).unwrap();
        assert!(text.contains(from), "{from} in {text}");
        Statement::parse(text.replacen(from, to, 1).as_bytes()).unwrap_err()
    }

    #[test]
    fn a_statement_reads_back_from_its_bytes() {
        assert_eq!(Statement::parse(&statement().to_bytes()), Ok(statement()));
    }

    #[test]
    fn near_misses_are_refused() {
        assert_eq!(error("2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00"), StatementError::Spelling);
        assert_eq!(error("2027-01-01", "2025-01-01"), StatementError::NeverValid);
        assert_eq!(
            error("plugin/v1", "plugin/v2"),
            StatementError::Type("https://glasshouse.dev/plugin/v2".into())
        );
        assert_eq!(
            error("Statement/v1", "Statement/v0.1").to_string(),
            "the signed statement is no statement about a plugin: its type is `https://in-toto.io/Statement/v0.1`"
        );
        assert!(matches!(error("\"minimum_host\"", "\"x\":1,\"minimum_host\""), StatementError::Syntax(_)));
        assert!(matches!(error("contoso.devices", "../devices.x"), StatementError::Syntax(_)));
        let subject = statement().digest.hex();
        assert!(matches!(error(&subject, &subject.to_uppercase()), StatementError::Syntax(_)));
        assert!(matches!(
            error("}}],", "}},{\"name\":\"a.b\",\"digest\":{\"sha256\":\"\"}}],"),
            StatementError::Syntax(_)
        ));
    }
}
