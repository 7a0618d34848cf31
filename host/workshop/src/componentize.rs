//! A core module becomes a component that has the imports and the export of its kind's world, and
//! nothing else.

use std::ops::Range;

use glasshouse_contract::Kind;
use wasmparser::{Parser, Payload};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};

use crate::{
    WorkshopError,
    error::FitError,
    world::{PACKAGE, interface_of, world_of},
};

/// Makes a component of a core module that was built for wasm32-unknown-unknown.
///
/// # Errors
/// When the module imports what its kind does not get, or lacks the kind's export.
pub fn componentize(core_module: &[u8], kind: Kind) -> Result<Vec<u8>, WorkshopError> {
    check_names(core_module, kind)?;
    let mut module = without_component_types(core_module)?;
    let (resolve, world) = world_of(kind)?;
    let assembly = |error: anyhow::Error| WorkshopError::Assembly(format!("{error:#}"));
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).map_err(assembly)?;
    ComponentEncoder::default()
        .debug_names(false)
        .validate(true)
        .module(&module)
        .and_then(ComponentEncoder::encode)
        .map_err(assembly)
}

/// wit-component would say the same of the first name that it meets, in its own words; authors read
/// here what is foreign, all of it, and why.
fn check_names(core_module: &[u8], kind: Kind) -> Result<(), FitError> {
    let mut foreign: Vec<String> = Vec::new();
    let mut exports: Vec<String> = Vec::new();
    for payload in Parser::new(0).parse_all(core_module) {
        match payload.map_err(form)? {
            Payload::Version { encoding: wasmparser::Encoding::Component, .. } => {
                return Err(FitError::Form("it is a component where a core module is needed".to_owned()));
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let import = import.map_err(form)?;
                    let name = format!("{}.{}", import.module, import.name);
                    if !may_import(import.module, kind) && !foreign.contains(&name) {
                        foreign.push(name);
                    }
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let name = export.map_err(form)?.name;
                    if let Some(interface) = name.split_once('#').and_then(|(left, _)| interface_of(left))
                        && !exports.iter().any(|known| known == interface)
                    {
                        exports.push(interface.to_owned());
                    }
                }
            }
            _ => {}
        }
    }
    if !foreign.is_empty() {
        return Err(FitError::ForeignImports { kind, names: foreign });
    }
    if exports.iter().any(|name| name == kind.export()) {
        Ok(())
    } else {
        Err(FitError::NoExport { kind, needed: kind.export().to_owned(), found: exports })
    }
}

/// `[export]glasshouse:plugin/shaping@1.0.0` holds the host's side of the plugin's own resources.
fn may_import(module: &str, kind: Kind) -> bool {
    match module.strip_prefix("[export]") {
        Some(own) => interface_of(own) == Some(kind.export()),
        None => interface_of(module).is_some_and(|interface| kind.imports().contains(&interface)),
    }
}

/// The SDK describes all three worlds in custom sections; a plugin has one of them. What stays of
/// the others would become imports of the component.
fn without_component_types(module: &[u8]) -> Result<Vec<u8>, FitError> {
    let mut kept = Vec::with_capacity(module.len());
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload.map_err(form)?;
        match &payload {
            Payload::Version { range, .. } => kept.extend_from_slice(slice(module, range)),
            Payload::CustomSection(section) if section.name().starts_with("component-type") => {}
            _ => {
                if let Some((id, range)) = payload.as_section() {
                    let content = slice(module, &range);
                    kept.push(id);
                    push_leb(&mut kept, content.len());
                    kept.extend_from_slice(content);
                }
            }
        }
    }
    Ok(kept)
}

/// wasmparser counts in u64; the module is in memory, so its places fit a usize.
fn slice<'a>(module: &'a [u8], range: &Range<u64>) -> &'a [u8] {
    module.get(range.start as usize..range.end as usize).unwrap_or_default()
}

