//! Where a plugin file's parts are. One pass over the section headers, without recursion and
//! without copying content.

use std::ops::Range;

use glasshouse_contract::{MANIFEST_SECTION, SIGNATURES_SECTION, shown};
use wasmparser::{
    BinaryReader, ComponentExportSectionReader, ComponentExternName, ComponentImportSectionReader,
    ComponentTypeRef,
};

use super::{
    FileError, PluginFile,
    sections::{
        BadSection, COMPONENT, COMPONENT_HEADER, CORE_MODULE, CUSTOM, EXPORT, IMPORT, Lengths, MODULE_HEADER,
        Section, Sections, custom_name,
    },
};

/// Component tooling nests one or two deep, composed components a few more.
const MAX_DEPTH: usize = 16;
/// The worlds have four imports and one export; toolchains add a few exports of their own.
const MAX_NAMES: usize = 256;
/// `cargo auditable` records the dependencies of a plugin here.
const DEPENDENCIES_SECTION: &str = ".dep-v0";
/// Sections of this house; names that begin so and are not known are not passed over.
const HOUSE: &str = "glasshouse:";

/// A name that the component imports, and whether an interface is what it asks for.
pub(super) struct Import {
    pub(super) name: String,
    pub(super) is_interface: bool,
}

/// The parts of a plugin file.
pub(super) struct Anatomy {
    /// Where the signed bytes end.
    pub(super) signed: usize,
    pub(super) manifest: Range<usize>,
    pub(super) envelope: Option<Range<usize>>,
    pub(super) imports: Vec<Import>,
    pub(super) exports: Vec<String>,
    pub(super) dependencies: Option<Range<usize>>,
}

impl Anatomy {
    pub(super) fn of(bytes: &[u8]) -> Result<Self, FileError> {
        if bytes.len() > PluginFile::MAX_BYTES {
            return Err(FileError::TooBig);
        }
        check_header(bytes)?;
        let mut manifest = None;
        let (mut imports, mut exports) = (Vec::new(), Vec::new());
        let mut envelope = None;
        let mut signed = bytes.len();
        let mut sections = Sections::new(bytes, COMPONENT_HEADER.len()..bytes.len(), Lengths::Shortest);
        while let Some(section) = sections.next() {
            let section = section.map_err(|bad| top_level(bad, bytes.len()))?;
            match section.id {
                CUSTOM => {
                    let (name, content) = custom_name(bytes, &section, Lengths::Shortest)
                        .ok_or(FileError::SectionName { at: section.start })?;
                    match name {
                        MANIFEST_SECTION if manifest.is_some() => return Err(FileError::TwoManifests),
                        MANIFEST_SECTION => manifest = Some(content),
                        SIGNATURES_SECTION => {
                            check_end(bytes, &sections)?;
                            envelope = Some(content);
                            signed = section.start;
                        }
                        _ if name.starts_with(HOUSE) => return Err(FileError::Reserved(shown(name))),
                        _ => {}
                    }
                }
                IMPORT => read_imports(bytes, &section, &mut imports)?,
                EXPORT => read_exports(bytes, &section, &mut exports)?,
                _ => {}
            }
        }
        let dependencies = walk_nested(bytes, signed)?;
        let manifest = manifest.ok_or(FileError::NoManifest)?;
        Ok(Self { signed, manifest, envelope, imports, exports, dependencies })
    }
}

/// Whether a component has a manifest or signatures, that is, is a plugin already.
pub(super) fn has_house_sections(bytes: &[u8]) -> Result<bool, FileError> {
    check_header(bytes)?;
    let mut sections = Sections::new(bytes, COMPONENT_HEADER.len()..bytes.len(), Lengths::Shortest);
    while let Some(section) = sections.next() {
        let section = section.map_err(|bad| top_level(bad, bytes.len()))?;
        let name = (section.id == CUSTOM).then(|| custom_name(bytes, &section, Lengths::Shortest)).flatten();
        if name.is_some_and(|(name, _)| name.starts_with(HOUSE)) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn check_header(bytes: &[u8]) -> Result<(), FileError> {
    let header = bytes.get(..COMPONENT_HEADER.len()).unwrap_or(bytes);
    if header == COMPONENT_HEADER {
        Ok(())
    } else if header == MODULE_HEADER {
        Err(FileError::CoreModule)
    } else if COMPONENT_HEADER.starts_with(header) {
        Err(FileError::Truncated)
    } else {
        Err(FileError::NotAComponent)
    }
}

/// What a bad section at the top level means. One that is longer than the file may be a file that
/// is still being copied, unless no file may be that long.
fn top_level(bad: BadSection, length: usize) -> FileError {
    match bad {
        BadSection::PastEnd { missing, .. } if length.saturating_add(missing) <= PluginFile::MAX_BYTES => {
            FileError::Truncated
        }
        BadSection::PastEnd { start, .. } => FileError::SectionTooLong { at: start },
        BadSection::PaddedLength { start } => FileError::PaddedLength { at: start },
        BadSection::LongLength { start } => FileError::SectionTooLong { at: start },
    }
}

/// Nothing may come after the signatures: it would be neither signed nor part of the component.
fn check_end(bytes: &[u8], sections: &Sections<'_>) -> Result<(), FileError> {
    let left = sections.left();
    match sections.clone().next() {
        None => Ok(()),
        Some(Ok(section)) if is_signatures(bytes, &section) => Err(FileError::TwoEnvelopes),
        Some(Ok(_)) => Err(FileError::EnvelopeNotLast),
        Some(Err(_)) => Err(FileError::BytesAfterEnvelope(left)),
    }
}

fn is_signatures(bytes: &[u8], section: &Section) -> bool {
    section.id == CUSTOM
        && custom_name(bytes, section, Lengths::Padded).is_some_and(|(name, _)| name == SIGNATURES_SECTION)
}

fn reader<'a>(bytes: &'a [u8], section: &Section) -> BinaryReader<'a> {
    BinaryReader::new(bytes.get(section.content.clone()).unwrap_or_default(), section.content.start as u64)
}

