//! Addresses of hosts and interfaces.

use std::net::{Ipv4Addr, Ipv6Addr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::interval::{Step, Uniform};
use super::super::numbered::{self, Numbered};
use super::super::{Generator, Made, Problems};
use crate::plan::{Context, Scalar};
use crate::problem::Problem;
use crate::types::LogicalType;

/// Which IPv4 addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ipv4Class {
    /// Addresses that are routed in the Internet. They belong to somebody.
    Public,
    /// Addresses of private networks (RFC 1918).
    Private,
    /// Addresses that are reserved for documentation (RFC 5737), 768 in all.
    Documentation,
}

/// An IPv4 address.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ipv4 {
    /// Which addresses: `public`, `private` or `documentation`; when absent, `documentation` where the dataset is safe, else `public`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    class: Option<Ipv4Class>,
    /// A network in the notation of RFC 4632, such as `10.1.0.0/16`, in place of a class; its first and last address are hosts too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cidr: Option<String>,
}

/// Whole ranges of addresses, first and last.
struct Ranges(Vec<(u32, u32)>);

/// Blocks that are not routed in the Internet: IANA, IPv4 Special-Purpose Address Registry, with multicast and what lies behind it.
const NOT_PUBLIC: [([u8; 4], u32); 15] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 31, 196, 0], 24),
    ([192, 52, 193, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
];

/// The first address of multicast: nothing from there on is a host's.
const MULTICAST: u32 = 0xE000_0000;

fn block((start, bits): ([u8; 4], u32)) -> (u32, u32) {
    let start = u32::from_be_bytes(start);
    (start, start | u32::MAX.checked_shr(bits).unwrap_or(0))
}

impl Ranges {
    fn of(class: Ipv4Class) -> Ranges {
        let blocks = |list: &[([u8; 4], u32)]| Ranges(list.iter().copied().map(block).collect());
        match class {
            Ipv4Class::Private => blocks(&[([10, 0, 0, 0], 8), ([172, 16, 0, 0], 12), ([192, 168, 0, 0], 16)]),
            Ipv4Class::Documentation => {
                blocks(&[([192, 0, 2, 0], 24), ([198, 51, 100, 0], 24), ([203, 0, 113, 0], 24)])
            }
            Ipv4Class::Public => {
                let mut ranges = Vec::new();
                let mut next = 0;
                for (first, last) in NOT_PUBLIC.into_iter().map(block) {
                    if first > next {
                        ranges.push((next, first - 1));
                    }
                    next = last + 1;
                }
                ranges.push((next, MULTICAST - 1));
                Ranges(ranges)
            }
        }
    }

    fn of_network(text: &str) -> Option<Ranges> {
        let (address, bits) = text.split_once('/')?;
        let address: Ipv4Addr = address.trim().parse().ok()?;
        let bits: u32 = bits.trim().parse().ok().filter(|bits| *bits <= 32)?;
        let (first, last) = block((address.octets(), bits));
        // A network's own address has no bit behind its prefix.
        let behind = u32::MAX.checked_shr(bits).unwrap_or(0);
        (u32::from(address) & behind == 0).then(|| Ranges(vec![(first, last)]))
    }
}

impl Numbered for Ranges {
    fn count(&self) -> u128 {
        self.0.iter().map(|(first, last)| u128::from(last - first) + 1).sum()
    }

    fn longest(&self) -> u64 {
        15
    }

    fn write(&self, mut rank: u128, out: &mut String) {
        for (first, last) in &self.0 {
            let count = u128::from(last - first) + 1;
            if rank < count {
                out.push_str(&Ipv4Addr::from(first + rank as u32).to_string());
                return;
            }
            rank -= count;
        }
    }
}

impl Generator for Ipv4 {
    const EXAMPLE: &'static str = "{type: ipv4, class: private}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let ranges = match (&self.cidr, self.class) {
            (Some(_), Some(_)) => {
                let detail = "a class and a network are given, and one of them decides";
                return Err(vec![Problem::new("either_or", detail).remedy("leave class or cidr out").at("/cidr")]);
            }
            (Some(cidr), None) => Ranges::of_network(cidr).ok_or_else(|| {
                let detail = format!("\"{cidr}\" is no IPv4 network");
                vec![Problem::new("wrong_network", detail).remedy("write it like 10.1.0.0/16").at("/cidr")]
            })?,
            (None, class) => {
                let usual = if cx.safe() { Ipv4Class::Documentation } else { Ipv4Class::Public };
                Ranges::of(class.unwrap_or(usual))
            }
        };
        numbered::column(cx, ranges, "an IPv4 address")
    }
}

/// An IPv6 address in the form of RFC 5952. Where the dataset is safe it lies in 2001:db8::/32, which is reserved for documentation
/// (RFC 3849); else anywhere among the global unicast addresses, 2000::/3.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ipv6 {}

/// Addresses with a prefix and any bits behind it.
struct Prefix {
    start: u128,
    free_bits: u32,
}

impl Numbered for Prefix {
    fn count(&self) -> u128 {
        1 << self.free_bits
    }

    fn longest(&self) -> u64 {
        39
    }

    fn write(&self, rank: u128, out: &mut String) {
        out.push_str(&Ipv6Addr::from(self.start | rank).to_string());
    }
}

