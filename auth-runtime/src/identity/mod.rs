//! The one form in which identities are stored, compared and looked up (promise IN-01).
//!
//! Whatever is typed goes through one of the two functions once; from then on only the result is used. Both are
//! idempotent, so a stored identity is its own canonical form.

mod by_identity;

pub use by_identity::{ByIdentity, IdentityField, IdentityFormat};

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Why a text is no identity. Safe to show: it says nothing about what is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// Nothing was given.
    #[error("is required")]
    Empty,
    /// More than the column holds.
    #[error("is too long")]
    TooLong,
    /// A control character, or one that cannot be seen.
    #[error("contains a character that cannot be used here")]
    ControlCharacter,
    /// Not exactly one e-mail address.
    #[error("is not an e-mail address")]
    NotAnAddress,
}

impl IdentityError {
    /// A stable code for clients.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong => "too_long",
            Self::ControlCharacter => "control_character",
            Self::NotAnAddress => "not_an_address",
        }
    }
}

/// The longest address that mail can be sent to (RFC 5321), in bytes.
const MAX_ADDRESS_BYTES: usize = 254;
const MAX_LOCAL_PART_BYTES: usize = 64;
const MAX_NAME_CHARS: usize = 255;
/// As it is, and in the two other widths that some keyboards write.
const AT_SIGNS: [char; 3] = ['@', '\u{ff20}', '\u{fe6b}'];
/// Longer input is refused before any work is done on it.
const MAX_INPUT_BYTES: usize = 4 * MAX_NAME_CHARS;

/// Canonicalises one e-mail address: trimmed, the local part NFKC and case folded, the domain as A-label (UTS 46).
///
/// Display names, comments, quoted local parts and address literals are refused rather than interpreted.
///
/// # Errors
/// [`IdentityError`], the first that applies.
///
/// # Example
/// ```
/// use auth_runtime::identity::canonical_email;
/// assert_eq!(canonical_email(" Ada@Bücher.example ").as_deref(), Ok("ada@xn--bcher-kva.example"));
/// assert!(canonical_email("ada@example.com, eve@example.com").is_err());
/// ```
pub fn canonical_email(input: &str) -> Result<String, IdentityError> {
    let text = visible_text(input)?;
    // IDNA reads the domain as it is written: case folding would make another domain of some.
    let (local, domain) = text.split_once(AT_SIGNS).ok_or(IdentityError::NotAnAddress)?;
    let local = fold(local);
    if local.chars().any(is_invisible) {
        return Err(IdentityError::ControlCharacter);
    }
    if !is_local_part(&local) {
        return Err(IdentityError::NotAnAddress);
    }
    let domain = canonical_domain(domain)?;
    if local.len() > MAX_LOCAL_PART_BYTES || local.len() + 1 + domain.len() > MAX_ADDRESS_BYTES {
        return Err(IdentityError::TooLong);
    }
    Ok(format!("{local}@{domain}"))
}

/// Whether a text and its canonical address are one mailbox for every mail server. Canonicalising folds more than servers
/// do, which is right where a message proves the address, and not where somebody else asserts it.
#[cfg(feature = "oauth")]
pub(crate) fn names_that_mailbox(text: &str, canonical: &str) -> bool {
    let local = |address: &str| {
        address
            .split_once('@')
            .map(|(local, _)| local.to_ascii_lowercase())
    };
    local(text).is_some() && local(text) == local(canonical)
}

/// Canonicalises a user name: trimmed, NFKC, case folded; 1 to 255 code points that can all be seen.
///
/// # Errors
/// [`IdentityError`], the first that applies.
pub fn canonical_name(input: &str) -> Result<String, IdentityError> {
    let text = canonical_text(input)?;
    if text.chars().count() > MAX_NAME_CHARS {
        return Err(IdentityError::TooLong);
    }
    Ok(text)
}

