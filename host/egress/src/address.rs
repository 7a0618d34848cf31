//! Which addresses may be connected to. Public ones may; every other needs a line in the configuration, for a name
//! that is public today can lead into the network of the host tomorrow.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use glasshouse_contract::shown;
use serde::{Deserialize, Deserializer};

/// Addresses that are not public, and that the configuration allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressGrant {
    /// This machine.
    Loopback,
    /// The link (169.254.0.0/16, fe80::/10); the addresses of cloud metadata on it are not included.
    LinkLocal,
    /// Private networks (RFC 1918, fc00::/7).
    Private,
    /// What providers share between customers (100.64.0.0/10).
    Shared,
    /// IPv4 behind NAT64 (64:ff9b::/96); the address inside needs to be allowed as well.
    Nat64,
    /// The addresses that begin with these bits.
    Range(IpAddr, u8),
}

/// A text that allows no address.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "`{0}` is none of loopback, link-local, private, shared, nat64, an address, or a range such as 10.1.0.0/16"
)]
pub struct BadAddressGrant(String);

impl FromStr for AddressGrant {
    type Err = BadAddressGrant;

    fn from_str(text: &str) -> Result<Self, BadAddressGrant> {
        let bad = || BadAddressGrant(shown(text));
        Ok(match text {
            "loopback" => Self::Loopback,
            "link-local" => Self::LinkLocal,
            "private" => Self::Private,
            "shared" => Self::Shared,
            "nat64" => Self::Nat64,
            _ => {
                let (address, length) =
                    text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
                let address: IpAddr = address.parse().map_err(|_| bad())?;
                let most = if address.is_ipv4() { 32 } else { 128 };
                let length = length.map_or(Ok(most), str::parse).map_err(|_| bad())?;
                // Bits beyond the length would say something that is not so.
                if length > most || Bits::of(address).network(length) != Bits::of(address) {
                    return Err(bad());
                }
                Self::Range(address, length)
            }
        })
    }
}

impl fmt::Display for AddressGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loopback => f.write_str("loopback"),
            Self::LinkLocal => f.write_str("link-local"),
            Self::Private => f.write_str("private"),
            Self::Shared => f.write_str("shared"),
            Self::Nat64 => f.write_str("nat64"),
            Self::Range(address, length) => write!(f, "{address}/{length}"),
        }
    }
}

impl<'de> Deserialize<'de> for AddressGrant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// An address as a number, from its highest bit.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Bits {
    bits: u128,
    v4: bool,
}

impl Bits {
    fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(v4) => Self { bits: u128::from(v4.to_bits()) << 96, v4: true },
            IpAddr::V6(v6) => Self { bits: v6.to_bits(), v4: false },
        }
    }

    const fn network(self, length: u8) -> Self {
        let mask = match length {
            0 => 0,
            1..=128 => u128::MAX << (128 - length),
            _ => u128::MAX,
        };
        Self { bits: self.bits & mask, v4: self.v4 }
    }
}

fn within(address: IpAddr, network: IpAddr, length: u8) -> bool {
    Bits::of(address).network(length) == Bits::of(network)
}

/// What a range is for, as far as it is not the public internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Metadata,
    Loopback,
    LinkLocal,
    Private,
    Shared,
    Nat64,
    /// Holds an IPv4 address in a form that would pass a look at IPv6 alone.
    Embedded,
    Multicast,
    Unspecified,
    Reserved,
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Metadata => "that of a cloud's metadata",
            Self::Loopback => "this machine's own",
            Self::LinkLocal => "link-local",
            Self::Private => "private",
            Self::Shared => "shared by a provider (CGNAT)",
            Self::Nat64 => "IPv4 behind NAT64",
            Self::Embedded => "IPv4 in the form of IPv6",
            Self::Multicast => "multicast",
            Self::Unspecified => "unspecified",
            Self::Reserved => "reserved",
        })
    }
}

const fn v4(a: u8, b: u8, c: u8, d: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(a, b, c, d))
}

const fn v6(a: u16, b: u16, c: u16, d: u16, last: u16) -> IpAddr {
    IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, last))
}

