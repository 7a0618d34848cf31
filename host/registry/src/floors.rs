//! The floors that plugins are held to: the host's own list, and the site's in `site-classes.toml`.

use std::{fs, io, io::Read as _, path::Path, sync::Arc};

use glasshouse_contract::{Fault, FaultKind};
use glasshouse_guard::Floors;

use crate::private;

/// The shipped list has 25 KiB.
const MOST_BYTES: u64 = 1 << 20;

/// Reads the site's list; where there is none, the shipped one holds alone. Who may change the list decides
/// what leaves, so that it is held to the same owner as the trust file.
pub fn read(path: &Path) -> Result<Arc<Floors>, Fault> {
    let unreadable = |why: &dyn std::fmt::Display, mend: &str| {
        Fault::new(FaultKind::Unreachable, path.display(), why, mend)
    };
    let text = match text(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Floors::shipped().clone().into()),
        Err(error) => {
            return Err(unreadable(
                &error,
                "make it a UTF-8 file of at most 1 MiB that root or the host's account alone may write to; \
                 until then nothing new is admitted",
            ));
        }
    };
    Floors::shipped().with(&text).map(Arc::new).map_err(|error| error.fault(path.display()))
}

fn text(path: &Path) -> io::Result<String> {
    // To open a pipe is to wait for its other end.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let file = fs::File::open(path)?;
    if let Some(why) = private::open_to_others(&file.metadata()?) {
        return Err(io::Error::other(why));
    }
    let mut text = String::new();
    if file.take(MOST_BYTES + 1).read_to_string(&mut text)? as u64 > MOST_BYTES {
        return Err(io::Error::other("it is longer than 1 MiB"));
    }
    Ok(text)
}
