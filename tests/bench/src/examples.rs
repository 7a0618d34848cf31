//! Components and manifests to make plugins of.

use std::{fs, path::Path};

use glasshouse_contract::MANIFEST_SECTION;
use glasshouse_trust::PluginFile;

use crate::Failed;

/// A plugin, taken apart.
pub struct Example {
    pub component: Vec<u8>,
    pub manifest: String,
}

impl Example {
    /// From a plugin file that was built but not signed.
    pub fn read(path: &Path) -> Result<Self, Failed> {
        let file = PluginFile::parse(fs::read(path)?)?;
        let manifest = String::from_utf8(file.manifest_bytes().to_vec())?;
        Ok(Self { component: without_manifest(file.signed_bytes())?, manifest })
    }

    /// Every plugin file in a folder.
    pub fn all(folder: &Path) -> Result<Vec<Self>, Failed> {
        let mut paths: Vec<_> = fs::read_dir(folder)?
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "wasm"))
            .collect();
        paths.sort();
        if paths.is_empty() {
            return Err(format!("there are no plugins in {}", folder.display()).into());
        }
        paths.iter().map(|path| Self::read(path)).collect()
    }
}

/// The component's bytes but for the section that holds the manifest.
fn without_manifest(component: &[u8]) -> Result<Vec<u8>, Failed> {
    let (preamble, mut rest) = component.split_at_checked(8).ok_or("no component")?;
    let mut kept = preamble.to_vec();
    while let Some((id, after_id)) = rest.split_first() {
        let (size, leb) = size(after_id).ok_or("a section without a size")?;
        let whole = 1 + leb + size;
        let section = rest.get(..whole).ok_or("a section that is cut off")?;
        let name = MANIFEST_SECTION.as_bytes();
        let is_manifest =
            *id == 0 && section.get(1 + leb + 1..).is_some_and(|payload| payload.starts_with(name));
        if !is_manifest {
            kept.extend_from_slice(section);
        }
        rest = rest.get(whole..).unwrap_or_default();
    }
    Ok(kept)
}

/// An unsigned LEB128 number and how many bytes it takes.
fn size(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0;
    for (index, byte) in bytes.iter().take(5).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, index + 1));
        }
    }
    None
}
