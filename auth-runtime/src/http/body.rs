use std::collections::HashSet;

use http::{HeaderMap, request::Parts};
use serde_json::{Map, Value};

use super::{
    callback::arguments,
    negotiation::ContentType,
    query::{known, take},
};
use crate::{
    error::{Code, Failure, FieldError, FieldErrors},
    strategy::Input,
    token::strict_json,
};

/// The largest body that a route reads, in bytes (promise IN-02).
pub const LIMIT: usize = 64 * 1024;

/// Arrays and objects inside each other in a JSON body: the body, the subject's object and some room for columns.
const DEPTH: usize = 8;

/// The top-level member that stands for a phase's one-time token, whatever the phase calls it.
pub(super) const TOKEN: &str = "token";
const RETURN_TO: &str = "return_to";

/// The bytes of a body, or why they could not be read.
pub(super) type Sent<'a> = Result<&'a [u8], Failure>;

/// What a request says.
#[derive(Debug)]
pub(super) struct Body {
    /// The members of the object under the subject's name.
    pub(super) arguments: Input,
    /// Where a form wants to go afterwards, not yet judged.
    pub(super) return_to: Option<String>,
}

impl Body {
    /// Reads a body by its content type (promise IN-03). A top-level `token`, or a top-level member of that very name,
    /// is taken as the argument `token_field`.
    ///
    /// # Errors
    /// [`Code::PayloadTooLarge`], [`Code::UnsupportedMediaType`], [`Code::Malformed`], or [`Code::Invalid`] when
    /// something other than an object stands under the subject's name.
    pub(super) fn read(
        headers: &HeaderMap,
        bytes: &[u8],
        subject_name: &str,
        token_field: Option<&str>,
    ) -> Result<Self, Failure> {
        if bytes.len() > LIMIT {
            return Err(Failure::new(Code::PayloadTooLarge));
        }
        let (members, textual) = match ContentType::of(headers) {
            ContentType::Json => (Members::from_json(bytes, subject_name, token_field)?, false),
            ContentType::Form => (Members::from_form(bytes, subject_name, token_field)?, true),
            ContentType::Missing if bytes.is_empty() => (Members::default(), false),
            ContentType::Missing | ContentType::Other => {
                return Err(Failure::new(Code::UnsupportedMediaType));
            }
        };
        let mut fields = match members.subject {
            None => Map::new(),
            Some(Value::Object(fields)) => fields,
            Some(_) => {
                let errors = FieldErrors::one(subject_name, FieldError::WrongType);
                return Err(Failure::new(Code::Invalid).with_fields(errors));
            }
        };
        if let (Some(field), Some(token)) = (token_field, members.token)
            && fields.insert(field.to_owned(), token).is_some()
        {
            // Two places that may differ are as bad as one name twice.
            return Err(Failure::new(Code::Malformed));
        }
        Ok(Self {
            arguments: if textual {
                Input::from_form(fields)
            } else {
                Input::from_json(fields)
            },
            return_to: members.return_to,
        })
    }

    /// Reads the query of a request that begins something: `fields` and `return_to`. Links carry much else, which is
    /// ignored.
    ///
    /// # Errors
    /// [`Code::Malformed`] when one of them stands twice.
    pub(super) fn from_query(head: &Parts, fields: &[&'static str]) -> Result<Self, Failure> {
        let query = head.uri.query().unwrap_or_default();
        let names: Vec<_> = fields.iter().copied().chain([RETURN_TO]).collect();
        let mut fields = known(query.as_bytes(), &names)?;
        let return_to = take(&mut fields, RETURN_TO);
        Ok(Self {
            arguments: arguments(fields),
            return_to,
        })
    }
}

/// The top-level members that count. All others are ignored.
#[derive(Default)]
struct Members {
    subject: Option<Value>,
    token: Option<Value>,
    return_to: Option<String>,
}

impl Members {
    fn from_json(bytes: &[u8], subject_name: &str, token_field: Option<&str>) -> Result<Self, Failure> {
        let Ok(Value::Object(mut members)) = strict_json::parse(bytes, DEPTH) else {
            return Err(Failure::new(Code::Malformed));
        };
        let token = members.remove(TOKEN);
        let named = token_field.and_then(|field| members.remove(field));
        if token.is_some() && named.is_some() {
            return Err(Failure::new(Code::Malformed));
        }
        Ok(Self {
            subject: members.remove(subject_name),
            token: token.or(named),
            return_to: None,
        })
    }