/// A number as WebAssembly writes lengths, in as few bytes as it takes.
pub(crate) fn push_leb(bytes: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

fn form(error: wasmparser::BinaryReaderError) -> FitError {
    FitError::Form(format!("it is no WebAssembly that can be read: {error}"))
}

/// Checks a component that some other toolchain made against the world of its kind.
///
/// # Errors
/// When it imports what its kind does not get, lacks the kind's export, or has them with other types.
pub fn check_component(component: &[u8], kind: Kind) -> Result<(), FitError> {
    let mut depth = 0_u32;
    let mut foreign: Vec<String> = Vec::new();
    let mut exports: Vec<String> = Vec::new();
    for payload in Parser::new(0).parse_all(component) {
        match payload.map_err(form)? {
            Payload::Version { encoding: wasmparser::Encoding::Module, .. } if depth == 0 => {
                return Err(FitError::Form(
                    "it is a core module where a component is needed: build it as a component, or let \
                     `glasshouse plugin build` do that from its folder"
                        .to_owned(),
                ));
            }
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    let name = import.map_err(form)?.name.name;
                    if !interface_of(name).is_some_and(|interface| kind.imports().contains(&interface)) {
                        foreign.push(name.to_owned());
                    }
                }
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section {
                    exports.push(export.map_err(form)?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    if !foreign.is_empty() {
        return Err(FitError::ForeignImports { kind, names: foreign });
    }
    if !exports.iter().any(|name| interface_of(name) == Some(kind.export())) {
        let needed = format!("{PACKAGE}/{}", kind.export());
        return Err(FitError::NoExport { kind, needed, found: exports });
    }
    let types = |why: String| FitError::Types { world: kind.world(), why };
    let (resolve, world) = world_of(kind).map_err(|error| types(error.to_string()))?;
    wit_component::targets(&resolve, world, component, false).map_err(|error| types(format!("{error:#}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pass_through;

    fn error(wat: &str, kind: Kind) -> String {
        componentize(&wat::parse_str(wat).unwrap(), kind).unwrap_err().to_string()
    }

    #[test]
    fn what_a_plugin_does_not_get_is_refused_by_name_all_of_it() {
        let wasi = r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "random_get" (func (param i32 i32) (result i32)))
            (import "glasshouse:plugin/kernels@1.0.0" "mask" (func))
            (import "env" "now" (func)))"#;
        assert_eq!(
            error(wasi, Kind::Query),
            "a query does not get what it imports: wasi_snapshot_preview1.fd_write, \
             wasi_snapshot_preview1.random_get, glasshouse:plugin/kernels@1.0.0.mask, env.now"
        );
    }

    #[test]
    fn a_module_without_the_kinds_export_says_what_it_has_instead() {
        let rule = r#"(module (func (export "glasshouse:plugin/redaction@1.0.0#[constructor]redactor")))"#;
        assert_eq!(error(rule, Kind::Query), "a query exports `shaping`, and this exports redaction");
        assert_eq!(
            error("(module)", Kind::Rule),
            "a rule exports `redaction`, and this exports nothing that a plugin exports"
        );
    }

    #[test]
    fn an_export_of_another_type_is_refused() {
        let words = error(
            r#"(module (memory (export "memory") 1)
                 (func (export "glasshouse:plugin/shaping@1.0.0#[constructor]shaper")))"#,
            Kind::Query,
        );
        assert!(words.starts_with("the component cannot be put together: "), "{words}");
    }

    #[test]
    fn a_component_is_held_against_its_kind() {
        let query = pass_through().unwrap();
        check_component(&query, Kind::Query).unwrap();
        let words = |component: &[u8], kind| check_component(component, kind).unwrap_err().to_string();
        assert_eq!(
            words(&query, Kind::Rule),
            "a rule does not get what it imports: glasshouse:plugin/output@1.1.0"
        );
        let wasi =
            wat::parse_str(r#"(component (import "wasi:clocks/wall-clock@0.2.0" (instance)))"#).unwrap();
        assert_eq!(
            words(&wasi, Kind::Query),
            "a query does not get what it imports: wasi:clocks/wall-clock@0.2.0"
        );
        assert_eq!(
            words(&wat::parse_str("(component)").unwrap(), Kind::Target),
            "a target exports `glasshouse:plugin/delivery`, and this exports nothing that a plugin exports"
        );
        let hollow = r#"(component (instance $i) (export "glasshouse:plugin/shaping@1.0.0" (instance $i)))"#;
        let hollow = words(&wat::parse_str(hollow).unwrap(), Kind::Query);
        assert!(hollow.starts_with("it does not fit the world `telemetry-query`"), "{hollow}");
        assert!(words(&wat::parse_str("(module)").unwrap(), Kind::Query).contains("core module"));
        assert!(words(b"\0asm\x0d\0\x01\0\x05", Kind::Query).contains("can be read"));
    }
}