/// The registries of special addresses of IANA (RFC 6890 and what followed), and where clouds keep metadata. The first
/// that fits counts.
const SPECIAL: &[(IpAddr, u8, Purpose)] = &[
    // AWS, Azure, GCP and others; AWS' containers; Alibaba; Azure's wire server, a public address; Oracle.
    (v4(169, 254, 169, 254), 32, Purpose::Metadata),
    (v4(169, 254, 170, 2), 32, Purpose::Metadata),
    (v4(100, 100, 100, 200), 32, Purpose::Metadata),
    (v4(168, 63, 129, 16), 32, Purpose::Metadata),
    (v4(192, 0, 0, 192), 32, Purpose::Metadata),
    // AWS, and GCP.
    (v6(0xfd00, 0xec2, 0, 0, 0x254), 128, Purpose::Metadata),
    (v6(0xfd20, 0xce, 0, 0, 0x254), 128, Purpose::Metadata),
    (v4(0, 0, 0, 0), 8, Purpose::Unspecified),
    (v4(10, 0, 0, 0), 8, Purpose::Private),
    (v4(100, 64, 0, 0), 10, Purpose::Shared),
    (v4(127, 0, 0, 0), 8, Purpose::Loopback),
    (v4(169, 254, 0, 0), 16, Purpose::LinkLocal),
    (v4(172, 16, 0, 0), 12, Purpose::Private),
    (v4(192, 0, 0, 0), 24, Purpose::Reserved),
    (v4(192, 0, 2, 0), 24, Purpose::Reserved),
    (v4(192, 88, 99, 0), 24, Purpose::Reserved),
    (v4(192, 168, 0, 0), 16, Purpose::Private),
    (v4(198, 18, 0, 0), 15, Purpose::Reserved),
    (v4(198, 51, 100, 0), 24, Purpose::Reserved),
    (v4(203, 0, 113, 0), 24, Purpose::Reserved),
    (v4(224, 0, 0, 0), 4, Purpose::Multicast),
    (v4(240, 0, 0, 0), 4, Purpose::Reserved),
    (v6(0, 0, 0, 0, 0), 128, Purpose::Unspecified),
    (v6(0, 0, 0, 0, 1), 128, Purpose::Loopback),
    // ::ffff:a.b.c.d and ::a.b.c.d; 6to4; what is left of 2001::/23 besides Teredo is for protocols.
    (IpAddr::V6(Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0)), 96, Purpose::Embedded),
    (v6(0, 0, 0, 0, 0), 96, Purpose::Embedded),
    (v6(0x64, 0xff9b, 0, 0, 0), 96, Purpose::Nat64),
    // NAT64 of one's own: the place of the IPv4 address in it is not known.
    (v6(0x64, 0xff9b, 1, 0, 0), 48, Purpose::Embedded),
    (v6(0x2001, 0, 0, 0, 0), 32, Purpose::Embedded),
    (v6(0x2002, 0, 0, 0, 0), 16, Purpose::Embedded),
    (v6(0x2001, 0, 0, 0, 0), 23, Purpose::Reserved),
    (v6(0x2001, 0xdb8, 0, 0, 0), 32, Purpose::Reserved),
    (v6(0x3fff, 0, 0, 0, 0), 20, Purpose::Reserved),
    (v6(0xfc00, 0, 0, 0, 0), 7, Purpose::Private),
    (v6(0xfe80, 0, 0, 0, 0), 10, Purpose::LinkLocal),
    (v6(0xfec0, 0, 0, 0, 0), 10, Purpose::Private),
    (v6(0xff00, 0, 0, 0, 0), 8, Purpose::Multicast),
];

fn purpose(address: IpAddr) -> Option<Purpose> {
    let special = SPECIAL.iter().find(|(network, length, _)| within(address, *network, *length));
    match special {
        Some((.., purpose)) => Some(*purpose),
        // Of IPv6 nothing else is given out yet.
        None if address.is_ipv6() && !within(address, v6(0x2000, 0, 0, 0, 0), 3) => Some(Purpose::Reserved),
        None => None,
    }
}

/// Whether an address may be connected to; else what it is.
pub(crate) fn judge(address: IpAddr, grants: &[AddressGrant]) -> Result<(), Purpose> {
    let Some(purpose) = purpose(address) else { return Ok(()) };
    let ranges = || {
        grants.iter().filter_map(|grant| match grant {
            AddressGrant::Range(network, length) => Some((*network, *length)),
            _ => None,
        })
    };
    let allowed = match purpose {
        // Whoever has it reads the machine's own credentials there: nothing but the address itself allows it.
        Purpose::Metadata => names(address, grants),
        Purpose::Unspecified | Purpose::Multicast => false,
        Purpose::Nat64 if grants.contains(&AddressGrant::Nat64) => return judge(inside(address), grants),
        _ => {
            let word = match purpose {
                Purpose::Loopback => Some(AddressGrant::Loopback),
                Purpose::LinkLocal => Some(AddressGrant::LinkLocal),
                Purpose::Private => Some(AddressGrant::Private),
                Purpose::Shared => Some(AddressGrant::Shared),
                _ => None,
            };
            word.is_some_and(|word| grants.contains(&word))
                || ranges().any(|(network, length)| within(address, network, length))
        }
    };
    if allowed { Ok(()) } else { Err(purpose) }
}

/// Whether the configuration has this very address.
pub(crate) fn names(address: IpAddr, grants: &[AddressGrant]) -> bool {
    let whole = if address.is_ipv4() { 32 } else { 128 };
    grants.contains(&AddressGrant::Range(address, whole))
}