    fn from_form(bytes: &[u8], subject_name: &str, token_field: Option<&str>) -> Result<Self, Failure> {
        let malformed = || Failure::new(Code::Malformed);
        let mut members = Self::default();
        let mut fields = None;
        let mut seen = HashSet::new();
        for (key, value) in form_urlencoded::parse(bytes) {
            // The decoder writes U+FFFD for bytes that are not UTF-8, and two different passwords would become one.
            if value.contains(char::REPLACEMENT_CHARACTER) || key.contains(char::REPLACEMENT_CHARACTER) {
                return Err(malformed());
            }
            let value = value.into_owned();
            match key.split_once('[') {
                Some((outer, rest)) => {
                    let inner = rest.strip_suffix(']').ok_or_else(malformed)?;
                    if inner.is_empty() || inner.contains(['[', ']']) {
                        return Err(malformed());
                    }
                    if outer == subject_name {
                        fields
                            .get_or_insert_with(Map::new)
                            .insert(inner.to_owned(), value.into());
                    }
                }
                None if *key == *subject_name => members.subject = Some(value.into()),
                None if key == TOKEN || token_field == Some(&*key) => {
                    let earlier = members.token.replace(value.into());
                    if earlier.is_some() {
                        return Err(malformed());
                    }
                }
                None if key == RETURN_TO => members.return_to = Some(value),
                None => {}
            }
            if !seen.insert(key) {
                return Err(malformed());
            }
        }
        if members.subject.is_none() {
            members.subject = fields.map(Value::Object);
        }
        Ok(members)
    }
}

#[cfg(test)]
mod tests {
    use http::header::CONTENT_TYPE;
    use secrecy::ExposeSecret;

    use super::*;

    const JSON: &str = "application/json";
    const FORM: &str = "application/x-www-form-urlencoded";

    fn read(content_type: &str, body: &str) -> Result<Body, Failure> {
        read_token(content_type, body, None)
    }

    fn read_token(content_type: &str, body: &str, token_field: Option<&str>) -> Result<Body, Failure> {
        let headers = [(CONTENT_TYPE, content_type.parse().unwrap())]
            .into_iter()
            .collect();
        Body::read(&headers, body.as_bytes(), "user", token_field)
    }

    fn code(result: Result<Body, Failure>) -> &'static str {
        result.unwrap_err().code.as_str()
    }

    #[test]
    fn in_03_arguments_stand_under_the_subject_name() {
        for (content_type, body) in [
            (
                JSON,
                r#"{"user": {"email": "a@b.c"}, "other": [1], "email": "x"}"#,
            ),
            (FORM, "user[email]=a%40b.c&other=1&email=x&other[one]=1"),
            (FORM, "user%5Bemail%5D=a@b.c"),
        ] {
            let mut arguments = read(content_type, body).unwrap().arguments;
            assert_eq!(arguments.text("email", 100), "a@b.c", "{body}");
            assert!(arguments.finish().is_ok(), "{body}");
        }
    }

