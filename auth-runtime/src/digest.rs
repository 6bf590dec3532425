//! Short names for texts of any length.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// SHA-256 over the texts in lower-case hexadecimal: 64 characters whatever goes in, and other ones for other texts.
pub(crate) fn of<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        // The length before each part keeps `ab`, `c` apart from `a`, `bc`.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut text = String::with_capacity(64);
    for byte in hash.finalize() {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tn_01_texts_are_told_apart_at_their_ends() {
        assert_eq!(of(["a", "b/c@x"]), of(["a", "b/c@x"]));
        assert_eq!(of(["a", "b/c@x"]).len(), 64);
        assert_ne!(of(["a", "b/c@x"]), of(["a/b", "c@x"]));
        assert_ne!(of(["", "ab"]), of(["a", "b"]));
    }
}
