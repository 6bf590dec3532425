use http::{Method, request::Parts};

use super::{
    body::LIMIT,
    negotiation::ContentType,
    query::{Fields, known, take},
};
use crate::{
    error::{Code, Failure},
    strategy::Input,
};

/// What a provider's response may say that counts, and the marker.
const FIELDS: &[&str] = &[
    "code",
    "state",
    "error",
    "error_description",
    "error_uri",
    "iss",
    USER,
    MARKER,
];

/// JSON text about a person, from providers that say it here only.
const USER: &str = "user";

/// The field that says that our own page has sent the response once more.
pub(super) const MARKER: &str = "_auth_reflected";
pub(super) const MARKED: &str = "1";

/// A provider's response, as a browser carries it here.
#[derive(Debug)]
pub(super) struct Response {
    fields: Fields,
    marked: bool,
}

impl Response {
    /// Reads the query of a GET or the form of a POST (promise IN-03).
    ///
    /// # Errors
    /// [`Code::PayloadTooLarge`], [`Code::UnsupportedMediaType`], or [`Code::Malformed`] when a field that counts stands
    /// twice, is too long or holds control characters.
    pub(super) fn read(head: &Parts, body: &[u8]) -> Result<Self, Failure> {
        let encoded = if head.method == Method::GET {
            head.uri.query().unwrap_or_default().as_bytes()
        } else if body.len() > LIMIT {
            return Err(Failure::new(Code::PayloadTooLarge));
        } else if ContentType::of(&head.headers) == ContentType::Form {
            body
        } else {
            return Err(Failure::new(Code::UnsupportedMediaType));
        };
        let mut fields = known(encoded, FIELDS)?;
        let marked = take(&mut fields, MARKER).as_deref() == Some(MARKED);
        // Some providers send what they have nothing to say in, and what describes an error is read by nobody.
        let describes = |name: &str| matches!(name, "error_description" | "error_uri");
        // An empty issuer is another than the right one (RFC 9207, section 2.4).
        fields.retain(|(name, value)| {
            (!value.is_empty() || *name == "iss") && (!describes(name) || is_harmless(name, value))
        });
        if fields.iter().all(|(name, value)| is_harmless(name, value)) {
            Ok(Self { fields, marked })
        } else {
            Err(Failure::new(Code::Malformed))
        }
    }

    /// Whether our own page has sent it.
    #[cfg_attr(
        not(feature = "axum"),
        allow(dead_code, reason = "only pages send it once more")
    )]
    pub(super) const fn is_marked(&self) -> bool {
        self.marked
    }

    /// The fields that count.
    #[cfg_attr(not(feature = "axum"), expect(dead_code, reason = "only pages show them"))]
    pub(super) fn fields(&self) -> &[(&'static str, String)] {
        &self.fields
    }

    /// The arguments of the phase.
    pub(super) fn into_arguments(self) -> Input {
        arguments(self.fields)
    }
}

/// Fields as arguments.
pub(super) fn arguments(fields: Fields) -> Input {
    let fields = fields.into_iter();
    Input::from_form(
        fields
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect(),
    )
}

fn is_harmless(name: &str, value: &str) -> bool {
    // Between the parts of JSON text there may be white space.
    let is_space = |character: char| name == USER && matches!(character, '\t' | '\n' | '\r');
    let mut odd = value
        .chars()
        .filter(|character| character.is_control() && !is_space(*character));
    value.len() <= Input::TOKEN_LIMIT && odd.next().is_none()
}

#[cfg(test)]
mod tests {
    use http::header::CONTENT_TYPE;
    use secrecy::ExposeSecret;

    use super::*;

    const FORM: &str = "application/x-www-form-urlencoded";

    fn get(query: &str) -> Result<Response, Failure> {
        let request = http::Request::get(format!("/user/github/callback?{query}"));
        // A body does not count.
        Response::read(&request.body(()).unwrap().into_parts().0, b"code=of-the-body")
    }

    fn post_as(content_type: &str, form: &str) -> Result<Response, Failure> {
        let request = http::Request::post("/user/github/callback?code=of-the-query&state=x&state=y");
        let request = request.header(CONTENT_TYPE, content_type);
        Response::read(&request.body(()).unwrap().into_parts().0, form.as_bytes())
    }

