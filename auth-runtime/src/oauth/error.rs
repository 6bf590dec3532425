use std::fmt;

use http::StatusCode;

use super::oidc::TokenFault;
use crate::{error::Cause, random::RandomError};

/// Which of a provider's endpoints a failure is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Endpoint {
    /// Where the browser is sent.
    Authorization,
    /// Code against tokens.
    Token,
    /// What is known of the person.
    UserInfo,
    /// The person's e-mail addresses, where they are a call of their own.
    Emails,
    /// The provider's description of itself.
    Discovery,
    /// The keys that sign.
    Keys,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Authorization => "authorization endpoint",
            Self::Token => "token endpoint",
            Self::UserInfo => "user info endpoint",
            Self::Emails => "e-mail addresses endpoint",
            Self::Discovery => "discovery document",
            Self::Keys => "key set",
        })
    }
}

/// Why an identity from elsewhere could not be had.
///
/// For operators. It never shows a secret, a token or an answer's body; of the provider's own words it shows error codes
/// only, one word each ([D-26]: promise OA-08).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProviderError {
    /// A setting is missing or cannot be used.
    #[error("the setting `{setting}` {problem}")]
    Setting {
        /// The setting, as in the block.
        setting: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// TLS cannot be set up on this machine.
    #[error("outgoing calls cannot be set up")]
    Setup(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A URL that must not be called (promise OA-09).
    #[error("a URL with the host `{host}` is refused: {problem}")]
    Url {
        /// Its host.
        host: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// No answer in time, or none at all.
    #[error("the {endpoint} cannot be reached")]
    Unreachable {
        /// Whose.
        endpoint: Endpoint,
        /// What the connection said.
        #[source]
        source: reqwest::Error,
    },
    /// A fetch failed a moment ago and is not tried again yet.
    #[error("the {endpoint} could not be had a moment ago")]
    RecentlyFailed {
        /// Which.
        endpoint: Endpoint,
    },
    /// An answer above 1 MiB, or another bound of its kind.
    #[error("the answer of the {endpoint} is too large")]
    TooLarge {
        /// Whose.
        endpoint: Endpoint,
    },
    /// Another status than the protocol knows. Redirects are among them.
    #[error("the {endpoint} answered with {status}{}", code.as_ref().map(|code| format!(" and the error `{code}`")).unwrap_or_default())]
    Status {
        /// Whose.
        endpoint: Endpoint,
        /// The status.
        status: StatusCode,
        /// The error code in the body.
        code: Option<String>,
    },
    /// The answer is not what its content type says, is no object, or has a member twice.
    #[error("the answer of the {endpoint} cannot be read")]
    Unreadable {
        /// Whose.
        endpoint: Endpoint,
    },
    /// Something that must be in an answer is missing from it, or is of another kind.
    #[error("`{member}` in the answer of the {endpoint} is missing or unusable")]
    Unexpected {
        /// Whose.
        endpoint: Endpoint,
        /// Which member.
        member: &'static str,
    },
    /// The token endpoint refused in an answer with status 200.
    #[error("the token endpoint refused with the error `{code}`")]
    Refused {
        /// The error code.
        code: String,
    },
    /// The discovery document describes another issuer (promise OA-03).
    #[error("the discovery document is of another issuer")]
    OtherIssuer,
    /// The provider does not take the configured way of client authentication.
    #[error("the provider does not support the client authentication `{method}`")]
    ClientAuthentication {
        /// The configured way.
        method: &'static str,
    },
    /// The callback does not belong to the attempt.
    #[error("the callback does not belong to the attempt: {0}")]
    Callback(CallbackFault),
    /// The provider, or the person there, said no.
    #[error("the provider answered with the error `{code}`")]
    Denied {
        /// The error code (RFC 6749 §4.1.2.1).
        code: String,
    },
    /// A signed token does not count.
    #[error("the {token} is refused")]
    Token {
        /// Which one.
        token: &'static str,
        /// Why.
        #[source]
        fault: TokenFault,
    },
    /// The user info is about somebody else than the ID token (promise OA-05).
    #[error("user info and ID token are about different people")]
    OtherSubject,
    /// Claims that cannot be read as what they are.
    #[error("claims of an unexpected type: {}", .0.join(", "))]
    Claims(Vec<String>),
    /// The provider gave no usable identifier of the person.
    #[error("the provider gave no usable subject")]
    NoSubject,
    /// The identity is real, but not of the organisation that the declaration asks for.
    #[error("the identity is outside of `{setting}`")]
    Outside {
        /// The restriction.
        setting: &'static str,
    },
    /// There is no refresh token.
    #[error("there is no refresh token")]
    NoRefreshToken,
    /// Something could not be signed with the client's key.
    #[error("signing with the client's key failed")]
    Signing(#[source] jsonwebtoken::errors::Error),
    /// No random numbers.
    #[error(transparent)]
    Random(#[from] RandomError),
}

/// What is wrong with a callback (promises OA-01, OA-02).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallbackFault {
    /// `state` is missing.
    #[error("`state` is missing")]
    NoState,
    /// `state` is another attempt's.
    #[error("`state` is another one")]
    OtherState,
    /// `code` is missing.
    #[error("`code` is missing")]
    NoCode,
    /// The provider says that it always sends `iss`, and it is missing (RFC 9207).
    #[error("`iss` is missing")]
    NoIssuer,
    /// `iss` is another provider's (RFC 9207).
    #[error("`iss` is another provider's")]
    OtherIssuer,
    /// The attempt was kept without its verifier or nonce.
    #[error("the attempt is incomplete")]
    Incomplete,
}

impl ProviderError {
    /// The code to report.
    #[must_use]
    pub const fn cause(&self) -> Cause {
        match self {
            Self::Setting { .. } | Self::Setup(_) | Self::ClientAuthentication { .. } | Self::Signing(_) => {
                Cause::Misconfigured
            }
            Self::Unreachable { .. } | Self::RecentlyFailed { .. } => Cause::ProviderUnreachable,
            Self::Callback(_) => Cause::AttemptMismatch,
            Self::Denied { .. } => Cause::ProviderDenied,
            Self::Outside { .. } => Cause::OutsideOrganisation,
            Self::Random(_) => Cause::Internal,
            _ => Cause::ProviderInvalid,
        }
    }

    pub(super) fn setting(setting: &'static str, problem: impl Into<String>) -> Self {
        Self::Setting {
            setting,
            problem: problem.into(),
        }
    }

    pub(super) fn missing(setting: &'static str) -> Self {
        Self::setting(setting, "is missing or empty")
    }

    pub(super) const fn unexpected(endpoint: Endpoint, member: &'static str) -> Self {
        Self::Unexpected { endpoint, member }
    }
}

/// `text` if it is one short word such as `access_denied`: the only words of a provider that reach a log.
pub(super) fn word(text: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    (!text.is_empty() && text.len() <= 64 && text.chars().all(plain)).then(|| text.to_owned())
}
