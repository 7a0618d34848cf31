//! The contract in `wit/` changes only together with its version, and teaches whoever reads it.
//!
//! `wit/versions.toml` has the digest of each released version. What is digested is the package
//! as wit-component prints it without doc comments, so that words can be mended without a new version.

#![cfg(test)]

use std::{collections::BTreeMap, fs, path::Path};

use glasshouse_contract::{API, Api, Digest};
use semver::Version;
use serde::Deserialize;
use wit_component::WitPrinter;
use wit_parser::{Docs, Function, InterfaceId, PackageId, Resolve, Type, TypeDef, TypeDefKind, TypeOwner};

/// `wit/versions.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Released {
    versions: BTreeMap<Version, Digest>,
}

impl Released {
    fn read() -> Self {
        toml::from_str(&fs::read_to_string(wit().join("versions.toml")).unwrap()).unwrap()
    }

    /// Whether `package` is what was released under its version, and what to do where it is not.
    fn check(&self, package: &Package) -> Result<(), String> {
        let version = package.version();
        let now = package.digest();
        let record = format!("\"{version}\" = \"{now}\"");
        match self.versions.get(version) {
            Some(released) if *released == now => Ok(()),
            Some(released) => Err(format!(
                "the contract in wit/ is not what was released as version {version} ({released}).\n\
                 Plugins are built against what was released: raise the version of the package in \
                 wit/glasshouse.wit (minor where something was added, major where a plugin has to change), \
                 add its line to wit/versions.toml, and set glasshouse_contract::API to it.\n\
                 Where wit/ did not change but wit-component did, and prints it otherwise, record instead: \
                 {record}"
            )),
            None => {
                Err(format!("version {version} is not recorded in wit/versions.toml; its line: {record}"))
            }
        }
    }
}

/// A WIT package, resolved.
struct Package {
    resolve: Resolve,
    id: PackageId,
}

impl Package {
    fn current() -> Self {
        let mut resolve = Resolve::new();
        let (id, _) = resolve.push_dir(wit()).unwrap();
        Self { resolve, id }
    }

    fn parse(text: &str) -> Self {
        let mut resolve = Resolve::new();
        let id = resolve.push_str("changed.wit", text).unwrap();
        Self { resolve, id }
    }

    fn version(&self) -> &Version {
        self.resolve.packages[self.id].name.version.as_ref().expect("the package has a version")
    }

    /// The package's meaning as text: no comments, one spelling.
    fn print(&self) -> String {
        let mut printer = WitPrinter::default();
        printer.emit_docs(false).print(&self.resolve, self.id, &[]).unwrap();
        printer.output.to_string()
    }

    fn digest(&self) -> Digest {
        Digest::of(self.print().as_bytes())
    }

    /// Every item that has no doc comment, by its path.
    fn undocumented(&self) -> Vec<String> {
        let package = &self.resolve.packages[self.id];
        let mut bare = Bare(Vec::new());
        bare.look(&package.docs, &[&package.name.to_string()]);
        for (name, id) in &package.interfaces {
            bare.look(&self.resolve.interfaces[*id].docs, &[name]);
            self.look_inside(*id, name, &mut bare);
        }
        for (name, id) in &package.worlds {
            bare.look(&self.resolve.worlds[*id].docs, &[name]);
        }
        bare.0
    }

    fn look_inside(&self, id: InterfaceId, interface: &str, bare: &mut Bare) {
        let inside = &self.resolve.interfaces[id];
        for (name, type_id) in &inside.types {
            let item = &self.resolve.types[*type_id];
            if self.is_use(item) {
                continue;
            }
            bare.look(&item.docs, &[interface, name]);
            let parts: Vec<(&String, &Docs)> = match &item.kind {
                TypeDefKind::Record(it) => it.fields.iter().map(|part| (&part.name, &part.docs)).collect(),
                TypeDefKind::Variant(it) => it.cases.iter().map(|part| (&part.name, &part.docs)).collect(),
                TypeDefKind::Enum(it) => it.cases.iter().map(|part| (&part.name, &part.docs)).collect(),
                TypeDefKind::Flags(it) => it.flags.iter().map(|part| (&part.name, &part.docs)).collect(),
                _ => Vec::new(),
            };
            for (part, docs) in parts {
                bare.look(docs, &[interface, name, part]);
            }
        }
        for Function { name, docs, .. } in inside.functions.values() {
            bare.look(docs, &[interface, name]);
        }
    }