/// The IPv4 address in the last 32 bits.
fn inside(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => {
            let [.., a, b, c, d] = v6.octets();
            v4(a, b, c, d)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn grants(texts: &[&str]) -> Vec<AddressGrant> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn allowed(address: &str, granted: &[&str]) -> bool {
        judge(address.parse().unwrap(), &grants(granted)).is_ok()
    }

    #[test]
    fn public_addresses_need_no_line() {
        for address in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "192.169.0.0",
            "223.255.255.255",
            "2606:4700:4700::1111",
            "2001:200::1",
            "2400::",
            "2003::1",
            "3ffe::1",
        ] {
            assert!(allowed(address, &[]), "{address}");
        }
    }

    #[test]
    fn every_other_is_refused_without_a_line() {
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.0",
            "10.255.255.255",
            "100.64.0.0",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.0.1",
            "169.254.169.254",
            "169.254.170.2",
            "100.100.100.200",
            "168.63.129.16",
            "172.16.0.0",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:1.1.1.1",
            "::ffff:127.0.0.1",
            "::ffff:a9fe:a9fe",
            "::127.0.0.1",
            "64:ff9b::1.1.1.1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fdff::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "4000::1",
        ] {
            assert!(!allowed(address, &[]), "{address}");
        }
    }

    #[test]
    fn a_word_allows_its_own_and_no_more() {
        for (word, inside, outside) in [
            ("loopback", &["127.0.0.1", "::1"][..], &["10.0.0.1", "::ffff:127.0.0.1"][..]),
            ("link-local", &["169.254.1.1", "fe80::1"], &["169.254.169.254", "127.0.0.1", "169.254.170.2"]),
            (
                "private",
                &["10.1.1.1", "172.16.1.1", "192.168.1.1", "fd12::1"],
                &["127.0.0.1", "fd00:ec2::254", "::1"],
            ),
            ("shared", &["100.64.0.1"], &["100.100.100.200", "10.0.0.1"]),
            (
                "nat64",
                &["64:ff9b::1.1.1.1"],
                &["64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b:1::1"],
            ),
            ("10.1.0.0/16", &["10.1.2.3"], &["10.2.0.1", "192.168.0.1"]),
            ("10.1.2.3", &["10.1.2.3"], &["10.1.2.4"]),
            ("169.254.169.254", &["169.254.169.254"], &["169.254.1.1"]),
            ("169.254.0.0/16", &["169.254.1.1"], &["169.254.169.254"]),
            ("::ffff:10.0.0.0/104", &["::ffff:10.1.1.1"], &["10.1.1.1", "::ffff:127.0.0.1"]),
            ("0.0.0.0/0", &["127.0.0.1", "240.0.0.1"], &["0.0.0.0", "224.0.0.1", "169.254.169.254", "::1"]),
        ] {
            for address in inside {
                assert!(allowed(address, &[word]), "{word}: {address}");
            }
            for address in outside {
                assert!(!allowed(address, &[word]), "{word}: {address}");
            }
        }
        assert!(allowed("64:ff9b::10.0.0.1", &["nat64", "private"]));
    }

    #[test]
    fn near_misses_allow_nothing() {
        for text in [
            "",
            "all",
            "Private",
            "10.0.0.0/33",
            "10.0.0.1/8",
            "10.0.0/8",
            "10.0.0.0/",
            "::/129",
            "10.0.0.0/-1",
        ] {
            assert!(text.parse::<AddressGrant>().is_err(), "{text}");
        }
    }

    proptest! {
        /// Another reading of the same rule, by the standard library's.
        #[test]
        fn what_the_standard_library_calls_special_is_never_public(bits in any::<u32>(), low in any::<u128>()) {
            let v4 = Ipv4Addr::from_bits(bits);
            if v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_multicast()
                || v4.is_broadcast() || v4.is_documentation() || v4.is_unspecified()
            {
                prop_assert!(judge(v4.into(), &[]).is_err());
            }
            // The high bits choose the kind; all of them are met.
            for high in [0_u128, 0xfc << 120, 0xfe80 << 112, 0xff << 120, 0x2001 << 112, 0x2002 << 112] {
                let v6 = Ipv6Addr::from_bits(high | low >> 16);
                if v6.is_unique_local() || v6.is_unicast_link_local() || v6.is_multicast() || v6.is_loopback() {
                    prop_assert!(judge(v6.into(), &[]).is_err());
                }
                if let Some(v4) = v6.to_ipv4() {
                    prop_assert!(judge(v6.into(), &[]).is_err(), "{v6} is {v4}");
                }
            }
        }

        #[test]
        fn a_grant_reads_back_from_its_text(bits in any::<u32>(), length in 0_u8..=32) {
            let address = Ipv4Addr::from_bits(if length == 0 { 0 } else { bits & (u32::MAX << (32 - length)) });
            let grant = AddressGrant::Range(address.into(), length);
            prop_assert_eq!(grant.to_string().parse(), Ok(grant));
        }
    }
}
