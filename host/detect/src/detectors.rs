use crate::{
    kind::{Found, Kind, Kinds},
    scan::Scan,
};

/// What to look for, and what is known of the site.
///
/// ```
/// use glasshouse_detect::{Detectors, Kind};
///
/// let detectors = Detectors::new().domain("contoso.example");
/// let mut found = Vec::new();
/// detectors.find("policy for CONTOSO\\ann from srv7.contoso.example", &mut found);
/// assert_eq!(found[0].kind, Kind::DomainUser);
/// assert_eq!(found[1].range, 28..48);
/// ```
#[derive(Clone, Debug)]
pub struct Detectors {
    kinds: Kinds,
    domains: Vec<String>,
    host_prefixes: Vec<String>,
}

impl Default for Detectors {
    fn default() -> Self {
        Self::new()
    }
}

impl Detectors {
    /// All kinds but those that have to be asked for (`Kind::OPT_IN`).
    #[must_use]
    pub fn new() -> Self {
        Self::of(Kinds::usual())
    }

    /// These kinds alone.
    #[must_use]
    pub const fn of(kinds: Kinds) -> Self {
        Self { kinds, domains: Vec::new(), host_prefixes: Vec::new() }
    }

    /// One kind more.
    #[must_use]
    pub const fn with(mut self, kind: Kind) -> Self {
        self.kinds = self.kinds.with(kind);
        self
    }

    /// One kind less.
    #[must_use]
    pub const fn without(mut self, kind: Kind) -> Self {
        self.kinds = self.kinds.without(kind);
        self
    }

    /// A domain of the site itself, `contoso.example`: every host in it is found, whatever its top level
    /// is, and every account of it (`contoso\ann`), however it is written.
    #[must_use]
    pub fn domain(mut self, name: &str) -> Self {
        let name = name.trim_matches('.').to_lowercase();
        if !name.is_empty() {
            self.domains.push(name);
        }
        self
    }

    /// What host names of the site begin with, `CTS-`: every name that begins so and goes on with letters,
    /// digits or dashes, one digit at least, is found.
    #[must_use]
    pub fn host_prefix(mut self, prefix: &str) -> Self {
        if !prefix.is_empty() {
            self.host_prefixes.push(prefix.to_lowercase());
        }
        self
    }

    /// Finds what is in `text`: sorted, without overlaps, at boundaries of characters. What `found` held
    /// before is gone; hand over the same one again to spare its memory.
    ///
    /// Nothing reaches across a line's end, so a text can be handed over line by line or as a whole.
    pub fn find(&self, text: &str, found: &mut Vec<Found>) {
        Scan::new(text, "", self, found).run();
    }

    /// The same for a cell of a table, where the column's name says what the cell holds: no address is
    /// found in a version, and in a column of passwords or host names the whole cell is one.
    pub fn find_in_column(&self, column: &str, text: &str, found: &mut Vec<Found>) {
        Scan::new(text, column, self, found).run();
    }

    pub(crate) const fn looks_for(&self, kind: Kind) -> bool {
        self.kinds.has(kind)
    }

    /// Whether `host` is one of the site's own domains or lies in one.
    pub(crate) fn is_own_domain(&self, host: &[u8]) -> bool {
        self.domains.iter().any(|domain| {
            let domain = domain.as_bytes();
            host.len().checked_sub(domain.len()).is_some_and(|start| {
                host.get(start..).is_some_and(|end| end.eq_ignore_ascii_case(domain))
                    && (start == 0 || host.get(start - 1) == Some(&b'.'))
            })
        })
    }

    /// Whether `name` is the short name of one of the site's own domains.
    pub(crate) fn is_own_short_domain(&self, name: &[u8]) -> bool {
        self.domains.iter().any(|domain| {
            let short = domain.split('.').next().unwrap_or_default();
            // Fifteen characters are the longest short name.
            let short = short.get(..15).unwrap_or(short);
            name.eq_ignore_ascii_case(short.as_bytes())
        })
    }

    pub(crate) fn has_own_prefix(&self, name: &[u8]) -> bool {
        self.host_prefixes.iter().any(|prefix| {
            name.get(..prefix.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(prefix.as_bytes()))
        })
    }
}
