use std::time::Duration;

use http::StatusCode;

use super::FieldErrors;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $status:ident, $message:literal;)*) => {
        /// The codes a client can meet, each with one HTTP status and one sentence. A closed set: clients may
        /// match on it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code { $($(#[$doc])* $variant,)* }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The code as it stands in `error.code`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The HTTP status that goes with the code.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)* }
            }

            /// One sentence for a person.
            #[must_use]
            pub const fn message(self) -> &'static str {
                match self { $(Self::$variant => $message,)* }
            }
        }
    };
}

codes! {
    /// Sign-in did not work.
    AuthenticationFailed = "authentication_failed", UNAUTHORIZED, "Authentication failed";
    /// A sign-in at a provider was given up there, or the provider did not let the person through.
    Cancelled = "cancelled", UNAUTHORIZED, "The sign-in there was cancelled";
    /// A one-time token does not work (any more).
    InvalidToken = "invalid_token", UNAUTHORIZED, "This link or token is not valid (any more)";
    /// A logout token of a provider does not count (OpenID Connect Back-Channel Logout 1.0 §2.8).
    InvalidLogoutToken = "invalid_logout_token", BAD_REQUEST, "This logout token does not count";
    /// The route needs somebody to be signed in.
    Unauthenticated = "unauthenticated", UNAUTHORIZED, "Please sign in";
    /// The session is too old for this.
    ReauthenticationRequired = "reauthentication_required", FORBIDDEN, "Please sign in again to do this";
    /// The API key was not made for this.
    InsufficientScope = "insufficient_scope", FORBIDDEN, "This key may not do that";
    /// A state-changing request came from another site (promise SE-08).
    CrossSite = "cross_site_request", FORBIDDEN, "The request came from another site";
    /// Credentials of different people, or several of one kind, came with one request (promise SE-11).
    AmbiguousCredentials = "ambiguous_credentials", BAD_REQUEST, "Send one credential only";
    /// The fields of the request were refused; see `fields`.
    Invalid = "invalid", UNPROCESSABLE_ENTITY, "Please check the marked fields";
    /// The body is not what its content type says.
    Malformed = "malformed_request", BAD_REQUEST, "The request could not be read";
    /// The content type is not one that the route takes.
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "Send JSON or a form";
    /// The body is larger than the limit.
    PayloadTooLarge = "payload_too_large", PAYLOAD_TOO_LARGE, "The request is too large";
    /// No such route.
    NotFound = "not_found", NOT_FOUND, "Not found";
    /// No room for another password check now; see `Retry-After`.
    Overloaded = "overloaded", SERVICE_UNAVAILABLE, "Too busy, please try again in a moment";
    /// Something the action needs is down.
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "Not available, please try again in a moment";
    /// A failure on the server's side.
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something went wrong";
}

/// What a client is told about a request that did not succeed.
///
/// It carries nothing that depends on whether a person exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The machine-readable code.
    pub code: Code,
    /// What is wrong with which field, for [`Code::Invalid`].
    pub fields: FieldErrors,
    /// When to try again, for [`Code::Overloaded`] and [`Code::Unavailable`].
    pub retry_after: Option<Duration>,
}

impl Failure {
    /// A failure of that code.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self {
            code,
            fields: FieldErrors::default(),
            retry_after: None,
        }
    }

    pub(crate) fn with_fields(mut self, fields: FieldErrors) -> Self {
        self.fields = fields;
        self
    }

    pub(crate) const fn with_retry_after(mut self, delay: Duration) -> Self {
        self.retry_after = Some(delay);
        self
    }

    /// The HTTP status of the answer.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.code.status()
    }

    /// The JSON form: `{"error": {"code", "message", "fields"}}`.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::json!({
            "error": {
                "code": self.code.as_str(),
                "message": self.code.message(),
                "fields": self.fields.to_json(),
            }
        })
    }
}
