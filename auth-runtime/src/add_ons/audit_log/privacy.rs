//! What is stored in place of an address (promise AU-03).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use super::forwarded;

/// What is stored where an address would stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IpPrivacyMode {
    /// The address.
    None,
    /// The network it lies in.
    Truncate {
        /// The bits of an IPv4 address that are kept.
        ipv4_mask: u8,
        /// The bits of an IPv6 address that are kept.
        ipv6_mask: u8,
    },
    /// A keyed hash: equal addresses have equal hashes, and without the key nobody can try all addresses.
    Hash,
    /// Nothing.
    Exclude,
}

/// The mode together with its key.
pub(crate) enum Privacy {
    None,
    Truncate { ipv4_mask: u8, ipv6_mask: u8 },
    Hash(Hmac<Sha256>),
    Exclude,
}

/// The key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("needs at least 32 bytes that are not all alike")]
pub(crate) struct UnfitKey;

/// Stands for what should be an address and is none.
const INVALID: &str = "invalid-ip";

/// How many hexadecimal digits of a hash are kept. 64 bits tell the addresses of any log apart.
const HASH_BYTES: usize = 8;

impl Privacy {
    pub(crate) fn new(mode: IpPrivacyMode, key: Option<&SecretString>) -> Result<Self, UnfitKey> {
        Ok(match mode {
            IpPrivacyMode::None => Self::None,
            IpPrivacyMode::Exclude => Self::Exclude,
            IpPrivacyMode::Truncate { ipv4_mask, ipv6_mask } => Self::Truncate { ipv4_mask, ipv6_mask },
            IpPrivacyMode::Hash => {
                let key = key.map_or(&b""[..], |key| key.expose_secret().as_bytes());
                if key.len() < 32 || key.iter().all(|byte| Some(byte) == key.first()) {
                    return Err(UnfitKey);
                }
                Self::Hash(Hmac::new_from_slice(key).map_err(|_| UnfitKey)?)
            }
        })
    }

    /// What is stored for an address. An IPv4 address that is written as IPv6 counts as IPv4.
    pub(crate) fn address(&self, address: IpAddr) -> Option<String> {
        let address = address.to_canonical();
        match self {
            Self::None => Some(address.to_string()),
            Self::Exclude => None,
            Self::Hash(key) => Some(hash(key, &address.to_string())),
            Self::Truncate { ipv4_mask, ipv6_mask } => Some(match address {
                IpAddr::V4(address) => truncate_v4(address, *ipv4_mask),
                IpAddr::V6(address) => truncate_v6(address, *ipv6_mask),
            }),
        }
    }

    /// What is stored for a text that should be an address, with or without brackets, port and zone.
    pub(crate) fn text(&self, text: &str) -> Option<String> {
        match (self, forwarded::parse_address(text)) {
            (Self::None, _) => Some(text.to_owned()),
            (_, Some(address)) => self.address(address),
            (Self::Exclude, None) => None,
            (Self::Hash(key), None) => Some(hash(key, text)),
            (Self::Truncate { .. }, None) => Some(INVALID.to_owned()),
        }
    }

    pub(super) const fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}

impl std::fmt::Debug for Privacy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Privacy")
    }
}

fn hash(key: &Hmac<Sha256>, text: &str) -> String {
    use std::fmt::Write as _;
    let mut hash = key.clone();
    hash.update(text.as_bytes());
    let mut written = "hashed:".to_owned();
    for byte in hash.finalize().into_bytes().iter().take(HASH_BYTES) {
        // Writing to a String cannot fail.
        let _ = write!(written, "{byte:02x}");
    }
    written
}

fn truncate_v4(address: Ipv4Addr, mask: u8) -> String {
    let kept = u32::MAX.checked_shl(32 - u32::from(mask.min(32))).unwrap_or(0);
    format!("{}/{mask}", Ipv4Addr::from_bits(address.to_bits() & kept))
}

