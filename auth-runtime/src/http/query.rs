use crate::error::{Code, Failure};

/// The fields of a query or form that count, each with its value.
pub(super) type Fields = Vec<(&'static str, String)>;

/// Reads the fields with these names; all others are ignored.
///
/// # Errors
/// [`Code::Malformed`] when one of them stands twice (promise IN-03) or is not UTF-8.
pub(super) fn known(encoded: &[u8], names: &[&'static str]) -> Result<Fields, Failure> {
    let mut fields = Fields::new();
    for (key, value) in form_urlencoded::parse(encoded) {
        let Some(name) = names.iter().find(|name| **name == key) else {
            continue;
        };
        // The decoder writes U+FFFD for bytes that are not UTF-8.
        let twice = fields.iter().any(|(known, _)| known == name);
        if twice || value.contains(char::REPLACEMENT_CHARACTER) {
            return Err(Failure::new(Code::Malformed));
        }
        fields.push((name, value.into_owned()));
    }
    Ok(fields)
}

/// Takes a field out.
pub(super) fn take(fields: &mut Fields, name: &str) -> Option<String> {
    let position = fields.iter().position(|(known, _)| *known == name)?;
    Some(fields.swap_remove(position).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: &[&str] = &["login_hint", "remember_me"];

    #[test]
    fn in_03_only_known_parameters_count() {
        let fields = known(b"utm=1&utm=2&login_hint=a%40b.c&x=%ff&user[login_hint]=y", NAMES).unwrap();
        assert_eq!(fields, [("login_hint", "a@b.c".to_owned())]);
        assert_eq!(known(b"", NAMES).unwrap(), []);
    }

    #[test]
    fn in_03_known_parameters_stand_once() {
        for query in [
            "login_hint=a&login_hint=a",
            "login_hint=a&login%5Fhint=b",
            "login_hint=&login_hint=",
            "login_hint=%ff",
        ] {
            let failure = known(query.as_bytes(), NAMES).unwrap_err();
            assert_eq!(failure.code, Code::Malformed, "{query}");
        }
    }

    #[test]
    fn a_field_is_taken_once() {
        let mut fields = known(b"remember_me=on&login_hint=a", NAMES).unwrap();
        assert_eq!(take(&mut fields, "remember_me").as_deref(), Some("on"));
        assert_eq!(take(&mut fields, "remember_me"), None);
        assert_eq!(fields, [("login_hint", "a".to_owned())]);
    }
}