    #[test]
    fn in_03_unknown_fields_of_the_object_are_refused() {
        for (content_type, body) in [(JSON, r#"{"user": {"admin": true}}"#), (FORM, "user[admin]=true")] {
            let arguments = read(content_type, body).unwrap().arguments;
            assert!(arguments.finish().is_err(), "{body}");
        }
    }

    #[test]
    fn in_03_duplicates_are_refused() {
        for (content_type, body) in [
            (JSON, r#"{"user": {"email": "a", "email": "b"}}"#),
            (JSON, r#"{"user": {}, "user": {}}"#),
            (JSON, r#"{"other": 1, "other": 1}"#),
            (FORM, "user[email]=a&user[email]=b"),
            (FORM, "user[email]=a&user%5bemail%5d=a"),
            (FORM, "return_to=/a&return_to=/b"),
            (FORM, "other=1&other=1"),
        ] {
            assert_eq!(code(read(content_type, body)), "malformed_request", "{body}");
        }
    }

    #[test]
    fn in_03_other_shapes_are_refused() {
        for (content_type, body) in [
            (JSON, ""),
            (JSON, "[]"),
            (JSON, "\"user\""),
            (JSON, "{"),
            (JSON, r#"{"user": {"a": [[[[[[[[1]]]]]]]]}}"#),
            (FORM, "user[a][b]=1"),
            (FORM, "other[a][b]=1"),
            (FORM, "user[]=1"),
            (FORM, "user[a=1"),
            (FORM, "user[a]b=1"),
            (FORM, "user[email]=%ff"),
            (FORM, "user[%ff]=1"),
        ] {
            assert_eq!(code(read(content_type, body)), "malformed_request", "{body}");
        }
        for (content_type, body) in [
            (JSON, r#"{"user": null}"#),
            (JSON, r#"{"user": [1]}"#),
            (JSON, r#"{"user": "a"}"#),
            (FORM, "user=a"),
            (FORM, "user=a&user[email]=b"),
        ] {
            let failure = read(content_type, body).unwrap_err();
            assert_eq!(failure.code, Code::Invalid, "{body}");
            let expected = FieldErrors::one("user", FieldError::WrongType);
            assert_eq!(failure.fields, expected, "{body}");
        }
    }

    #[test]
    fn in_03_only_json_and_forms_are_read() {
        for content_type in ["text/plain", "multipart/form-data; boundary=x", "application/xml"] {
            assert_eq!(
                code(read(content_type, "{}")),
                "unsupported_media_type",
                "{content_type}"
            );
        }
        let nothing = HeaderMap::new();
        assert_eq!(
            code(Body::read(&nothing, b"{}", "user", None)),
            "unsupported_media_type"
        );
        let empty = Body::read(&nothing, b"", "user", None).unwrap();
        assert!(empty.arguments.finish().is_ok());
        assert!(read(JSON, "{}").unwrap().arguments.finish().is_ok());
        assert!(read(FORM, "").unwrap().arguments.finish().is_ok());
    }

    #[test]
    fn in_02_the_body_is_bounded() {
        let body = |size: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(size - 8));
        assert!(read(JSON, &body(LIMIT)).is_ok());
        assert_eq!(code(read(JSON, &body(LIMIT + 1))), "payload_too_large");
    }

    #[test]
    fn a_top_level_token_stands_for_the_token_field() {
        for (content_type, body) in [(JSON, r#"{"token": "t"}"#), (FORM, "token=t")] {
            let mut body = read_token(content_type, body, Some("reset_token")).unwrap();
            assert_eq!(body.arguments.secret("reset_token", 9).expose_secret(), "t");
        }
        for (content_type, body) in [
            (JSON, r#"{"token": "t", "user": {"reset_token": "u"}}"#),
            (FORM, "token=t&user[reset_token]=t"),
        ] {
            let result = read_token(content_type, body, Some("reset_token"));
            assert_eq!(code(result), "malformed_request", "{body}");
        }
        let ignored = read(JSON, r#"{"token": "t"}"#).unwrap();
        assert!(
            ignored.arguments.finish().is_ok(),
            "phases without a token ignore it"
        );
    }

    #[test]
    fn in_03_what_begins_reads_its_own_parameters_only() {
        let read = |query: &str| {
            let request = http::Request::get(format!("/user/github?{query}"));
            Body::from_query(
                &request.body(()).unwrap().into_parts().0,
                &["login_hint", "remember_me"],
            )
        };
        let link =
            "login_hint=a%40b.c&utm_source=x&utm_source=y&return_to=%2Fme&remember_me=on&user[login_hint]=z";
        let Body {
            mut arguments,
            return_to,
        } = read(link).unwrap();
        assert_eq!(arguments.text("login_hint", 9), "a@b.c");
        assert!(arguments.flag("remember_me"));
        assert!(arguments.finish().is_ok(), "nothing else");
        assert_eq!(return_to.as_deref(), Some("/me"));
        assert!(read("").unwrap().arguments.finish().is_ok());
        for twice in ["login_hint=a&login_hint=a", "return_to=/a&return_to=/b"] {
            assert_eq!(code(read(twice)), "malformed_request", "{twice}");
        }
    }

    #[test]
    fn a_form_says_where_to_go() {
        let body = read(FORM, "return_to=%2Fme&user[email]=a").unwrap();
        assert_eq!(body.return_to.as_deref(), Some("/me"));
        assert_eq!(read(JSON, r#"{"return_to": "/me"}"#).unwrap().return_to, None);
    }
}
