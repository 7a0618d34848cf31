//! Files that are no plugin files, whoever signed them: each with the words that a person reads.

#![cfg(test)]

mod support;

use glasshouse_contract::FaultKind;
use glasshouse_trust::{DependencyUse, FileError, PluginFile};
use support::{COMPONENT, MANIFEST, custom, section, signed, unsigned, wat};

fn error(bytes: Vec<u8>) -> String {
    PluginFile::parse(bytes).unwrap_err().to_string()
}

/// The component of the fixture, followed by further sections.
fn with(sections: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = wat(COMPONENT);
    bytes.extend(sections.concat());
    bytes
}

fn manifest_section(text: &[u8]) -> Vec<u8> {
    custom("glasshouse:manifest", text)
}

fn imports(import: &str) -> String {
    let text = COMPONENT.replace("glasshouse:plugin/table@1.0.0", import);
    PluginFile::unsigned(&wat(&text), MANIFEST).unwrap_err().to_string()
}

#[test]
fn a_plugin_is_taken_apart() {
    let file = signed(&[1]);
    assert_eq!(file.imports(), ["glasshouse:plugin/table@1.0.0"]);
    assert_eq!(file.exports(), ["glasshouse:plugin/redaction@1.0.0"]);
    assert_eq!(file.manifest().id.as_str(), "contoso.mask");
    assert_eq!(file.manifest_bytes(), MANIFEST.as_bytes());
    assert_eq!(file.statement().unwrap().digest, file.digest());
    assert_eq!(file.dependencies(), Ok(None));
}

#[test]
fn a_signature_does_not_change_a_plugins_identity() {
    assert_eq!(signed(&[1]).digest(), unsigned().digest());
    assert_eq!(signed(&[1, 2]).signed_bytes(), unsigned().bytes());
}

#[test]
fn a_signed_plugin_is_still_a_component_for_every_other_tool() {
    wasmparser::Validator::new().validate_all(signed(&[1, 2]).bytes()).unwrap();
}

#[test]
fn signers_add_to_each_other_when_they_sign_the_same() {
    let first = signed(&[1]);
    let both = first.signed_with(&[&support::key(2)], support::validity()).unwrap();
    assert_eq!(both, signed(&[1, 2]).bytes());
    let mut longer = support::validity();
    longer.not_after = support::time("2028-01-01T00:00:00Z");
    let error = first.signed_with(&[&support::key(2)], longer).unwrap_err();
    assert!(matches!(error, FileError::OtherStatement), "{error}");
}

#[test]
fn a_file_that_is_no_component_is_refused() {
    assert_eq!(error(b"MZ\x90\0 not wasm".to_vec()), "it is no WebAssembly component");
    assert_eq!(error(b"#!/bin/sh".to_vec()), "it is no WebAssembly component");
    assert_eq!(error(wat("(module)")), "it is a core WebAssembly module, not a component");
    assert_eq!(error(Vec::new()), "it ends in the middle of a section");
    assert_eq!(error(vec![0; PluginFile::MAX_BYTES + 1]), "it has more than 32 MiB");
}

#[test]
fn a_manifest_is_there_once_and_can_be_read() {
    let manifest = manifest_section(MANIFEST.as_bytes());
    assert_eq!(error(with(&[])), "it has no manifest: there is no section `glasshouse:manifest`");
    assert_eq!(error(with(&[manifest.clone(), manifest])), "it has two manifests");
    let big = manifest_section(&vec![b'#'; (1 << 20) + 1]);
    assert_eq!(error(with(&[big])), "its manifest: the manifest has 1048577 bytes; at most 1048576 are read");
    let latin = manifest_section(&[MANIFEST.as_bytes(), b"# f\xfcr"].concat());
    assert_eq!(error(with(&[latin])), "its manifest: the manifest is not UTF-8 from byte 235 on");
}

#[test]
fn an_error_about_a_manifest_does_not_write_on_the_readers_screen() {
    let escape = MANIFEST.replace("title", "\"\\u001b[2J\" = 1\ntitle");
    let message = error(with(&[manifest_section(escape.as_bytes())]));
    assert!(!message.contains('\u{1b}'), "{message:?}");
}

#[test]
fn a_manifest_nested_without_end_is_an_error_not_a_stack_overflow() {
    let arrays = format!("x = {}{}", "[".repeat(200_000), "]".repeat(200_000));
    let tables = format!("x{} = 1", ".x".repeat(200_000));
    let headers = format!("[x{}]", ".x".repeat(200_000));
    let inline = format!("x = {}1{}", "{x=".repeat(200_000), "}".repeat(200_000));
    for nested in [arrays, tables, headers, inline] {
        let message = error(with(&[manifest_section(nested.as_bytes())]));
        assert!(message.starts_with("its manifest: line 1: "), "{message}");
        assert!(glasshouse_trust::TrustStore::parse(&nested).is_err());
        assert!(glasshouse_trust::TrustDocument::parse(&nested).is_err());
    }
}

