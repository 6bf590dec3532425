//! How a key is written: `<prefix>_<body>_<check>`.
//!
//! The body is a number in base 62: 32 random bytes and the 16 bytes of the key's id. The check is the CRC-32 of those
//! 48 bytes, so that a typing error or a find of a secret scanner is judged without asking anybody (promise AK-01).

use secrecy::SecretString;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{
    db::Id,
    random::{self, RandomError},
};

const SECRET_BYTES: usize = 32;
const ID_BYTES: usize = 16;
const BYTES: usize = SECRET_BYTES + ID_BYTES;

/// Longer than any key with the longest prefix.
const LONGEST: usize = 128;

/// The digits of base 62: `a` is 0, `Z` is 51, `9` is 61.
const DIGITS: &[u8; 62] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// What a key is made of.
pub(super) struct Material(Zeroizing<[u8; BYTES]>);

impl Material {
    /// A fresh key under this id.
    pub(super) fn fresh(id: Id) -> Result<Self, RandomError> {
        loop {
            let secret = Zeroizing::new(random::bytes::<SECRET_BYTES>()?);
            // A leading zero would be lost in a number.
            if secret.first() != Some(&0) {
                return Ok(Self::of(&secret, id));
            }
        }
    }

    fn of(secret: &[u8; SECRET_BYTES], id: Id) -> Self {
        let mut bytes = Zeroizing::new([0_u8; BYTES]);
        let parts = secret.iter().chain(id.as_uuid().as_bytes());
        for (byte, part) in bytes.iter_mut().zip(parts) {
            *byte = *part;
        }
        Self(bytes)
    }

    /// The key with this text. Exactly one text means one key.
    fn parse(body: &str, check: &str) -> Option<Self> {
        let bytes = Zeroizing::new(decode::<BYTES>(body)?);
        let canonical = bytes.first() != Some(&0) && *encode(&*bytes) == body;
        let material = Self(bytes);
        (canonical && *material.check() == check).then_some(material)
    }

    fn check(&self) -> Zeroizing<String> {
        encode(&crc32fast::hash(&*self.0).to_be_bytes())
    }

    /// The text that its owner keeps.
    pub(super) fn text(&self, prefix: &str) -> SecretString {
        let (body, check) = (encode(&*self.0), self.check());
        format!("{prefix}_{}_{}", *body, *check).into()
    }

    /// The row that it belongs to.
    pub(super) fn id(&self) -> Id {
        let id = self.0.last_chunk::<ID_BYTES>();
        Id::from_uuid(id.map_or(Uuid::nil(), |id| Uuid::from_bytes(*id)))
    }

    /// What is stored of it.
    pub(super) fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_slice()).into()
    }
}

/// A text that has the form of a key, taken apart without a look-up.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Inspected {
    /// Who issued it.
    pub prefix: String,
    /// The id of its row. It is not a secret.
    pub id: Id,
}

/// Whether a text has the form of a key with a right check, such as one that a secret scanner found. It asks nobody,
/// so it says nothing about whether the key works.
///
/// # Example
/// ```
/// assert!(auth_runtime::strategies::api_key::inspect("acme_tooShort_a").is_none());
/// ```
#[must_use]
pub fn inspect(text: &str) -> Option<Inspected> {
    let (prefix, material) = split(text)?;
    Some(Inspected {
        prefix: prefix.to_owned(),
        id: material.id(),
    })
}

/// The key with this text, if its prefix is this one.
pub(super) fn parse(text: &str, prefix: &str) -> Option<Material> {
    let (found, material) = split(text)?;
    (found == prefix).then_some(material)
}

fn split(text: &str) -> Option<(&str, Material)> {
    if text.len() > LONGEST {
        return None;
    }
    let mut parts = text.split('_');
    let (prefix, body, check) = (parts.next()?, parts.next()?, parts.next()?);
    let alphabet = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    if parts.next().is_some() || prefix.is_empty() || !prefix.bytes().all(alphabet) {
        return None;
    }
    Some((prefix, Material::parse(body, check)?))
}

