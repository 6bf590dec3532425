//! The `sub` claim: `user?id=42`, the resource's subject name and its primary key, form-encoded.

/// The subject of the row whose `key_column` reads `key`.
#[must_use]
pub fn subject_text(name: &str, key_column: &str, key: &str) -> String {
    let mut text = String::with_capacity(name.len() + key_column.len() + key.len() + 2);
    text.push_str(name);
    text.push('?');
    form_urlencoded::Serializer::for_suffix(&mut text, name.len() + 1).append_pair(key_column, key);
    text
}

/// The key text in `subject`, if it names `expected_name` and holds `key_column`, once, and nothing else.
///
/// Only the spelling that [`subject_text`] writes is taken, so a row has one subject (promise TK-04).
#[must_use]
pub fn parse_subject(subject: &str, expected_name: &str, key_column: &str) -> Option<String> {
    let fields = subject.strip_prefix(expected_name)?.strip_prefix('?')?;
    let (column, key) = form_urlencoded::parse(fields.as_bytes()).next()?;
    let canonical =
        column == key_column && !key.is_empty() && subject_text(expected_name, key_column, &key) == subject;
    canonical.then(|| key.into_owned())
}

/// Whether `subject` belongs to the resource `name`, with or without a key.
pub(super) fn names(subject: &str, name: &str) -> bool {
    subject
        .strip_prefix(name)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('?'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tk_04_only_exactly_the_key_is_a_subject() {
        assert_eq!(parse_subject("user?id=42", "user", "id").as_deref(), Some("42"));
        for other in [
            "",
            "user",
            "user?",
            "user?id",
            "user?id=",
            "user?id=4&id=4",
            "user?id=4&x=1",
            "user?x=1&id=4",
            "user?id=%34",
            "user?id=4&",
            "user?&id=4",
            "admin?id=4",
            "user2?id=4",
            "User?id=4",
            "user?ID=4",
            "user?id=4%20",
            "user?id=a b",
            "user?id=%zz",
            "user?id=%ff",
            "user?id=4#x",
        ] {
            assert_eq!(parse_subject(other, "user", "id"), None, "{other}");
        }
    }

    #[test]
    fn tk_04_a_subject_belongs_to_one_resource() {
        assert!(names("user?id=1", "user"));
        assert!(names("user", "user"));
        assert!(!names("users?id=1", "user"));
        assert!(!names("use", "user"));
    }

    proptest! {
        #[test]
        fn tk_04_every_key_survives(key in ".{1,40}") {
            let text = subject_text("user", "id", &key);
            prop_assert_eq!(parse_subject(&text, "user", "id"), Some(key));
        }
    }
}
