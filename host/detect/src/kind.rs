//! What can be found, and where it was.

use std::ops::Range;

/// A kind of identifier or secret.
///
/// The order is that of preference where two kinds claim the very same bytes: the earlier one says more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A connection string with its server and whatever else it says, or a URL with a password in it.
    ConnectionString,
    /// A JSON web token.
    Jwt,
    /// An access token or key that is known by its form: GitHub, AWS, Azure, Slack and others.
    Token,
    /// The value behind `Password=`, `pwd=`, `secret=` and the like.
    Secret,
    /// A BitLocker recovery key: eight groups of six digits.
    BitLockerKey,
    /// A product key: five groups of five characters.
    ProductKey,
    /// The client's own id in Configuration Manager: `GUID:` and a GUID.
    SmsUniqueId,
    /// A tenant, directory, object, device or subscription id that is called so.
    EntraId,
    /// The hash of a certificate that is called so.
    CertificateThumbprint,
    /// The distinguished name in a certificate.
    CertificateSubject,
    /// A distinguished name in Active Directory.
    DistinguishedName,
    /// The security identifier of an account, a computer or a domain.
    Sid,
    /// A group managed service account.
    Gmsa,
    /// `DOMAIN\user`.
    DomainUser,
    /// A user principal name: written like an address, in a domain that gets no mail, or called so.
    Upn,
    /// An e-mail address.
    Email,
    /// A path that begins with a server: `\\server\share`.
    UncPath,
    /// A path into a person's profile, up to the person's name.
    ProfilePath,
    /// A hardware address.
    Mac,
    /// A network with the length of its prefix.
    Cidr,
    /// An IPv6 address.
    Ipv6,
    /// An IPv4 address.
    Ipv4,
    /// A host name with its domain.
    Fqdn,
    /// A host name without a domain.
    HostName,
    /// An international bank account number.
    Iban,
    /// The number of a payment card.
    PaymentCard,
    /// A number or code that a state gave to a person.
    NationalId,
    /// A telephone number.
    Phone,
}

impl Kind {
    /// All kinds, in the order of preference.
    pub const ALL: [Self; 28] = [
        Self::ConnectionString,
        Self::Jwt,
        Self::Token,
        Self::Secret,
        Self::BitLockerKey,
        Self::ProductKey,
        Self::SmsUniqueId,
        Self::EntraId,
        Self::CertificateThumbprint,
        Self::CertificateSubject,
        Self::DistinguishedName,
        Self::Sid,
        Self::Gmsa,
        Self::DomainUser,
        Self::Upn,
        Self::Email,
        Self::UncPath,
        Self::ProfilePath,
        Self::Mac,
        Self::Cidr,
        Self::Ipv6,
        Self::Ipv4,
        Self::Fqdn,
        Self::HostName,
        Self::Iban,
        Self::PaymentCard,
        Self::NationalId,
        Self::Phone,
    ];

    /// What is found only where somebody asked for it: numbers that look like many other numbers.
    pub const OPT_IN: [Self; 2] = [Self::NationalId, Self::Phone];

    /// Its name, as commands and reports write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ConnectionString => "connection-string",
            Self::Jwt => "jwt",
            Self::Token => "token",
            Self::Secret => "secret",
            Self::BitLockerKey => "bitlocker-key",
            Self::ProductKey => "product-key",
            Self::SmsUniqueId => "sms-unique-id",
            Self::EntraId => "entra-id",
            Self::CertificateThumbprint => "certificate-thumbprint",
            Self::CertificateSubject => "certificate-subject",
            Self::DistinguishedName => "distinguished-name",
            Self::Sid => "sid",
            Self::Gmsa => "gmsa",
            Self::DomainUser => "domain-user",
            Self::Upn => "upn",
            Self::Email => "email",
            Self::UncPath => "unc-path",
            Self::ProfilePath => "profile-path",
            Self::Mac => "mac",
            Self::Cidr => "cidr",
            Self::Ipv6 => "ipv6",
            Self::Ipv4 => "ipv4",
            Self::Fqdn => "fqdn",
            Self::HostName => "host-name",
            Self::Iban => "iban",
            Self::PaymentCard => "payment-card",
            Self::NationalId => "national-id",
            Self::Phone => "phone",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Whether what stands in for it should not even show its form: it is worth stealing by itself.
    #[must_use]
    pub const fn is_secret(self) -> bool {
        matches!(
            self,
            Self::ConnectionString
                | Self::Jwt
                | Self::Token
                | Self::Secret
                | Self::BitLockerKey
                | Self::ProductKey
        )
    }
}

/// A place in a text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Found {
    /// The bytes; both ends are boundaries of characters.
    pub range: Range<usize>,
    /// What is there.
    pub kind: Kind,
}

/// A set of kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kinds(u32);

impl Kinds {
    /// No kind.
    pub const NONE: Self = Self(0);

    /// Every kind, the ones that have to be asked for too.
    #[must_use]
    pub fn all() -> Self {
        Kind::ALL.into_iter().collect()
    }

    /// Every kind but those that have to be asked for.
    #[must_use]
    pub fn usual() -> Self {
        Kind::ALL.into_iter().filter(|kind| !Kind::OPT_IN.contains(kind)).collect()
    }

    /// The same set with `kind`.
    #[must_use]
    pub const fn with(self, kind: Kind) -> Self {
        Self(self.0 | 1 << kind as u32)
    }

    /// The same set without `kind`.
    #[must_use]
    pub const fn without(self, kind: Kind) -> Self {
        Self(self.0 & !(1 << kind as u32))
    }

    /// Whether `kind` is in the set.
    #[must_use]
    pub const fn has(self, kind: Kind) -> bool {
        self.0 >> kind as u32 & 1 == 1
    }
}

impl FromIterator<Kind> for Kinds {
    fn from_iter<T: IntoIterator<Item = Kind>>(kinds: T) -> Self {
        kinds.into_iter().fold(Self::NONE, Self::with)
    }
}