    /// Whether a type is only another interface's, brought in by `use`.
    fn is_use(&self, item: &TypeDef) -> bool {
        match item.kind {
            TypeDefKind::Type(Type::Id(original)) => {
                let owner = self.resolve.types[original].owner;
                matches!(owner, TypeOwner::Interface(_)) && owner != item.owner
            }
            _ => false,
        }
    }
}

/// Paths of items without words.
struct Bare(Vec<String>);

impl Bare {
    fn look(&mut self, docs: &Docs, path: &[&str]) {
        if docs.contents.as_deref().is_none_or(|words| words.trim().is_empty()) {
            self.0.push(path.join("."));
        }
    }
}

fn wit() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit"))
}

fn text() -> String {
    fs::read_to_string(wit().join("glasshouse.wit")).unwrap().replace("\r\n", "\n")
}

/// The contract's text with one thing changed.
fn changed(from: &str, to: &str) -> Package {
    let text = text();
    assert!(text.contains(from), "wit/glasshouse.wit has no `{from}` to change");
    Package::parse(&text.replacen(from, to, 1))
}

#[test]
fn the_contract_is_what_was_released_under_its_version() {
    if let Err(what_to_do) = Released::read().check(&Package::current()) {
        panic!("{what_to_do}");
    }
}

#[test]
fn the_host_speaks_the_version_in_wit() {
    let package = Package::current();
    let version = package.version();
    let in_wit = Api { major: version.major, minor: version.minor };
    assert_eq!(API, in_wit, "set glasshouse_contract::API to the version of the package in wit/");
    assert_eq!(
        Released::read().versions.keys().next_back(),
        Some(version),
        "wit/versions.toml has a version newer than the package in wit/glasshouse.wit"
    );
}

#[test]
fn every_item_of_the_contract_has_words() {
    assert_eq!(Package::current().undocumented(), Vec::<String>::new());
}

#[test]
fn a_changed_contract_under_an_old_version_is_refused() {
    let version = Package::current().version().clone();
    let changes = [
        ("rows: func() -> u32;", "rows: func() -> u64;"),
        ("rows: func() -> u32;", "rows: func() -> u32; columns: func() -> u32;"),
        ("boolean,\n", "boolean,\n    /// Any bytes.\n    bytes,\n"),
        ("site: string,", "place: string,"),
        ("import kernels;", ""),
    ];
    for (from, to) in changes {
        let what_to_do = Released::read().check(&changed(from, to)).unwrap_err();
        assert!(
            what_to_do.contains(&format!("is not what was released as version {version}")),
            "{what_to_do}"
        );
        assert!(what_to_do.contains("raise the version of the package in wit/glasshouse.wit"));
    }
}

#[test]
fn a_new_version_is_refused_until_it_is_recorded() {
    let newer = changed(&format!("@{}", Package::current().version()), "@1000.0.0");
    let mut released = Released::read();
    let what_to_do = released.check(&newer).unwrap_err();
    let line = what_to_do.split_once("its line: ").unwrap().1;
    let recorded: Released = toml::from_str(&format!("[versions]\n{line}")).unwrap();
    released.versions.extend(recorded.versions);
    assert_eq!(released.check(&newer), Ok(()));
}

#[test]
fn words_may_change_under_an_old_version() {
    let reworded = changed("/// A signed 64-bit integer.", "/// A whole number, with a sign. // As ever.");
    assert_eq!(Released::read().check(&reworded), Ok(()));
}

#[test]
fn an_item_without_words_is_named() {
    let bare = |from: &str, to: &str| changed(from, to).undocumented();
    assert_eq!(bare("/// A signed 64-bit integer.", ""), ["table.column-type.int"]);
    assert_eq!(bare("/// How many rows the batch has now.", ""), ["table.[method]batch.rows"]);
    assert_eq!(bare("/// An empty body.", ""), ["payload.[constructor]body"]);
    assert_eq!(bare("/// What an answer means.", ""), ["delivery.outcome"]);
    assert_eq!(bare("/// Words for the person who looks at a run", "interface bare {}\n/// Words"), ["bare"]);
}
