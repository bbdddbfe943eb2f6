//! Addresses and blocks of addresses, by which proxies are recognised.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// A block of addresses: those that share the first bits of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// Whether an address lies in the block. An IPv4 address may be spelled as an IPv6 one.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let shift = 32 - u32::from(self.bits);
                own.to_bits().checked_shr(shift).unwrap_or(0) == other.to_bits().checked_shr(shift).unwrap_or(0)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let shift = 128 - u32::from(self.bits);
                own.to_bits().checked_shr(shift).unwrap_or(0) == other.to_bits().checked_shr(shift).unwrap_or(0)
            }
            _ => false,
        }
    }

    /// Bits that its addresses share.
    pub fn bits(&self) -> u8 {
        self.bits
    }

    /// Whether its addresses are those of IPv4.
    pub fn is_ipv4(&self) -> bool {
        self.address.is_ipv4()
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

impl FromStr for Network {
    type Err = ();

    /// Reads `192.0.2.1`, `10.0.0.0/8`, `2001:db8::/32`.
    fn from_str(text: &str) -> Result<Network, ()> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().map_err(drop)?)),
            None => (text, None),
        };
        let address = address.trim_matches(['[', ']']).parse::<IpAddr>().map_err(drop)?.to_canonical();
        let all = if address.is_ipv4() { 32 } else { 128 };
        match bits.unwrap_or(all) {
            bits if bits <= all => Ok(Network { address, bits }),
            _ => Err(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_holds_what_shares_its_first_bits() {
        let holds = |block: &str, address: &str| {
            block.parse::<Network>().expect("a block").contains(address.parse().expect("an address"))
        };
        for (block, address) in [
            ("10.0.0.0/8", "10.200.3.4"),
            ("192.0.2.1", "192.0.2.1"),
            ("192.0.2.1", "::ffff:192.0.2.1"),
            ("0.0.0.0/0", "203.0.113.9"),
            ("2001:db8::/32", "2001:db8:1::5"),
            ("::1", "::1"),
        ] {
            assert!(holds(block, address), "{block} {address}");
        }
        for (block, address) in
            [("10.0.0.0/8", "11.0.0.1"), ("192.0.2.1", "192.0.2.2"), ("::/0", "10.0.0.1"), ("2001:db8::/32", "::1")]
        {
            assert!(!holds(block, address), "{block} {address}");
        }
        for wrong in ["", "10.0.0.0/33", "10.0.0", "example.com", "::/129", "10.0.0.0/-1"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }
}
