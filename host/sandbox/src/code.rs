//! From verified component bytes to code that runs.

use glasshouse_contract::Digest;
use wasmtime::{Engine, component::Component};

use crate::{SandboxError, Settings, cache};

/// Code from the cache where it is authentic, else freshly compiled and put there.
pub(crate) fn load(
    engine: &Engine,
    settings: &Settings,
    digest: Digest,
    component: &[u8],
) -> Result<Component, SandboxError> {
    if let Some(cache) = &settings.cache {
        match cache.get(engine, digest) {
            cache::Lookup::Found(code) => match deserialize(engine, &code) {
                Ok(component) => return Ok(component),
                Err(error) => tracing::warn!(%digest, %error, "cached code does not load; compiling anew"),
            },
            cache::Lookup::Missing => {}
            cache::Lookup::Distrusted(why) => {
                tracing::warn!(%digest, why, "cached code is not trusted; compiling anew");
            }
        }
    }
    let code = settings.compiler.compile(engine, component)?;
    if let Some(cache) = &settings.cache
        && let Err(error) = cache.put(engine, digest, &code)
    {
        // Without a cache the next start is slower; nothing else is lost.
        tracing::warn!(%error, "compiled code could not be cached");
    }
    deserialize(engine, &code)
}

/// The one place with unsafe code.
fn deserialize(engine: &Engine, code: &[u8]) -> Result<Component, SandboxError> {
    // SAFETY: wasmtime asks that the bytes come from its own compiler, unmodified. They do: either
    // our compiler process or this process wrote them just now, or their MAC under the host's key
    // was checked on this very buffer. Wasmtime itself checks version and configuration.
    #[expect(unsafe_code, reason = "wasmtime cannot verify machine code; see SAFETY")]
    let component = unsafe { Component::deserialize(engine, code) };
    component.map_err(|error| SandboxError::Shape(format!("{error:#}")))
}