/// Eight groups without compression, so that equal networks are equal texts for whatever reads the log.
fn truncate_v6(address: Ipv6Addr, mask: u8) -> String {
    let kept = u128::MAX.checked_shl(128 - u32::from(mask.min(128))).unwrap_or(0);
    let groups: Vec<String> = Ipv6Addr::from_bits(address.to_bits() & kept)
        .segments()
        .iter()
        .map(|group| format!("{group:x}"))
        .collect();
    format!("{}/{mask}", groups.join(":"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "a key of thirty-two bytes or more";

    fn truncate(ipv4_mask: u8, ipv6_mask: u8) -> Privacy {
        Privacy::new(IpPrivacyMode::Truncate { ipv4_mask, ipv6_mask }, None).unwrap()
    }

    fn hashed(key: &str) -> Privacy {
        Privacy::new(IpPrivacyMode::Hash, Some(&key.into())).unwrap()
    }

    #[test]
    fn au_03_truncation_keeps_the_network() {
        for (text, mask, stored) in [
            ("192.168.1.255", 25, "192.168.1.128/25"),
            ("192.168.1.255", 24, "192.168.1.0/24"),
            ("192.168.1.255", 0, "0.0.0.0/0"),
            ("192.168.1.255", 32, "192.168.1.255/32"),
            ("::ffff:192.168.1.255", 24, "192.168.1.0/24"),
        ] {
            assert_eq!(truncate(mask, 48).text(text).as_deref(), Some(stored), "{text}");
        }
        for (text, mask, stored) in [
            ("2001:db8:85a3:1234::", 56, "2001:db8:85a3:1200:0:0:0:0/56"),
            ("2001:DB8:85A3:1234::1", 48, "2001:db8:85a3:0:0:0:0:0/48"),
            ("2001:db8::1", 0, "0:0:0:0:0:0:0:0/0"),
            ("2001:db8::1", 128, "2001:db8:0:0:0:0:0:1/128"),
            ("fe80::1%eth0", 64, "fe80:0:0:0:0:0:0:0/64"),
        ] {
            assert_eq!(truncate(24, mask).text(text).as_deref(), Some(stored), "{text}");
        }
        assert_eq!(truncate(24, 48).text("nonsense").as_deref(), Some("invalid-ip"));
    }

    #[test]
    fn au_03_a_hash_depends_on_key_and_address_and_on_nothing_else() {
        let hash = |text| hashed(KEY).text(text).unwrap();
        let one = hash("192.0.2.1");
        assert_eq!(one.len(), "hashed:".len() + 16);
        assert!(one.starts_with("hashed:"));
        assert_eq!(one, hash("::ffff:192.0.2.1"));
        assert_eq!(one, hash("192.0.2.1:4711"));
        assert_ne!(one, hash("192.0.2.2"));
        assert_eq!(hash("2001:db8::1"), hash("2001:0DB8:0::1"));
        let other = hashed("another key of thirty-two bytes or so");
        assert_ne!(other.text("192.0.2.1").unwrap(), one);
        // The beginning of HMAC-SHA-256, as an application can compute it.
        assert_eq!(one, "hashed:46183c3e23ade16e");
    }

    #[test]
    fn au_03_there_is_no_key_but_a_good_one() {
        let short = SecretString::from("short");
        let alike = SecretString::from("a".repeat(64));
        for key in [None, Some(&short), Some(&alike)] {
            assert_eq!(Privacy::new(IpPrivacyMode::Hash, key).unwrap_err(), UnfitKey);
        }
    }

    #[test]
    fn au_03_none_and_exclude() {
        let none = Privacy::new(IpPrivacyMode::None, None).unwrap();
        assert_eq!(none.text("2001:DB8::1").as_deref(), Some("2001:DB8::1"));
        assert_eq!(
            none.address("::ffff:192.0.2.1".parse().unwrap()).as_deref(),
            Some("192.0.2.1")
        );
        let exclude = Privacy::new(IpPrivacyMode::Exclude, None).unwrap();
        assert_eq!(exclude.text("192.0.2.1"), None);
        assert_eq!(exclude.text("nonsense"), None);
        assert_eq!(exclude.address("192.0.2.1".parse().unwrap()), None);
    }
}
