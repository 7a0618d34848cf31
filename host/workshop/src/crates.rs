//! The crates that a plugin is made of: where they lie, and the list of them that goes into it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Stdio,
};

use serde::{Deserialize, Serialize};

use crate::{Toolchain, WorkshopError, componentize::push_leb, toolchain::TARGET};

/// What `cargo metadata` says.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
    workspace_root: PathBuf,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    source: Option<String>,
    manifest_path: PathBuf,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    kind: Vec<String>,
}

#[derive(Deserialize)]
struct Resolve {
    root: Option<String>,
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Edge>,
}

#[derive(Deserialize)]
struct Edge {
    pkg: String,
    dep_kinds: Vec<EdgeKind>,
}

#[derive(Deserialize)]
struct EdgeKind {
    /// Absent for what is linked; `build` or `dev` otherwise.
    kind: Option<String>,
}

/// One crate in cargo-auditable's list.
#[derive(Serialize)]
struct Listed<'a> {
    name: &'a str,
    version: &'a str,
    source: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dependencies: Vec<usize>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    root: bool,
}

/// The crates of one plugin.
pub(crate) struct Crates {
    metadata: Metadata,
    root_manifest: PathBuf,
}

impl Crates {
    pub(crate) fn of(cargo_toml: &Path, toolchain: &Toolchain) -> Result<Self, WorkshopError> {
        let compile = |words: String| WorkshopError::Compile { path: cargo_toml.to_owned(), words };
        let output = toolchain
            .cargo(&[])
            .args(["metadata", "--format-version=1", "--filter-platform", TARGET, "--manifest-path"])
            .arg(cargo_toml)
            .stdin(Stdio::null())
            .output()
            .map_err(WorkshopError::read(cargo_toml))?;
        if !output.status.success() {
            return Err(compile(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
        }
        let metadata: Metadata =
            serde_json::from_slice(&output.stdout).map_err(|error| compile(error.to_string()))?;
        let root_manifest = metadata
            .packages
            .iter()
            .find(|package| Some(&package.id) == metadata.resolve.root.as_ref())
            .map(|package| package.manifest_path.clone())
            .ok_or_else(|| {
                compile("it is a workspace, not a package: name the plugin's own folder".to_owned())
            })?;
        Ok(Self { metadata, root_manifest })
    }

    /// The plugin's Cargo.toml as cargo's messages spell it.
    pub(crate) fn root_manifest(&self) -> &Path {
        &self.root_manifest
    }

    /// Flags that keep this machine's folders out of panic messages: they would tell strangers where
    /// the author works, and make the same source another plugin on another machine. Cargo itself
    /// names what is in the plugin's workspace by relative paths; leaving that out keeps the flags the
    /// same for all plugins, which then share what is compiled.
    pub(crate) fn remappings(&self, toolchain: &Toolchain) -> BTreeSet<String> {
        let mut remappings: BTreeMap<PathBuf, String> = BTreeMap::new();
        remappings.insert(toolchain.sysroot().join("lib/rustlib/src/rust"), "rust".to_owned());
        for package in &self.metadata.packages {
            let Some(folder) = package.manifest_path.parent() else { continue };
            if package.source.is_some() {
                // .../registry/src/<index>/<crate>-<version>
                remappings.insert(folder.parent().unwrap_or(folder).to_owned(), "crates".to_owned());
            } else if !folder.starts_with(&self.metadata.workspace_root) {
                remappings.insert(folder.to_owned(), package.name.clone());
            }
        }
        remappings
            .into_iter()
            .map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()))
            .collect()
    }

    /// Adds the section `.dep-v0`, as cargo-auditable writes it: which crates, in which versions, are
    /// in the plugin, for those who look for known weaknesses.
    pub(crate) fn append_to(&self, component: &mut Vec<u8>) {
        let Ok(json) = serde_json::to_vec(&serde_json::json!({ "packages": self.list() })) else { return };
        let packed = miniz_oxide::deflate::compress_to_vec_zlib(&json, 9);
        const NAME: &[u8] = b".dep-v0";
        component.push(0);
        push_leb(component, 1 + NAME.len() + packed.len());
        push_leb(component, NAME.len());
        component.extend_from_slice(NAME);
        component.extend_from_slice(&packed);
    }

    fn list(&self) -> Vec<Listed<'_>> {
        let linked = self.reachable(|edge| edge.kind.is_none());
        let all = self.reachable(|edge| edge.kind.as_deref() != Some("dev"));
        let mut packages: Vec<&Package> =
            self.metadata.packages.iter().filter(|package| all.contains(package.id.as_str())).collect();
        packages.sort_by(|a, b| (&a.name, &a.version, &a.id).cmp(&(&b.name, &b.version, &b.id)));
        let place: BTreeMap<&str, usize> =
            packages.iter().enumerate().map(|(place, package)| (package.id.as_str(), place)).collect();
        packages
            .iter()
            .map(|package| Listed {
                name: &package.name,
                version: &package.version,
                source: match package.source.as_deref() {
                    None => "local",
                    Some("registry+https://github.com/rust-lang/crates.io-index") => "crates.io",
                    Some(source) if source.starts_with("git+") => "git",
                    Some(_) => "registry",
                },
                kind: (!linked.contains(package.id.as_str())).then_some("build"),
                dependencies: self
                    .edges(&package.id)
                    .filter(|edge| edge.dep_kinds.iter().any(|kind| kind.kind.as_deref() != Some("dev")))
                    .filter_map(|edge| place.get(edge.pkg.as_str()).copied())
                    .collect::<BTreeSet<usize>>()
                    .into_iter()
                    .collect(),
                root: package.manifest_path == self.root_manifest,
            })
            .collect()
    }

    /// The crates that one comes to from the plugin's own over such edges. What a procedural macro
    /// needs runs in the compiler and is not in the plugin.
    fn reachable(&self, follow: impl Fn(&EdgeKind) -> bool) -> BTreeSet<&str> {
        let linked_only = !follow(&EdgeKind { kind: Some("build".to_owned()) });
        let macros: BTreeSet<&str> = self
            .metadata
            .packages
            .iter()
            .filter(|package| {
                package.targets.iter().any(|target| target.kind.iter().any(|kind| kind == "proc-macro"))
            })
            .map(|package| package.id.as_str())
            .collect();
        let mut seen = BTreeSet::new();
        let mut ahead: Vec<&str> = self.metadata.resolve.root.as_deref().into_iter().collect();
        while let Some(id) = ahead.pop() {
            if (linked_only && macros.contains(id)) || !seen.insert(id) {
                continue;
            }
            ahead.extend(
                self.edges(id)
                    .filter(|edge| edge.dep_kinds.iter().any(&follow))
                    .map(|edge| edge.pkg.as_str()),
            );
        }
        seen
    }

    fn edges(&self, id: &str) -> impl Iterator<Item = &Edge> {
        self.metadata.resolve.nodes.iter().filter(move |node| node.id == id).flat_map(|node| &node.deps)
    }
}
