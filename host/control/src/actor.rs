//! Who asks, as the operating system says; it goes into the journal beside what was done.

use glasshouse_ledger::Actor;

/// The account that this process runs as.
pub(crate) fn this_process() -> Actor {
    #[cfg(unix)]
    return of_uid(nix::unistd::geteuid().as_raw());
    // Whoever is here holds the state directory's lock, so that the name claims nothing more.
    #[cfg(not(unix))]
    return Actor::new(&format!("account {}", std::env::var("USERNAME").unwrap_or_default()));
}

/// The account of a peer on the control socket.
#[cfg(unix)]
pub(crate) fn of_uid(uid: u32) -> Actor {
    match nix::unistd::User::from_uid(uid.into()) {
        Ok(Some(user)) => Actor::new(&format!("{} (uid {uid})", user.name)),
        // An account can be gone while its process lives on.
        Ok(None) | Err(_) => Actor::new(&format!("uid {uid}")),
    }
}