fn canonical_text(input: &str) -> Result<String, IdentityError> {
    let text = fold(visible_text(input)?);
    // Normalising can bring forth a space at the edges or something invisible.
    let text = text.trim();
    if text.is_empty() {
        return Err(IdentityError::Empty);
    }
    if text.starts_with(is_combining_mark) || text.chars().any(|c| c.is_control() || is_invisible(c)) {
        return Err(IdentityError::ControlCharacter);
    }
    Ok(text.to_owned())
}

/// The text without white space around it, if it is short enough to be looked at and can all be seen.
fn visible_text(input: &str) -> Result<&str, IdentityError> {
    if input.len() > MAX_INPUT_BYTES {
        return Err(IdentityError::TooLong);
    }
    let text = input.trim();
    if text.is_empty() {
        return Err(IdentityError::Empty);
    }
    // Invisible characters are refused, not dropped: two people must not see one name where there are two.
    if text.chars().any(|c| c.is_control() || is_invisible(c)) {
        return Err(IdentityError::ControlCharacter);
    }
    Ok(text)
}

/// NFKC and case folding until nothing changes any more, which takes two rounds at most for almost all text.
fn fold(text: &str) -> String {
    let mut folded: String = text.nfkc().collect();
    loop {
        let next: String = folded.chars().flat_map(fold_char).nfkc().collect();
        if next == folded {
            return folded;
        }
        folded = next;
    }
}

/// Full case folding, from the standard library's tables: by way of the upper case, so that ß and ss, or the two
/// lower-case forms of sigma, come out alike.
pub(crate) fn fold_char(c: char) -> impl Iterator<Item = char> {
    // The dotless i has the upper case of another letter; folding leaves it alone.
    let upper = (c != 'ı').then(|| c.to_uppercase().flat_map(char::to_lowercase));
    let same = (c == 'ı').then_some(c);
    upper.into_iter().flatten().chain(same)
}

/// A dot-atom (RFC 5322), with letters beyond ASCII as RFC 6531 admits them.
fn is_local_part(local: &str) -> bool {
    local.split('.').all(|atom| {
        !atom.is_empty()
            && !atom.starts_with(is_combining_mark)
            && atom
                .chars()
                .all(|c| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || is_combining_mark(c))
    })
}

fn canonical_domain(domain: &str) -> Result<String, IdentityError> {
    let domain = Uts46::new()
        .to_ascii(
            domain.as_bytes(),
            AsciiDenyList::STD3,
            Hyphens::CheckFirstLast,
            DnsLength::Verify,
        )
        .map_err(|_| IdentityError::NotAnAddress)?;
    // A last label of digits alone would be an IPv4 address.
    let top = domain.rsplit('.').next().unwrap_or_default();
    if top.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(IdentityError::NotAnAddress);
    }
    Ok(domain.into_owned())
}

