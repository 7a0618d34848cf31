use std::fmt;

/// Who asked for a change, as the operating system knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor(String);

impl Actor {
    /// The host itself, where no person asked: a file found in the inbox, an expiry.
    #[must_use]
    pub fn host() -> Self {
        Self("host".to_owned())
    }

    /// An identity that the operating system gave, such as `uid 1000` or `CONTOSO\anna`. Longer or
    /// stranger texts than any system gives are cut and escaped: they end up on screens.
    #[must_use]
    pub fn new(identity: &str) -> Self {
        Self(identity.chars().take(200).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect())
    }

    /// The identity as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
