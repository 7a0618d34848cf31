//! A plugin in a code cache, and whether the next start takes it from there.

use std::{
    fs,
    io::{self, Write},
    path::PathBuf,
    sync::{Arc, Mutex},
};

use glasshouse_contract::{Digest, Kind};
use glasshouse_sandbox::{
    CacheKey, ChildCompiler, CodeCache, Compiler, Plugin, Sandbox, SandboxError, Settings,
};
use tempfile::TempDir;

use super::{component, context, keys, manifest, people};

/// Where a plugin's code came from.
#[derive(Debug, PartialEq, Eq)]
pub enum Lookup {
    Served,
    CompiledAnew,
}

/// A cache folder with the code of one plugin in it.
pub struct Cached {
    folder: TempDir,
    key: CacheKey,
    component: Vec<u8>,
    code: Vec<u8>,
    said: Mutex<String>,
}

impl Cached {
    pub fn new() -> Self {
        Self::with("", 1)
    }

    pub fn of_other_plugin() -> Self {
        Self::with("(func)", 1)
    }

    pub fn of_other_host() -> Self {
        Self::with("", 2)
    }

    fn with(guest: &str, key: u8) -> Self {
        let mut cached = Self {
            folder: tempfile::tempdir().unwrap(),
            key: CacheKey::new([key; 32]),
            component: component(Kind::Rule, guest),
            code: Vec::new(),
            said: Mutex::default(),
        };
        cached.load(Compiler::InProcess).unwrap();
        cached.code = fs::read(cached.path()).unwrap();
        cached
    }

    /// The file as the host wrote it.
    pub fn code(&self) -> &[u8] {
        &self.code
    }

    /// Puts other bytes in its place.
    pub fn put(&self, bytes: &[u8]) {
        fs::write(self.path(), bytes).unwrap();
    }

    /// Gives the file another name.
    pub fn rename(&self, name: impl Fn(&str) -> String) {
        let path = self.path();
        let other = path.with_file_name(name(path.file_name().unwrap().to_str().unwrap()));
        fs::rename(path, other).unwrap();
    }

    fn path(&self) -> PathBuf {
        let mut files: Vec<PathBuf> =
            fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files.remove(0)
    }

    /// A new start of the host: a sandbox that cannot compile shows whether the cache is believed; one
    /// that can shows that the plugin runs all the same.
    pub fn lookup(&self) -> Lookup {
        let no_compiler = ChildCompiler::new(self.folder.path().join("no-compiler"), Vec::new());
        match self.load(Compiler::Child(no_compiler)) {
            Ok(_) => Lookup::Served,
            Err(SandboxError::Compiler(_)) => {
                self.runs(&self.load(Compiler::InProcess).unwrap());
                Lookup::CompiledAnew
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Another plugin's code is found in the same folder afterwards.
    pub fn still_serves(&self) {
        self.runs(&self.load(Compiler::InProcess).unwrap());
        assert_eq!(self.lookup(), Lookup::Served);
    }

    /// What the host said last about its cache.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    fn runs(&self, rule: &Plugin) {
        assert_eq!(rule.redact(&context(), &keys(), &people()).unwrap().batch, people());
    }

    fn load(&self, compiler: Compiler) -> Result<Plugin, SandboxError> {
        let cache = CodeCache::new(self.folder.path().to_owned(), self.key.clone());
        let words = Words::default();
        let writer = words.clone();
        let log = tracing_subscriber::fmt()
            .without_time()
            .with_target(false)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        let manifest = manifest(Kind::Rule, "", "");
        let loaded = tracing::subscriber::with_default(log, || {
            let sandbox = Sandbox::new(Settings { compiler, cache: Some(cache) }).unwrap();
            sandbox.load(manifest.clone(), &manifest.asks(), Digest::of(&self.component), &self.component)
        });
        let words = String::from_utf8(words.0.lock().unwrap().clone()).unwrap();
        if !words.is_empty() {
            *self.said.lock().unwrap() = words.replace(&Digest::of(&self.component).to_string(), "DIGEST");
        }
        loaded
    }
}

/// What was logged.
#[derive(Clone, Default)]
struct Words(Arc<Mutex<Vec<u8>>>);

impl Write for Words {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
