//! Compiled code on disk, authenticated: whoever can write to the folder but does not hold the
//! host's key cannot make the host run anything.

use std::{
    fmt, fs,
    hash::{Hash, Hasher},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use glasshouse_contract::Digest;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest as _, Sha256};
use wasmtime::Engine;

use crate::SandboxError;

/// A 32 MiB component compiles to about this much; more is no file of ours.
const MOST_BYTES: u64 = 512 << 20;
const MAC_BYTES: usize = 32;

/// The host's key for its own code cache.
#[derive(Clone)]
pub struct CacheKey([u8; 32]);

impl CacheKey {
    /// A key from 32 random bytes that only this host has.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CacheKey")
    }
}

/// A folder with compiled code.
#[derive(Clone, Debug)]
pub struct CodeCache {
    folder: PathBuf,
    key: CacheKey,
}

/// What the cache has for a component.
pub(crate) enum Lookup {
    Found(Vec<u8>),
    Missing,
    Distrusted(&'static str),
}

impl CodeCache {
    /// A cache in that folder, which must exist.
    #[must_use]
    pub const fn new(folder: PathBuf, key: CacheKey) -> Self {
        Self { folder, key }
    }

    /// The code for a component, read once into memory; what is checked is what is returned.
    pub(crate) fn get(&self, engine: &Engine, digest: Digest) -> Lookup {
        let mut bytes = Vec::new();
        let path = self.path(engine, digest);
        match fs::symlink_metadata(&path) {
            // To open a pipe is to wait for its other end.
            Ok(found) if !found.is_file() => return Lookup::Distrusted("it is no file"),
            _ => {}
        }
        match fs::File::open(path)
            .and_then(|file| file.take(MOST_BYTES + MAC_BYTES as u64 + 1).read_to_end(&mut bytes))
        {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Lookup::Missing,
            Err(_) => return Lookup::Distrusted("it cannot be read"),
        }
        if bytes.len() as u64 > MOST_BYTES + MAC_BYTES as u64 {
            return Lookup::Distrusted("it is too large");
        }
        let Some((tag, code)) = bytes.split_first_chunk::<MAC_BYTES>() else {
            return Lookup::Distrusted("it is too short");
        };
        let authentic = self.mac(engine, digest, code).is_some_and(|mac| mac.verify_slice(tag).is_ok());
        if authentic {
            Lookup::Found(bytes.split_off(MAC_BYTES))
        } else {
            Lookup::Distrusted("its MAC is not by this host's key")
        }
    }

    /// Puts code into the cache, whole or not at all.
    pub(crate) fn put(&self, engine: &Engine, digest: Digest, code: &[u8]) -> Result<(), SandboxError> {
        let path = self.path(engine, digest);
        let failed = |error: io::Error| SandboxError::Cache {
            path: path.display().to_string(),
            why: error.to_string(),
        };
        let Some(mac) = self.mac(engine, digest, code) else { return Ok(()) };
        // What an older engine, or a host that was killed, left for this component is of no use to anybody.
        self.remove_all(digest);
        let part = path.with_extension(format!("part-{}", std::process::id()));
        write_private(&part, &[&mac.finalize().into_bytes(), code]).map_err(failed)?;
        fs::rename(&part, &path).map_err(failed)
    }

    /// Removes what there is for a component. What stays behind is only untidy.
    fn remove_all(&self, digest: Digest) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        let hex = digest.hex();
        for entry in entries.flatten() {
            if entry.file_name().to_string_lossy().split('.').next() == Some(&*hex) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    fn path(&self, engine: &Engine, digest: Digest) -> PathBuf {
        let engine: String = engine_digest(engine).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        self.folder.join(format!("{}.{engine}.cwasm", digest.hex()))
    }

    /// Over the engine and the component as well: code for one plugin is no code for another.
    fn mac(&self, engine: &Engine, digest: Digest, code: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key.0).ok()?;
        mac.update(b"glasshouse compiled code 1\0");
        mac.update(&engine_digest(engine));
        mac.update(digest.as_bytes());
        mac.update(code);
        Some(mac)
    }
}

/// Wasmtime's version, the target and every setting that changes the code.
fn engine_digest(engine: &Engine) -> [u8; 32] {
    struct Feed(Sha256);
    impl Hasher for Feed {
        fn finish(&self) -> u64 {
            0
        }
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }
    }
    let mut feed = Feed(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut feed);
    feed.0.finalize().into()
}

fn write_private(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    // New: what is there already may be a link to elsewhere.
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    parts.iter().try_for_each(|part| file.write_all(part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::compile_config;

    /// The same version with one other setting is another engine, as another version is.
    fn engines() -> [Engine; 2] {
        let mut other = compile_config();
        other.cranelift_opt_level(wasmtime::OptLevel::None);
        [Engine::new(&compile_config()).unwrap(), Engine::new(&other).unwrap()]
    }

    #[test]
    fn code_of_another_engine_is_neither_found_nor_believed_under_a_new_name() {
        let folder = std::env::temp_dir().join(format!("glasshouse-cache-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let cache = CodeCache::new(folder.clone(), CacheKey::new([1; 32]));
        let (digest, [ours, other]) = (Digest::of(b"component"), engines());
        cache.put(&other, digest, b"code").unwrap();
        assert!(matches!(cache.get(&other, digest), Lookup::Found(code) if code == b"code"));
        assert!(matches!(cache.get(&ours, digest), Lookup::Missing));
        fs::rename(cache.path(&other, digest), cache.path(&ours, digest)).unwrap();
        assert!(matches!(cache.get(&ours, digest), Lookup::Distrusted(_)));

        // A new one takes the place of all that was there for the component, and of nothing else.
        fs::write(folder.join(format!("{}.0.part-1", digest.hex())), b"half").unwrap();
        cache.put(&other, Digest::of(b"another"), b"code").unwrap();
        cache.put(&other, digest, b"code").unwrap();
        cache.put(&ours, digest, b"code").unwrap();
        assert!(matches!(cache.get(&ours, digest), Lookup::Found(_)));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);

        #[cfg(unix)]
        {
            let path = cache.path(&ours, digest);
            fs::remove_file(&path).unwrap();
            rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
            assert!(matches!(cache.get(&ours, digest), Lookup::Distrusted("it is no file")));
        }
        fs::remove_dir_all(folder).unwrap();
    }
}
