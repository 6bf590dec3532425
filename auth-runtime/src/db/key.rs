use std::fmt;

use time::OffsetDateTime;
use uuid::Uuid;

use super::{Id, id::version_7};

/// A type that can be the primary key of a person's table.
///
/// Its text stands in tokens and session rows. Exactly one text names a key: what is not written the way
/// [`to_text`](Key::to_text) writes it is refused, so that two texts can never mean one person.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the primary key",
    label = "expected a type that implements `Key`",
    note = "use `Id`, `uuid::Uuid`, `i64`, `i32` or `String`, or implement `auth_runtime::db::Key` for it"
)]
pub trait Key: Clone + Send + Sync + fmt::Debug + PartialEq + 'static {
    /// A fresh key for a row made at `now`; `None` when the database numbers its rows.
    fn generate(now: OffsetDateTime) -> Option<Self>;

    /// The one text of this key.
    fn to_text(&self) -> String;

    /// The key with this text; `None` if no key is written so.
    fn from_text(text: &str) -> Option<Self>;
}

/// The value, if `text` is just how it is written.
fn canonical<K: Key>(text: &str, parsed: Option<K>) -> Option<K> {
    parsed.filter(|key| key.to_text() == text)
}

impl Key for Id {
    fn generate(now: OffsetDateTime) -> Option<Self> {
        Some(Self::new(now))
    }

    fn to_text(&self) -> String {
        self.to_string()
    }

    fn from_text(text: &str) -> Option<Self> {
        canonical(text, text.parse().ok())
    }
}

impl Key for Uuid {
    fn generate(now: OffsetDateTime) -> Option<Self> {
        Some(version_7(now))
    }

    fn to_text(&self) -> String {
        self.hyphenated().to_string()
    }

    fn from_text(text: &str) -> Option<Self> {
        canonical(text, text.parse().ok())
    }
}

macro_rules! numbered_by_the_database {
    ($($integer:ty),*) => {$(
        impl Key for $integer {
            fn generate(_: OffsetDateTime) -> Option<Self> {
                None
            }

            fn to_text(&self) -> String {
                self.to_string()
            }

            fn from_text(text: &str) -> Option<Self> {
                canonical(text, text.parse().ok())
            }
        }
    )*};
}
numbered_by_the_database!(i64, i32);

/// Any text that is not empty. A fresh one is a UUID of version 7.
impl Key for String {
    fn generate(now: OffsetDateTime) -> Option<Self> {
        Some(version_7(now).to_text())
    }

    fn to_text(&self) -> String {
        self.clone()
    }

    fn from_text(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2024-01-02 03:04:05 UTC);

    #[test]
    fn a_key_survives_its_text() {
        fn check<K: Key>(key: &K) {
            assert_eq!(K::from_text(&key.to_text()).as_ref(), Some(key));
        }
        check(&Id::generate(NOW).unwrap());
        check(&Uuid::generate(NOW).unwrap());
        check(&String::generate(NOW).unwrap());
        check(&i64::MIN);
        check(&i32::MAX);
    }

    #[test]
    fn no_two_texts_name_one_key() {
        let uuid = "0190b5a4-6c1e-7a3b-8c4d-0123456789ab";
        assert!(Id::from_text(uuid).is_some());
        for text in [
            uuid.to_uppercase(),
            uuid.replace('-', ""),
            format!("{{{uuid}}}"),
            format!("urn:uuid:{uuid}"),
            format!(" {uuid}"),
        ] {
            assert_eq!(Id::from_text(&text), None, "{text}");
            assert_eq!(Uuid::from_text(&text), None, "{text}");
        }
        for text in ["007", "+7", " 7", "7 ", "-0", "", "9223372036854775808"] {
            assert_eq!(i64::from_text(text), None, "{text}");
            assert_eq!(i32::from_text(text), None, "{text}");
        }
        assert_eq!(String::from_text(""), None);
    }

    #[test]
    fn fresh_keys_follow_the_clock() {
        let later = NOW + time::Duration::milliseconds(1);
        assert!(Id::new(NOW) < Id::new(later));
        assert_ne!(Id::new(NOW), Id::new(NOW));
        assert_eq!(Id::new(NOW).as_uuid().get_version_num(), 7);
    }
}