    fn post(form: &str) -> Result<Response, Failure> {
        post_as(FORM, form)
    }

    #[test]
    fn in_03_the_fields_of_a_response_are_arguments() {
        let fields = "code=c&state=s&iss=https%3A%2F%2Fa.example&scope=x&scope=y&id_token=z&user[code]=no";
        for response in [get(fields), post(fields)] {
            let response = response.unwrap();
            assert!(!response.is_marked());
            let mut arguments = response.into_arguments();
            assert_eq!(arguments.text("code", 9), "c");
            assert_eq!(arguments.text("state", 9), "s");
            assert_eq!(arguments.text("iss", 99), "https://a.example");
            assert!(arguments.finish().is_ok(), "nothing else");
        }
        assert!(get("").unwrap().into_arguments().finish().is_ok());
        assert!(
            !post("").unwrap().into_arguments().has("code"),
            "never out of the query"
        );
    }

    #[test]
    fn in_03_what_counts_stands_once() {
        for name in FIELDS {
            let twice = format!("{name}=1&{name}=1");
            assert_eq!(get(&twice).unwrap_err().code, Code::Malformed, "{name}");
            assert_eq!(post(&twice).unwrap_err().code, Code::Malformed, "{name}");
        }
    }

    #[test]
    fn in_02_what_counts_is_bounded_and_harmless() {
        let read = FIELDS
            .iter()
            .filter(|name| **name != MARKER && !name.starts_with("error_"));
        for name in read {
            let of = |length| format!("{name}={}", "x".repeat(length));
            assert!(post(&of(Input::TOKEN_LIMIT)).is_ok(), "{name}");
            for odd in [
                of(Input::TOKEN_LIMIT + 1),
                format!("{name}=a%00"),
                format!("{name}=%7f"),
                format!("{name}=%ff"),
            ] {
                assert_eq!(post(&odd).unwrap_err().code, Code::Malformed, "{odd:.40}");
                assert_eq!(get(&odd).unwrap_err().code, Code::Malformed, "{odd:.40}");
            }
            let spaced = post(&format!("{name}=%7B%0D%0A%09%7D"));
            assert_eq!(spaced.is_ok(), *name == USER, "{name}");
        }
        let mut arguments = post("user=%7B%0A%7D").unwrap().into_arguments();
        assert_eq!(arguments.secret("user", 9).expose_secret(), "{\n}");
        for name in ["error_description", "error_uri"] {
            for odd in ["", "a%00", "%7f"] {
                let mut arguments = post(&format!("{name}={odd}&state=s")).unwrap().into_arguments();
                assert!(!arguments.has(name), "{name}={odd}");
                assert_eq!(arguments.text("state", 9), "s");
            }
        }
        let long = format!("other={}", "x".repeat(LIMIT));
        assert_eq!(post(&long).unwrap_err().code, Code::PayloadTooLarge);
    }

    #[test]
    fn in_03_a_posted_response_is_a_form() {
        for content_type in [
            "application/json",
            "text/plain",
            "multipart/form-data; boundary=x",
        ] {
            let failure = post_as(content_type, "code=c").unwrap_err();
            assert_eq!(failure.code, Code::UnsupportedMediaType, "{content_type}");
        }
        let bare = http::Request::post("/user/github/callback").body(()).unwrap();
        let failure = Response::read(&bare.into_parts().0, b"").unwrap_err();
        assert_eq!(failure.code, Code::UnsupportedMediaType);
    }

    #[test]
    fn the_marker_is_no_argument() {
        for (form, marked) in [
            ("code=c&_auth_reflected=1", true),
            ("code=c&_auth_reflected=2", false),
            ("code=c&_auth_reflected=", false),
            ("code=c", false),
        ] {
            let response = post(form).unwrap();
            assert_eq!(response.is_marked(), marked, "{form}");
            let mut arguments = response.into_arguments();
            assert_eq!(arguments.text("code", 9), "c");
            assert!(arguments.finish().is_ok(), "{form}");
        }
    }
}