impl Generator for Ipv6 {
    const EXAMPLE: &'static str = "{type: ipv6}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let prefix = if cx.safe() {
            Prefix { start: 0x2001_0db8 << 96, free_bits: 96 }
        } else {
            Prefix { start: 0x2 << 124, free_bits: 125 }
        };
        numbered::column(cx, prefix, "an IPv6 address")
    }
}

/// A MAC address of an interface (EUI-48), in lower-case hex. Where the dataset is safe it is a locally administered one, which no maker
/// gives to a device; else a universally administered one.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MacAddress {
    /// What stands between two bytes: `:`, `-`, or nothing; `:` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    separator: Option<String>,
}

struct Macs {
    /// The two low bits of the first byte: 2, locally administered; 0, by a maker.
    kind: u8,
    separator: String,
}

impl Numbered for Macs {
    fn count(&self) -> u128 {
        1 << 46
    }

    fn longest(&self) -> u64 {
        12 + 5 * self.separator.chars().count() as u64
    }

    fn write(&self, rank: u128, out: &mut String) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let bytes = (rank as u64).to_be_bytes();
        // Six bits of the first byte and forty behind it.
        let first = bytes[2] << 2 | self.kind;
        for (place, byte) in [first, bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]].into_iter().enumerate() {
            if place > 0 {
                out.push_str(&self.separator);
            }
            out.push(char::from(DIGITS[usize::from(byte >> 4)]));
            out.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
}

impl Generator for MacAddress {
    const EXAMPLE: &'static str = "{type: mac_address, separator: \"-\"}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let separator = self.separator.clone().unwrap_or_else(|| ":".to_owned());
        if !["", ":", "-", "."].contains(&separator.as_str()) {
            let detail = format!("\"{separator}\" does not separate the bytes of a MAC address");
            return Err(vec![
                Problem::new("wrong_separator", detail).remedy("take :, -, . or nothing").at("/separator"),
            ]);
        }
        numbered::column(cx, Macs { kind: if cx.safe() { 2 } else { 0 }, separator }, "a MAC address")
    }
}

/// Which ports (RFC 6335).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PortClass {
    /// 1 to 1023, of well-known services.
    System,
    /// 1024 to 49151, which services register.
    User,
    /// 49152 to 65535, for connections that come and go.
    Dynamic,
}

/// A TCP or UDP port; each is equally likely.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Port {
    /// Which ports: `system`, `user` or `dynamic`; 1 to 65535 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    class: Option<PortClass>,
}

impl Generator for Port {
    const EXAMPLE: &'static str = "{type: port, class: user}";

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        let (min, max) = match self.class {
            None => (1, 65_535),
            Some(PortClass::System) => (1, 1_023),
            Some(PortClass::User) => (1_024, 49_151),
            Some(PortClass::Dynamic) => (49_152, 65_535),
        };
        Ok(Uniform {
            key: cx.key("value"),
            logical: LogicalType::Integer,
            min: Scalar::Constant(min),
            max: Scalar::Constant(max),
            step: Step::Every(1),
            bounds: cx.bounds().to_vec(),
        }
        .made())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_addresses_are_all_but_the_reserved_ones() {
        let public = Ranges::of(Ipv4Class::Public);
        let reserved: u128 = NOT_PUBLIC.into_iter().map(block).map(|(first, last)| u128::from(last - first) + 1).sum();
        assert_eq!(public.count() + reserved, u128::from(MULTICAST));
        for text in numbered::check(&public, (0..public.count()).step_by(1_000_003)) {
            let address: Ipv4Addr = text.parse().expect("an address");
            assert!(!address.is_private() && !address.is_loopback() && !address.is_documentation());
            assert!(!address.is_link_local() && !address.is_multicast() && !address.is_unspecified());
        }
        let documentation = Ranges::of(Ipv4Class::Documentation);
        let all = numbered::check(&documentation, 0..documentation.count());
        assert_eq!((all.len(), all[0].as_str(), all[767].as_str()), (768, "192.0.2.0", "203.0.113.255"));
    }

    #[test]
    fn networks_are_read_and_what_is_none_is_not() {
        for (text, count) in [("10.1.0.0/16", Some(65_536)), ("192.168.1.7/32", Some(1)), ("0.0.0.0/0", Some(1 << 32))]
        {
            assert_eq!(Ranges::of_network(text).map(|ranges| ranges.count()), count, "{text}");
        }
        for text in ["10.1.0.0", "10.1.0.1/16", "10.1.0.0/33", "ten/8", "10.0.0.0/-1"] {
            assert!(Ranges::of_network(text).is_none(), "{text}");
        }
    }

    #[test]
    fn interfaces_and_ipv6_addresses_are_distinct_and_of_their_kind() {
        let local = Macs { kind: 2, separator: ":".to_owned() };
        for text in numbered::check(&local, (0..local.count()).step_by(70_368_744_177)) {
            let first = u8::from_str_radix(&text[..2], 16).expect("hex");
            assert_eq!(first & 3, 2, "{text}");
        }
        let documentation = Prefix { start: 0x2001_0db8 << 96, free_bits: 96 };
        for text in numbered::check(&documentation, (0..1_000_u128).map(|step| step << 86)) {
            assert!(text.starts_with("2001:db8:"), "{text}");
            let address: Ipv6Addr = text.parse().expect("an address");
            assert_eq!(address.to_string(), text);
        }
    }
}
