//! A plugin file as it came in: taken apart, nothing of it believed.
//!
//! ```text
//! component header | sections of the component, `glasshouse:manifest` among them | `glasshouse:signatures`
//! '---------------- signed: the plugin's digest is over these bytes ------------'
//! ```

mod anatomy;
mod dependencies;
mod error;
mod sections;
mod world;

use std::{ops::Range, sync::Arc};

use glasshouse_contract::{Digest, MANIFEST_SECTION, Manifest, SIGNATURES_SECTION};

use crate::{Envelope, SigningKey, Statement, Validity, statement::PAYLOAD_TYPE};
use anatomy::Anatomy;

pub use dependencies::{Dependency, DependencyError, DependencyUse};
pub use error::FileError;

/// A plugin file that was taken apart. Nothing in it is trusted before [`crate::Admission`] says so.
#[derive(Clone, Debug)]
pub struct PluginFile {
    bytes: Vec<u8>,
    digest: Digest,
    signed: usize,
    manifest: Arc<Manifest>,
    manifest_digest: Digest,
    manifest_range: Range<usize>,
    signatures: Option<(Envelope, Statement)>,
    imports: Vec<String>,
    exports: Vec<String>,
    dependencies: Option<Range<usize>>,
}

impl PluginFile {
    /// A JavaScript plugin carries its engine and comes to about 12 MiB, a Python one to 18; this
    /// leaves room and bounds what one file in the inbox can cost.
    pub const MAX_BYTES: usize = 32 << 20;

    /// Takes a file apart.
    ///
    /// # Errors
    /// When it is no component with one readable manifest and at most one envelope at its end, or
    /// imports what its kind of plugin does not get. [`FileError::Truncated`] may be a file that
    /// is still being copied.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, FileError> {
        let anatomy = Anatomy::of(&bytes)?;
        let manifest_bytes = bytes.get(anatomy.manifest.clone()).unwrap_or_default();
        let manifest = Manifest::parse(manifest_bytes)?;
        let (imports, exports) = world::check(manifest.kind(), anatomy.imports, anatomy.exports)?;
        let signatures = match &anatomy.envelope {
            None => None,
            Some(range) => {
                let envelope = Envelope::parse(bytes.get(range.clone()).unwrap_or_default())?;
                let statement = Statement::parse(envelope.payload_of_type(PAYLOAD_TYPE)?)?;
                Some((envelope, statement))
            }
        };
        Ok(Self {
            digest: Digest::of(bytes.get(..anatomy.signed).unwrap_or_default()),
            signed: anatomy.signed,
            manifest_digest: Digest::of(manifest_bytes),
            manifest_range: anatomy.manifest,
            manifest: Arc::new(manifest),
            signatures,
            imports,
            exports,
            dependencies: anatomy.dependencies,
            bytes,
        })
    }

    /// The whole file.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Everything before the signatures: the component that is compiled.
    #[must_use]
    pub fn signed_bytes(&self) -> &[u8] {
        self.bytes.get(..self.signed).unwrap_or_default()
    }

    /// The plugin's identity: the digest of the signed bytes. Adding a signature does not change it.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// What the plugin says about itself.
    #[must_use]
    pub const fn manifest(&self) -> &Arc<Manifest> {
        &self.manifest
    }

    /// The manifest's bytes as its author wrote them.
    #[must_use]
    pub fn manifest_bytes(&self) -> &[u8] {
        self.bytes.get(self.manifest_range.clone()).unwrap_or_default()
    }

    /// The digest of the manifest's bytes.
    #[must_use]
    pub const fn manifest_digest(&self) -> Digest {
        self.manifest_digest
    }

    /// The signatures, none of them checked.
    #[must_use]
    pub fn envelope(&self) -> Option<&Envelope> {
        self.signatures.as_ref().map(|(envelope, _)| envelope)
    }

    /// What the signatures are about, none of them checked.
    #[must_use]
    pub fn statement(&self) -> Option<&Statement> {
        self.signatures.as_ref().map(|(_, statement)| statement)
    }

    /// The interfaces that the component imports, as it names them.
    #[must_use]
    pub fn imports(&self) -> &[String] {
        &self.imports
    }

    /// What the component exports, as it names it.
    #[must_use]
    pub fn exports(&self) -> &[String] {
        &self.exports
    }

    /// The dependencies that the plugin was built from, where its build recorded them
    /// (`cargo auditable`, section `.dep-v0`).
    ///
    /// # Errors
    /// When there is such a list and it cannot be read. The list grants nothing, so such a plugin
    /// is not refused for it.
    pub fn dependencies(&self) -> Result<Option<Vec<Dependency>>, DependencyError> {
        let Some(range) = &self.dependencies else { return Ok(None) };
        dependencies::read(self.bytes.get(range.clone()).unwrap_or_default()).map(Some)
    }

    /// Puts a manifest into a component: a plugin file without signatures.
    ///
    /// # Errors
    /// When the component has a manifest already, or the two do not make a plugin.
    pub fn unsigned(component: &[u8], manifest: &str) -> Result<Vec<u8>, FileError> {
        // What is wrong with the manifest is what an author wants to hear first.
        Manifest::parse(manifest.as_bytes())?;
        if anatomy::has_house_sections(component)? {
            return Err(FileError::AlreadyAPlugin);
        }
        let mut bytes = component.to_vec();
        sections::append_custom(&mut bytes, MANIFEST_SECTION, manifest.as_bytes());
        Self::parse(bytes).map(|file| file.bytes)
    }

    /// The file with signatures by `keys` added to those that it has.
    ///
    /// # Errors
    /// When it is signed already for another validity: signers of one file sign one statement.
    pub fn signed_with(&self, keys: &[&SigningKey], validity: Validity) -> Result<Vec<u8>, FileError> {
        let statement = Statement {
            plugin: self.manifest.id.clone(),
            digest: self.digest,
            manifest: self.manifest_digest,
            validity,
        };
        let mut envelope = match &self.signatures {
            Some((_, signed)) if *signed != statement => return Err(FileError::OtherStatement),
            Some((envelope, _)) => envelope.clone(),
            None => Envelope::unsigned(PAYLOAD_TYPE, statement.to_bytes()),
        };
        for key in keys {
            envelope.sign(key);
        }
        let mut bytes = self.signed_bytes().to_vec();
        sections::append_custom(&mut bytes, SIGNATURES_SECTION, &envelope.to_bytes());
        Self::parse(bytes).map(|file| file.bytes)
    }
}