/// The bytes as one number in base 62, without leading zeros.
fn encode(bytes: &[u8]) -> Zeroizing<String> {
    let mut number = Zeroizing::new(bytes.to_vec());
    let mut digits = Zeroizing::new(Vec::<u8>::with_capacity(bytes.len() * 2));
    while number.iter().any(|byte| *byte != 0) {
        let mut remainder = 0_u16;
        for byte in number.iter_mut() {
            let value = remainder * 256 + u16::from(*byte);
            // Less than 256, because the remainder is less than 62.
            [_, *byte] = (value / 62).to_be_bytes();
            remainder = value % 62;
        }
        digits.extend(DIGITS.get(usize::from(remainder)));
    }
    if digits.is_empty() {
        digits.extend(DIGITS.first());
    }
    Zeroizing::new(digits.iter().rev().map(|digit| char::from(*digit)).collect())
}

/// The number in base 62 as `N` bytes; `None` for other characters and larger numbers.
fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut number = [0_u8; N];
    for character in text.bytes() {
        let mut carry = match character {
            b'a'..=b'z' => character - b'a',
            b'A'..=b'Z' => character - b'A' + 26,
            b'0'..=b'9' => character - b'0' + 52,
            _ => return None,
        };
        for byte in number.iter_mut().rev() {
            [carry, *byte] = (u16::from(*byte) * 62 + u16::from(carry)).to_be_bytes();
        }
        if carry != 0 {
            return None;
        }
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use secrecy::ExposeSecret;

    use super::*;

    /// Made by another implementation: big integers, CRC-32 and SHA-256 of another language.
    const VECTORS: &[(&str, &str, &str, &str)] = &[
        (
            "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20",
            "0190b5a46c1e7a3b8c4d0123456789ab",
            "acme_b1B3csauknxMh3GDL0uNRIeOMFjY4KSpaOJe91L36edWN9Bf5PNcdoQ6Rq28YJ6J_czqOpd",
            "bd6a13f4a73a631b13c9bc8bceeaff03ef37f9585d3786cbcc2ff8291b517b72",
        ),
        (
            "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "ffffffffffffffffffffffffffffffff",
            "acme_hM8RA55fK7NOSRWy9srT2ifDMEsISGrN27x9faqDO1oyBf4MTcDsDzH78KmEVSbYp_enpKAQ",
            "80a76a18acf8cb64fec3a659ffc4bab4a87cd9a6fde4dab2161a8751d136c9d2",
        ),
        (
            "0100000000000000000000000000000000000000000000000000000000000000",
            "00000000000000000000000000000000",
            "acme_b0IeRY0fStr0akLyCzp5hWCCahu7UMYV5yewdNsGw8wxwd06WQT0AE3neFdbNOnc_dXrNZR",
            "64f58d44a1f7be92f26abe823e9839a126656a63df1eb249ed6c2c9ccc75daf8",
        ),
        (
            "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
            "415290769594460e2e485922904f345d",
            "acme_bv7uTnsB8aLEKNtMlKEjuzBH4VtNV0iqzuMVUb6UfJELV72omzWN0KsWnUK53R9f7_ea3J5Q",
            "ace06897f256da0be68b3aa25558d3430972ddc7ae185f29b0939105ba9f0a88",
        ),
    ];

    fn bytes<const N: usize>(hex: &str) -> [u8; N] {
        let pairs: Vec<u8> = (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect();
        pairs.try_into().unwrap()
    }

    #[test]
    fn ak_01_golden_vectors() {
        for (secret, id, text, digest) in VECTORS {
            let id = Id::from_uuid(Uuid::from_bytes(bytes(id)));
            let material = Material::of(&bytes(secret), id);
            assert_eq!(material.text("acme").expose_secret(), *text);
            assert_eq!(material.digest(), bytes::<32>(digest));
            let parsed = parse(text, "acme").unwrap();
            assert_eq!((*parsed.0, parsed.id()), (*material.0, id));
            let prefix = "acme".to_owned();
            assert_eq!(inspect(text), Some(Inspected { prefix, id }));
        }
    }

    #[test]
    fn ak_01_base_62_is_big_endian_without_padding() {
        for (bytes, text) in [
            (&[0][..], "a"),
            (&[61], "9"),
            (&[62], "ba"),
            (&[0, 0, 1], "b"),
            (&[0xff, 0xff, 0xff, 0xff], "eQPpmd"),
        ] {
            assert_eq!(*encode(bytes), text);
        }
        assert_eq!(decode::<4>("eQPpmd"), Some([0xff; 4]));
        assert_eq!(decode::<4>("eQPpme"), None, "one more does not fit");
        assert_eq!(decode::<2>("aaaaab"), Some([0, 1]));
        assert_eq!(decode::<2>("a-b"), None);
    }

    #[test]
    fn ak_01_a_secret_never_begins_with_a_zero() {
        let id = Id::from_uuid(Uuid::nil());
        for _ in 0..2_000 {
            assert_ne!(Material::fresh(id).unwrap().0[0], 0);
        }
        let zero = Material::of(&[0; 32], id);
        assert!(parse(zero.text("acme").expose_secret(), "acme").is_none());
        let mut one = [7; 32];
        one[0] = 0;
        let short = Material::of(&one, id);
        assert!(parse(short.text("acme").expose_secret(), "acme").is_none());
    }

    #[test]
    fn ak_01_one_key_has_one_text() {
        let (_, _, text, _) = VECTORS[0];
        let (prefix, rest) = text.split_once('_').unwrap();
        let (body, check) = rest.split_once('_').unwrap();
        for other in [
            format!("{prefix}_a{body}_{check}"),
            format!("{prefix}_{body}_a{check}"),
            format!("{prefix}_{body}_"),
            format!("{prefix}_{body}"),
            format!("{prefix}__{body}_{check}"),
            format!("{prefix}_{body}_{check}_"),
            format!(" {text}"),
            format!("{text} "),
            format!("Acme_{body}_{check}"),
            format!("_{body}_{check}"),
            format!("ac-me_{body}_{check}"),
            format!("{prefix}_{check}_{body}"),
            format!("{prefix}_{}_{check}", body.to_uppercase()),
            String::new(),
            "_".repeat(300),
        ] {
            assert!(inspect(&other).is_none(), "{other}");
        }
        assert!(inspect(text).is_some());
        assert!(parse(text, "acm").is_none() && parse(text, "acme2").is_none());
    }

    proptest! {
        #[test]
        fn ak_01_a_key_survives_its_text(mut secret: [u8; 32], id: [u8; 16], prefix in "[a-z0-9]{1,16}") {
            secret[0] = secret[0].max(1);
            let material = Material::of(&secret, Id::from_uuid(Uuid::from_bytes(id)));
            let text = material.text(&prefix);
            let parsed = parse(text.expose_secret(), &prefix).unwrap();
            prop_assert_eq!(*parsed.0, *material.0);
        }

        #[test]
        fn ak_01_a_changed_character_is_noticed(mut secret: [u8; 32], id: [u8; 16], at: usize, to in "[a-zA-Z0-9_]") {
            secret[0] = secret[0].max(1);
            let text = Material::of(&secret, Id::from_uuid(Uuid::from_bytes(id))).text("k");
            let text = text.expose_secret();
            // After the prefix, which the check does not cover.
            let at = 2 + at % (text.len() - 2);
            let changed = format!("{}{to}{}", &text[..at], &text[at + 1..]);
            prop_assert_eq!(inspect(&changed).is_some(), changed == text);
        }

        #[test]
        fn ak_01_any_text_is_read_without_a_panic(text in "\\PC{0,200}", body in "[a-zA-Z0-9]{0,80}", check in "[a-zA-Z0-9]{0,8}") {
            let _ = inspect(&text);
            let shaped = format!("k_{body}_{check}");
            prop_assert!(inspect(&shaped).is_none());
        }
    }
}
