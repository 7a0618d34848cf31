use std::fmt;

use glasshouse_contract::{ApiMismatch, Fault, FaultKind, Kind, ManifestError};

use crate::{Envelope, EnvelopeError, PluginFile, StatementError};

/// Why a file is no plugin file, whoever signed it.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Bigger than any plugin may be.
    #[error("it has more than {} MiB", PluginFile::MAX_BYTES >> 20)]
    TooBig,
    /// It ends in the middle of a section: damaged, or still being copied.
    #[error("it ends in the middle of a section")]
    Truncated,
    /// No WebAssembly component.
    #[error("it is no WebAssembly component")]
    NotAComponent,
    /// A core module: it says nothing about what it would be given.
    #[error("it is a core WebAssembly module, not a component")]
    CoreModule,
    /// A section is longer than a file may be.
    #[error("the section at byte {at} says that it is longer than any plugin may be")]
    SectionTooLong {
        /// Where it begins.
        at: usize,
    },
    /// A length that is not written in as few bytes as it takes.
    #[error("the section at byte {at} does not write its length in as few bytes as it takes")]
    PaddedLength {
        /// Where it begins.
        at: usize,
    },
    /// A custom section without a readable name.
    #[error("the custom section at byte {at} has no readable name")]
    SectionName {
        /// Where it begins.
        at: usize,
    },
    /// A section that components do not have.
    #[error("the section at byte {at} has the unknown id {id}")]
    UnknownSection {
        /// Its id.
        id: u8,
        /// Where it begins.
        at: usize,
    },
    /// A section with a name of this house that means nothing.
    #[error("it has a section `{0}`, which this host does not know")]
    Reserved(String),
    /// Components nested in components without end.
    #[error("components are nested in it more than {most} deep")]
    TooDeep {
        /// How deep they may be.
        most: usize,
    },
    /// Some part of it cannot be read.
    #[error("{what} in it cannot be read: {why}")]
    Malformed {
        /// Which part.
        what: &'static str,
        /// The reader's words.
        why: String,
    },
    /// More imports or exports than the worlds have, by far.
    #[error("it has more than {most} {what}")]
    TooManyNames {
        /// Imports or exports.
        what: &'static str,
        /// How many there may be.
        most: usize,
    },
    /// A name that may look like another.
    #[error("it imports or exports `{0}`, which is no plain name")]
    NotPlain(String),
    /// No manifest.
    #[error("it has no manifest: there is no section `{}`", glasshouse_contract::MANIFEST_SECTION)]
    NoManifest,
    /// Two manifests: which of them was read would decide.
    #[error("it has two manifests")]
    TwoManifests,
    /// A manifest that cannot be read or breaks a rule.
    #[error("its manifest: {0}")]
    Manifest(#[from] ManifestError),
    /// An import that this kind of plugin does not get.
    #[error("it imports `{name}`, which a {kind} does not get")]
    ForeignImport {
        /// The import's name.
        name: String,
        /// The plugin's kind.
        kind: Kind,
    },
    /// Made for another version of the contract than the host speaks.
    #[error("it uses `{name}`: {mismatch}")]
    OtherContract {
        /// The import's or export's name.
        name: String,
        /// Why that does not fit.
        mismatch: ApiMismatch,
    },
    /// It does not export what its kind does.
    #[error("it does not export `glasshouse:plugin/{}`, as a {kind} does", kind.export())]
    NoExport {
        /// The plugin's kind.
        kind: Kind,
    },
    /// Two envelopes.
    #[error("it has two sections of signatures")]
    TwoEnvelopes,
    /// An envelope with something after it that nobody signed.
    #[error("a section comes after its signatures, which nobody signed")]
    EnvelopeNotLast,
    /// Bytes after the envelope that are no section.
    #[error("{0} bytes come after its signatures, which nobody signed")]
    BytesAfterEnvelope(usize),
    /// An envelope that cannot be read.
    #[error("its signatures: {0}")]
    Envelope(#[from] EnvelopeError),
    /// A signed statement that cannot be read.
    #[error("its signatures: {0}")]
    Statement(#[from] StatementError),
    /// Asked to put a manifest into a file that has one.
    #[error("it is a plugin already: it has a section of this house")]
    AlreadyAPlugin,
    /// Asked to sign another statement than the one that others signed.
    #[error("others signed it for another validity")]
    OtherStatement,
}

impl FileError {
    /// Whether this may be a file that is still being copied.
    #[must_use]
    pub const fn is_truncation(&self) -> bool {
        matches!(self, Self::Truncated)
    }

    /// What the reader can do.
    #[must_use]
    pub fn mend(&self) -> String {
        match self {
            Self::TooBig | Self::SectionTooLong { .. } => {
                "build it without debug information and embedded assets".to_owned()
            }
            Self::Truncated => "copy it again".to_owned(),
            Self::NotAComponent => {
                "check that it is the file that `glasshouse plugin build` wrote".to_owned()
            }
            Self::CoreModule | Self::NoManifest => {
                "make a plugin of it with `glasshouse plugin build --component FILE --manifest FILE`"
                    .to_owned()
            }
            Self::PaddedLength { .. }
            | Self::SectionName { .. }
            | Self::UnknownSection { .. }
            | Self::Malformed { .. } => {
                "it is damaged or its tools are too new: `wasm-tools validate` says more".to_owned()
            }
            Self::Reserved(_) => "it may need a newer host".to_owned(),
            Self::TooDeep { .. } => "compose its parts into one component".to_owned(),
            Self::TooManyNames { .. } | Self::NotPlain(_) => {
                "build it for one of the worlds in `wit/`, without additions".to_owned()
            }
            Self::TwoManifests | Self::AlreadyAPlugin => {
                "build it anew from the component without a manifest".to_owned()
            }
            Self::Manifest(ManifestError::Api(ApiMismatch::Newer { .. }))
            | Self::OtherContract { mismatch: ApiMismatch::Newer { .. }, .. } => {
                "use a newer host, or a version of the plugin made for this one".to_owned()
            }
            Self::Manifest(ManifestError::Api(_)) | Self::OtherContract { .. } => {
                "ask its author for a version made for this host".to_owned()
            }
            Self::Manifest(_) => "correct the manifest and build the plugin anew".to_owned(),
            Self::ForeignImport { name, kind } => foreign_import_mend(name, *kind),
            Self::NoExport { kind } => format!("build it for the world `{}` in `wit/`", kind.world()),
            Self::TwoEnvelopes | Self::EnvelopeNotLast | Self::BytesAfterEnvelope(_) => {
                "get the file again from its signer: somebody changed it after it was signed".to_owned()
            }
            Self::Envelope(_) | Self::Statement(_) => {
                "get the file again from its signer, or sign it anew with `glasshouse plugin sign`".to_owned()
            }
            Self::OtherStatement => {
                "sign it for the same validity as they did, or have it built and signed anew".to_owned()
            }
        }
    }

    /// The error for the person who reads it, about the file that they know as `object`.
    #[must_use]
    pub fn fault(&self, object: impl fmt::Display) -> Fault {
        Fault::new(FaultKind::Malformed, object, self, self.mend())
    }
}

fn foreign_import_mend(name: &str, kind: Kind) -> String {
    let given = kind.imports().join(", ");
    if name.starts_with("wasi:") {
        format!(
            "plugins have no WASI: build it for wasm32-unknown-unknown, or stub WASI out; a {kind} gets {given}"
        )
    } else {
        format!("build it for the world `{}` in `wit/`; a {kind} gets {given}", kind.world())
    }
}

const _: () = assert!(Envelope::MAX_BYTES < PluginFile::MAX_BYTES);
