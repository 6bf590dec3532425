use std::{fmt, time::Duration};

use http::{HeaderMap, StatusCode, header};
use serde_json::{Map, Value};

use crate::{
    oauth::{Endpoint, ProviderError},
    token::strict_json,
};

const MAX_DEPTH: usize = 32;

/// What an endpoint answered. Shows no body.
pub(in crate::oauth) struct Answer {
    endpoint: Endpoint,
    status: StatusCode,
    media_type: String,
    max_age: Option<Duration>,
    body: Vec<u8>,
}

impl Answer {
    pub(super) fn new(endpoint: Endpoint, status: StatusCode, headers: &HeaderMap, body: Vec<u8>) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let media_type = text(header::CONTENT_TYPE)
            .and_then(|value| value.split(';').next())
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        Self {
            endpoint,
            status,
            media_type,
            max_age: text(header::CACHE_CONTROL).and_then(max_age),
            body,
        }
    }

    /// How long the provider says that the answer stays good.
    pub(in crate::oauth) const fn max_age(&self) -> Option<Duration> {
        self.max_age
    }

    /// The body of a signed answer.
    pub(in crate::oauth) fn jwt(&self) -> Option<&str> {
        (self.media_type == "application/jwt")
            .then(|| std::str::from_utf8(&self.body).ok())
            .flatten()
    }

    /// The answer if its status is one of `expected`.
    pub(in crate::oauth) fn expect(self, expected: &[StatusCode]) -> Result<Self, ProviderError> {
        if expected.contains(&self.status) {
            return Ok(self);
        }
        Err(ProviderError::Status {
            endpoint: self.endpoint,
            status: self.status,
            code: self.object().ok().as_ref().and_then(error_code),
        })
    }

    /// The body as a JSON value; a form where the provider answers with one.
    pub(in crate::oauth) fn value(&self) -> Result<Value, ProviderError> {
        let unreadable = || ProviderError::Unreadable {
            endpoint: self.endpoint,
        };
        match self.media_type.as_str() {
            "application/x-www-form-urlencoded" => {
                let mut members = Map::new();
                for (name, value) in form_urlencoded::parse(&self.body) {
                    if members.insert(name.into_owned(), value.into()).is_some() {
                        return Err(unreadable());
                    }
                }
                Ok(members.into())
            }
            "application/json" | "text/javascript" => {
                strict_json::parse(&self.body, MAX_DEPTH).map_err(|_| unreadable())
            }
            other if other.starts_with("application/") && other.ends_with("+json") => {
                strict_json::parse(&self.body, MAX_DEPTH).map_err(|_| unreadable())
            }
            _ => Err(unreadable()),
        }
    }

    /// The body as an object.
    pub(in crate::oauth) fn object(&self) -> Result<Map<String, Value>, ProviderError> {
        match self.value()? {
            Value::Object(members) => Ok(members),
            _ => Err(ProviderError::Unreadable {
                endpoint: self.endpoint,
            }),
        }
    }

    pub(in crate::oauth) const fn len(&self) -> usize {
        self.body.len()
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("endpoint", &self.endpoint)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// The `error` member of a refusal (RFC 6749 §5.2), if it is one word: never free text.
pub(in crate::oauth) fn error_code(members: &Map<String, Value>) -> Option<String> {
    super::super::error::word(members.get("error")?.as_str()?)
}

fn max_age(value: &str) -> Option<Duration> {
    value.split(',').find_map(|directive| {
        let directive = directive.trim();
        if directive.eq_ignore_ascii_case("no-store") || directive.eq_ignore_ascii_case("no-cache") {
            return Some(Duration::ZERO);
        }
        let (name, seconds) = directive.split_once('=')?;
        let seconds = name
            .eq_ignore_ascii_case("max-age")
            .then(|| seconds.parse().ok())??;
        Some(Duration::from_secs(seconds))
    })
}