#[test]
fn a_component_that_is_a_plugin_already_gets_no_second_manifest() {
    let error = PluginFile::unsigned(signed(&[1]).bytes(), MANIFEST).unwrap_err();
    assert_eq!(error.to_string(), "it is a plugin already: it has a section of this house");
}

#[test]
fn an_unknown_section_of_this_house_is_not_passed_over() {
    let sections = [manifest_section(MANIFEST.as_bytes()), custom("glasshouse:signature", b"")];
    assert_eq!(
        error(with(&sections)),
        "it has a section `glasshouse:signature`, which this host does not know"
    );
}

#[test]
fn nothing_comes_after_the_envelope() {
    let file = signed(&[1]);
    let envelope = &file.bytes()[file.signed_bytes().len()..];
    let after = |bytes: &[u8]| error([file.bytes(), bytes].concat());
    assert_eq!(after(envelope), "it has two sections of signatures");
    assert_eq!(after(&custom("name", b"x")), "a section comes after its signatures, which nobody signed");
    assert_eq!(
        after(&section(1, &wat("(module)"))),
        "a section comes after its signatures, which nobody signed"
    );
    assert_eq!(after(b"\0"), "1 bytes come after its signatures, which nobody signed");
    assert_eq!(after(b"\0\xff"), "2 bytes come after its signatures, which nobody signed");
    // Before the manifest is not last either.
    let moved = [wat(COMPONENT), envelope.to_vec(), manifest_section(MANIFEST.as_bytes())].concat();
    assert_eq!(error(moved), "a section comes after its signatures, which nobody signed");
}

#[test]
fn an_envelope_is_capped_and_has_one_spelling() {
    let file = signed(&[1]);
    let envelope = file.envelope().unwrap().to_bytes();
    let with_envelope =
        |bytes: &[u8]| error([file.signed_bytes(), &custom("glasshouse:signatures", bytes)].concat());
    let big = [&envelope[..], &vec![b' '; 64 << 10]].concat();
    assert_eq!(
        with_envelope(&big),
        format!("its signatures: the envelope has {} bytes; at most 65536 are read", big.len())
    );
    assert_eq!(
        with_envelope(&[&envelope[..], b"\n"].concat()),
        "its signatures: the envelope is not in its one canonical spelling"
    );
    let text = String::from_utf8(envelope).unwrap();
    assert_eq!(
        with_envelope(text.replace("vnd.in-toto", "vnd.in_toto").as_bytes()),
        "its signatures: the envelope holds `application/vnd.in_toto+json` where `application/vnd.in-toto+json` belongs"
    );
    assert!(with_envelope(b"").starts_with("its signatures: the envelope cannot be read: "));
}

#[test]
fn a_length_of_four_gibibytes_allocates_nothing() {
    let four = [0xff, 0xff, 0xff, 0xff, 0x0f];
    let at = wat(COMPONENT).len();
    assert_eq!(
        error(with(&[[&[0][..], &four].concat()])),
        format!("the section at byte {at} says that it is longer than any plugin may be")
    );
    // The same within a section: a name of 4 GiB, and 4 Gi imports.
    assert_eq!(
        error(with(&[section(0, &four)])),
        format!("the custom section at byte {at} has no readable name")
    );
    assert!(error(with(&[section(10, &four)])).starts_with("imports in it cannot be read: "));
    assert!(error(with(&[section(11, &four)])).starts_with("exports in it cannot be read: "));
}

#[test]
fn lengths_at_the_top_level_have_one_spelling() {
    let at = wat(COMPONENT).len();
    assert_eq!(
        error(with(&[vec![0, 0x82, 0x00, 1, b'x']])),
        format!("the section at byte {at} does not write its length in as few bytes as it takes")
    );
}

#[test]
fn a_section_that_components_do_not_have_is_refused() {
    let at = wat(COMPONENT).len();
    assert_eq!(error(with(&[section(99, b"")])), format!("the section at byte {at} has the unknown id 99"));
}

/// `depth` components, each in the one before.
fn nested(depth: usize, innermost: &[u8]) -> Vec<u8> {
    let mut bytes = innermost.to_vec();
    for _ in 0..depth {
        bytes = section(4, &[b"\0asm\x0d\0\x01\0", &bytes[..]].concat());
    }
    with(&[bytes, manifest_section(MANIFEST.as_bytes())])
}

#[test]
fn components_nested_ten_thousand_deep_are_an_error_not_a_stack_overflow() {
    assert!(PluginFile::parse(nested(15, b"")).is_ok());
    assert_eq!(error(nested(16, b"")), "components are nested in it more than 16 deep");
    assert_eq!(error(nested(10_000, b"")), "components are nested in it more than 16 deep");
}