/// Characters that leave no mark of their own: Unicode's default-ignorable ones (which include the bidirectional
/// controls), other format characters, line separators, and the blank of the Braille block.
const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{AD}' | '\u{34F}' | '\u{600}'..='\u{605}' | '\u{61C}' | '\u{6DD}' | '\u{70F}' | '\u{890}'..='\u{891}'
            | '\u{8E2}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}' | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{2800}'
            | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
            | '\u{110BD}' | '\u{110CD}' | '\u{13430}'..='\u{1345F}' | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}'
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn in_01_one_person_has_one_address() {
        for spelling in [
            "ada@xn--bcher-kva.example",
            " Ada@Bücher.example\n",
            "ADA@BU\u{308}CHER.EXAMPLE",
            "ａｄａ＠bücher。example",
        ] {
            assert_eq!(
                canonical_email(spelling).as_deref(),
                Ok("ada@xn--bcher-kva.example"),
                "{spelling}"
            );
        }
        assert_eq!(
            canonical_email("STRASSE@example.com"),
            canonical_email("straße@example.com")
        );
        assert_eq!(
            canonical_email("ΣΟΦΟΣ@example.com"),
            canonical_email("σοφος@example.com")
        );
        assert_eq!(
            canonical_email("σοφος@example.com"),
            canonical_email("σοφοσ@example.com")
        );
    }

    #[test]
    fn in_01_two_domains_are_never_one() {
        // What registries of domains tell apart (IDNA 2008) and folding would not.
        for (one, other) in [
            ("ada@faß.de", "ada@fass.de"),
            ("ada@straße.example", "ada@strasse.example"),
            ("ada@βόλος.com", "ada@βόλοσ.com"),
        ] {
            assert!(canonical_email(one).is_ok(), "{one}");
            assert_ne!(canonical_email(one), canonical_email(other), "{one}");
        }
        assert_eq!(
            canonical_email("ada@faß.de").as_deref(),
            Ok("ada@xn--fa-hia.de"),
            "the A-label of the domain that was written"
        );
        assert_eq!(canonical_email("ada@FASS.de"), canonical_email("ada@fass.de"));
    }

    #[cfg(feature = "oauth")]
    #[test]
    fn oa_06_what_only_folding_makes_one_is_not_one_mailbox() {
        for (text, one) in [
            ("Ada@Example.org", true),
            ("ada@b\u{fc}cher.example", true),
            ("\u{ff41}da@example.org", false),
            ("\u{1d41a}da@example.org", false),
            ("\u{a0}ada@example.org", false),
            ("ada\u{ff20}example.org", false),
        ] {
            let canonical = canonical_email(text).unwrap();
            assert!(canonical.starts_with("ada@"), "{canonical}");
            assert_eq!(names_that_mailbox(text, &canonical), one, "{text}");
        }
    }

    #[test]
    fn in_01_the_turkish_letters_stay_apart() {
        assert_ne!(canonical_email("ı@example.com"), canonical_email("i@example.com"));
        assert_ne!(canonical_name("ısı"), canonical_name("isi"));
    }

    #[test]
    fn in_01_what_is_not_exactly_one_address_is_refused() {
        for text in [
            "ada",
            "@example.com",
            "ada@",
            "ada@@example.com",
            "ada@example.com,eve@example.com",
            "ada@example.com;eve@example.com",
            "ada@example.com eve@example.com",
            "Ada <ada@example.com>",
            "<ada@example.com>",
            "ada(comment)@example.com",
            "\"ada\"@example.com",
            "\"a@b\"@example.com",
            "ada\\@example.com",
            "ada..l@example.com",
            ".ada@example.com",
            "ada.@example.com",
            "ada l@example.com",
            "ada@[127.0.0.1]",
            "ada@127.0.0.1",
            "ada@example..com",
            "ada@example.com.",
            "ada@-example.com",
            "ada@exa_mple.com",
            "ada@exa mple.com",
            "ada@example.com%0abcc:eve@example.com",
            "mailto:ada@example.com",
            "ada@xn--a.example",
        ] {
            assert_eq!(canonical_email(text), Err(IdentityError::NotAnAddress), "{text}");
        }
    }

    #[test]
    fn in_01_usual_addresses_pass() {
        for text in [
            "a@b.co",
            "ada.lovelace+tag@mail.example.co.uk",
            "o'brien@example.com",
            "root@localhost",
            "ada@r3---sn-ab.example",
            "用户@例子.广告",
            "अजय@डाटा.भारत",
        ] {
            assert!(
                canonical_email(text).is_ok(),
                "{text}: {:?}",
                canonical_email(text)
            );
        }
    }

    #[test]
    fn in_02_lengths_are_bounded() {
        assert_eq!(canonical_email(" \t "), Err(IdentityError::Empty));
        assert_eq!(canonical_name(""), Err(IdentityError::Empty));
        let local = "a".repeat(64);
        let domain = format!("{0}.{0}.{0}", "d".repeat(61));
        assert_eq!(format!("{local}@{domain}").len(), 250);
        assert!(canonical_email(&format!("{local}@{domain}")).is_ok());
        assert!(canonical_email(&format!("{local}@{domain}.com")).is_ok());
        assert_eq!(
            canonical_email(&format!("{local}@{domain}.info")),
            Err(IdentityError::TooLong)
        );
        assert_eq!(
            canonical_email(&format!("{local}a@example.com")),
            Err(IdentityError::TooLong)
        );
        assert_eq!(
            canonical_email(&"a@b.c".repeat(100_000)),
            Err(IdentityError::TooLong)
        );
        assert!(canonical_name(&"é".repeat(255)).is_ok());
        assert_eq!(canonical_name(&"é".repeat(256)), Err(IdentityError::TooLong));
        // One character that NFKC makes eighteen of.
        assert_eq!(
            canonical_name(&"\u{fdfa}".repeat(100)),
            Err(IdentityError::TooLong)
        );
    }

    #[test]
    fn in_02_control_and_invisible_characters_are_refused() {
        for c in [
            '\0',
            '\n',
            '\r',
            '\u{7f}',
            '\u{85}',
            '\u{200b}',
            '\u{202e}',
            '\u{2066}',
            '\u{ad}',
            '\u{e0041}',
        ] {
            for text in [format!("a{c}da@example.com"), format!("ada@exa{c}mple.com")] {
                assert_eq!(
                    canonical_email(&text),
                    Err(IdentityError::ControlCharacter),
                    "{text:?}"
                );
            }
            assert_eq!(
                canonical_name(&format!("a{c}da")),
                Err(IdentityError::ControlCharacter),
                "{c:?}"
            );
        }
        assert_eq!(canonical_name("\u{301}ada"), Err(IdentityError::ControlCharacter));
    }

    #[test]
    fn in_01_names_are_folded_and_keep_their_inner_spaces() {
        assert_eq!(
            canonical_name("\u{a0}Ada Lovelace ").as_deref(),
            Ok("ada lovelace")
        );
        assert_eq!(canonical_name("ﬀ Ⅳ").as_deref(), Ok("ff iv"));
    }

    #[test]
    fn in_01_folding_each_character_is_stable() {
        for c in '\0'..=char::MAX {
            let once = fold(&c.to_string());
            assert_eq!(fold(&once), once, "{c:?}");
            // See `fold_char` for the exception.
            if c != 'ı' {
                assert_eq!(
                    fold(&c.to_uppercase().to_string()),
                    fold(&c.to_lowercase().to_string()),
                    "{c:?}"
                );
            }
        }
    }

    #[test]
    fn in_01_codes_are_stable() {
        let codes = [
            IdentityError::Empty,
            IdentityError::TooLong,
            IdentityError::ControlCharacter,
            IdentityError::NotAnAddress,
        ]
        .map(IdentityError::code);
        assert_eq!(
            codes,
            ["empty", "too_long", "control_character", "not_an_address"]
        );
    }

    proptest! {
        #[test]
        fn in_01_canonical_names_are_their_own_canonical_form(text in "\\PC{0,300}") {
            if let Ok(name) = canonical_name(&text) {
                prop_assert_eq!(canonical_name(&name), Ok(name.clone()));
                prop_assert!(!name.is_empty() && name.chars().count() <= MAX_NAME_CHARS);
                prop_assert_eq!(canonical_name(&format!(" {text}\t")), Ok(name));
            }
        }

        #[test]
        fn in_01_canonical_addresses_are_their_own_canonical_form(
            local in "[\\pL\\pM\\pN.+_-]{1,12}",
            domain in "[\\pL\\pM\\pN-]{1,8}\\.[a-zA-Zé]{2,5}",
        ) {
            if let Ok(address) = canonical_email(&format!("{local}@{domain}")) {
                prop_assert_eq!(canonical_email(&address), Ok(address.clone()));
                prop_assert_eq!(address.matches('@').count(), 1);
                prop_assert!(address.len() <= MAX_ADDRESS_BYTES);
                prop_assert!(!address.contains([' ', ',', ';', '<', '>', '"', '(', ')', '\\']));
            }
        }

        #[test]
        fn in_01_any_text_is_judged_without_panic(text in any::<String>()) {
            for outcome in [canonical_email(&text), canonical_name(&text)] {
                prop_assert!(outcome.is_err() || outcome.is_ok_and(|identity| !identity.chars().any(char::is_control)));
            }
        }
    }
}