fn malformed(what: &'static str) -> impl Fn(wasmparser::BinaryReaderError) -> FileError {
    move |error| FileError::Malformed { what, why: shown(&error.to_string()) }
}

fn read_imports(bytes: &[u8], section: &Section, imports: &mut Vec<Import>) -> Result<(), FileError> {
    let bad = malformed("imports");
    for import in ComponentImportSectionReader::new(reader(bytes, section)).map_err(&bad)? {
        let import = import.map_err(&bad)?;
        let name = plain_name(import.name)?;
        imports.push(Import { name, is_interface: matches!(import.ty, ComponentTypeRef::Instance(_)) });
        if imports.len() > MAX_NAMES {
            return Err(FileError::TooManyNames { what: "imports", most: MAX_NAMES });
        }
    }
    Ok(())
}

fn read_exports(bytes: &[u8], section: &Section, exports: &mut Vec<String>) -> Result<(), FileError> {
    let bad = malformed("exports");
    for export in ComponentExportSectionReader::new(reader(bytes, section)).map_err(&bad)? {
        exports.push(plain_name(export.map_err(&bad)?.name)?);
        if exports.len() > MAX_NAMES {
            return Err(FileError::TooManyNames { what: "exports", most: MAX_NAMES });
        }
    }
    Ok(())
}

/// A name as people will read it. An import under one name that says it implements another would
/// show one thing and be another.
fn plain_name(name: ComponentExternName<'_>) -> Result<String, FileError> {
    let ComponentExternName { name, implements: None, version_suffix: None, external_id: None } = name else {
        return Err(FileError::NotPlain(shown(name.name)));
    };
    if name.len() <= 200 && name.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(name.to_owned())
    } else {
        Err(FileError::NotPlain(shown(name)))
    }
}

/// Looks at every nested component and module, however deep, to cap the depth and to find the
/// dependency list. A stack of its own: a file cannot make it use the thread's.
fn walk_nested(bytes: &[u8], end: usize) -> Result<Option<Range<usize>>, FileError> {
    let mut dependencies = None;
    let mut open = vec![(true, Sections::new(bytes, COMPONENT_HEADER.len()..end, Lengths::Padded))];
    while let Some((is_component, sections)) = open.last_mut() {
        let is_component = *is_component;
        let Some(section) = sections.next() else {
            open.pop();
            continue;
        };
        let section = section.map_err(nested)?;
        if section.id == CUSTOM {
            match custom_name(bytes, &section, Lengths::Padded) {
                Some((DEPENDENCIES_SECTION, content)) if dependencies.is_none() => {
                    dependencies = Some(content)
                }
                Some(_) => {}
                None => return Err(FileError::SectionName { at: section.start }),
            }
            continue;
        }
        if !is_component {
            continue;
        }
        if section.id > EXPORT {
            return Err(FileError::UnknownSection { id: section.id, at: section.start });
        }
        let header = match section.id {
            COMPONENT => COMPONENT_HEADER,
            CORE_MODULE => MODULE_HEADER,
            _ => continue,
        };
        let after = section.content.start + header.len();
        if bytes.get(section.content.start..after.min(section.content.end)) != Some(&header[..]) {
            return Err(FileError::Malformed {
                what: "a nested module",
                why: format!("the one at byte {} has no header", section.start),
            });
        }
        if open.len() >= MAX_DEPTH {
            return Err(FileError::TooDeep { most: MAX_DEPTH });
        }
        open.push((
            section.id == COMPONENT,
            Sections::new(bytes, after..section.content.end, Lengths::Padded),
        ));
    }
    Ok(dependencies)
}

fn nested(bad: BadSection) -> FileError {
    let (BadSection::PastEnd { start, .. }
    | BadSection::PaddedLength { start }
    | BadSection::LongLength { start }) = bad;
    FileError::Malformed {
        what: "a nested module",
        why: format!("the section at byte {start} goes past its end"),
    }
}