#[test]
fn what_is_nested_is_looked_at_too() {
    let at = wat(COMPONENT).len() + 2 + 8;
    assert_eq!(
        error(nested(1, &[0, 200, 1, 1, b'x'])),
        format!("a nested module in it cannot be read: the section at byte {at} goes past its end")
    );
    assert_eq!(
        error(nested(1, &section(99, b""))),
        format!("the section at byte {at} has the unknown id 99")
    );
    assert_eq!(
        error(nested(1, &section(1, b"\0asm\x02\0\0\0"))),
        format!("a nested module in it cannot be read: the one at byte {at} has no header")
    );
}

#[test]
fn only_what_the_kinds_world_has_can_be_imported() {
    assert_eq!(
        imports("wasi:filesystem/types@0.2.0"),
        "it imports `wasi:filesystem/types@0.2.0`, which a rule does not get"
    );
    assert_eq!(
        imports("glasshouse:plugin/payload@1.0.0"),
        "it imports `glasshouse:plugin/payload@1.0.0`, which a rule does not get"
    );
    assert_eq!(
        imports("glasshouse:plugin/table"),
        "it imports `glasshouse:plugin/table`, which a rule does not get"
    );
    assert_eq!(
        imports("glasshouse:plugins/table@1.0.0"),
        "it imports `glasshouse:plugins/table@1.0.0`, which a rule does not get"
    );
    assert_eq!(imports("environment"), "it imports `environment`, which a rule does not get");
    assert_eq!(
        imports("glasshouse:plugin/table@1.9.0"),
        "it uses `glasshouse:plugin/table@1.9.0`: it is made for plugin contract 1.9, which is newer than this host's 1.1"
    );
    let function = COMPONENT.replace("(instance))", "(func))");
    let error = PluginFile::unsigned(&wat(&function), MANIFEST).unwrap_err();
    assert_eq!(error.to_string(), "it imports `glasshouse:plugin/table@1.0.0`, which a rule does not get");
}

#[test]
fn the_mend_for_wasi_says_how_to_do_without() {
    let text = COMPONENT.replace("glasshouse:plugin/table@1.0.0", "wasi:cli/environment@0.2.0");
    let fault = PluginFile::unsigned(&wat(&text), MANIFEST).unwrap_err().fault("mask.wasm");
    assert_eq!(fault.kind, FaultKind::Malformed);
    assert_eq!(
        fault.to_string(),
        "mask.wasm: it imports `wasi:cli/environment@0.2.0`, which a rule does not get\n  \
         mend: plugins have no WASI: build it for wasm32-unknown-unknown, or stub WASI out; \
         a rule gets table, run, kernels, diagnostics"
    );
}

#[test]
fn what_the_kind_does_must_be_exported() {
    let query = COMPONENT.replace("redaction", "shaping");
    let error = PluginFile::unsigned(&wat(&query), MANIFEST).unwrap_err();
    assert_eq!(error.to_string(), "it does not export `glasshouse:plugin/redaction`, as a rule does");
}

#[test]
fn a_million_names_are_not_listed() {
    let many: String = (0..300).map(|index| format!("(import \"a:b/c{index}\" (instance))")).collect();
    let error = PluginFile::unsigned(&wat(&format!("(component {many})")), MANIFEST).unwrap_err();
    assert_eq!(error.to_string(), "it has more than 256 imports");
}

#[test]
fn a_name_that_turns_the_readers_text_round_is_not_shown_as_it_is() {
    let name = "a\u{202e}b".as_bytes();
    let import = [&[1, 0, name.len() as u8][..], name, &[5, 0]].concat();
    let message = error(with(&[section(10, &import), manifest_section(MANIFEST.as_bytes())]));
    assert_eq!(message, "it imports or exports `a\\u{202e}b`, which is no plain name");
}

#[test]
fn the_dependency_list_of_a_module_within_is_read() {
    let json = br#"{"packages":[{"name":"plugin","version":"0.1.0","source":"local","root":true}]}"#;
    let list = custom(".dep-v0", &miniz_oxide::deflate::compress_to_vec_zlib(json, 6));
    let module = section(1, &[wat("(module)"), list].concat());
    let file = PluginFile::parse(with(&[module, manifest_section(MANIFEST.as_bytes())])).unwrap();
    let dependencies = file.dependencies().unwrap().unwrap();
    assert_eq!(dependencies[0].name, "plugin");
    assert_eq!(dependencies[0].used, DependencyUse::Runtime);
}

#[test]
fn an_unreadable_dependency_list_does_not_hide_the_plugin() {
    let sections = [custom(".dep-v0", b"not zlib"), manifest_section(MANIFEST.as_bytes())];
    let file = PluginFile::parse(with(&sections)).unwrap();
    assert_eq!(
        file.dependencies().unwrap_err().to_string(),
        "the embedded dependency list is no zlib stream"
    );
}
