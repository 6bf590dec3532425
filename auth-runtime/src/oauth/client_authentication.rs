//! How the token endpoint knows the client (RFC 6749 §2.3, RFC 7523, OpenID Connect Core §9).

use std::str::FromStr;

use jsonwebtoken::{EncodingKey, Header, jwk::Jwk};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use time::{Duration, OffsetDateTime};

use super::{ProviderError, SigningAlgorithm, signing};
use crate::random;

/// How long an assertion counts.
const ASSERTION: Duration = Duration::seconds(60);
/// How long a signed client secret counts; Apple allows six months.
const SIGNED_SECRET: Duration = Duration::minutes(10);

/// How the token endpoint knows the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClientAuthentication {
    /// Not at all: a public client, which PKCE protects.
    None,
    /// The secret in an `Authorization` header.
    ClientSecretBasic,
    /// The secret in the body.
    ClientSecretPost,
    /// An assertion under the secret.
    ClientSecretJwt,
    /// An assertion under the client's private key.
    PrivateKeyJwt,
    /// A secret that is itself signed with the client's private key, made anew for each request: Apple's way.
    SignedSecret,
}

impl ClientAuthentication {
    /// Those that a declaration can choose.
    pub const ALL: &[Self] = &[
        Self::None,
        Self::ClientSecretBasic,
        Self::ClientSecretPost,
        Self::ClientSecretJwt,
        Self::PrivateKeyJwt,
    ];

    /// The name in declarations and in `token_endpoint_auth_methods_supported`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost | Self::SignedSecret => "client_secret_post",
            Self::ClientSecretJwt => "client_secret_jwt",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }

    /// Whether it needs `client_secret`.
    #[must_use]
    pub const fn needs_secret(self) -> bool {
        matches!(
            self,
            Self::ClientSecretBasic | Self::ClientSecretPost | Self::ClientSecretJwt
        )
    }

    /// Whether it needs `private_key`.
    #[must_use]
    pub const fn needs_key(self) -> bool {
        matches!(self, Self::PrivateKeyJwt | Self::SignedSecret)
    }
}

impl FromStr for ClientAuthentication {
    type Err = ProviderError;

    fn from_str(name: &str) -> Result<Self, ProviderError> {
        Self::ALL
            .iter()
            .copied()
            .find(|method| method.as_str() == name)
            .ok_or_else(|| {
                ProviderError::setting("client_authentication_method", "is not one that is supported")
            })
    }
}

/// Whom an assertion is addressed to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AssertionAudience {
    /// The token endpoint (OpenID Connect Core §9).
    #[default]
    TokenEndpoint,
    /// The issuer.
    Issuer,
}

/// The client's private key, read once.
pub(super) struct ClientKey {
    key: EncodingKey,
    algorithm: SigningAlgorithm,
    kid: Option<String>,
}

impl ClientKey {
    /// Reads one PKCS#8 PEM key; its kind decides the algorithm unless one is named ([D-5]).
    pub(super) fn read(
        pem: &SecretString,
        algorithm: Option<SigningAlgorithm>,
        kid: Option<String>,
    ) -> Result<Self, ProviderError> {
        signing::install();
        let text = pem.expose_secret().trim();
        let unusable = || ProviderError::setting("private_key", "is not one PEM key (PKCS#8) that can sign");
        if text.matches("-----BEGIN ").count() != 1 {
            return Err(unusable());
        }
        let candidates: &[SigningAlgorithm] = match &algorithm {
            Some(algorithm) => std::slice::from_ref(algorithm),
            None => &[
                SigningAlgorithm::RS256,
                SigningAlgorithm::ES256,
                SigningAlgorithm::ES384,
                SigningAlgorithm::EdDSA,
            ],
        };
        candidates
            .iter()
            .find_map(|algorithm| {
                Some(Self {
                    key: encoding_key(*algorithm, text.as_bytes())?,
                    algorithm: *algorithm,
                    kid: kid.clone(),
                })
            })
            .ok_or_else(unusable)
    }
}

fn encoding_key(algorithm: SigningAlgorithm, pem: &[u8]) -> Option<EncodingKey> {
    let key = match algorithm {
        SigningAlgorithm::ES256 | SigningAlgorithm::ES384 => EncodingKey::from_ec_pem(pem),
        SigningAlgorithm::EdDSA => EncodingKey::from_ed_pem(pem),
        algorithm if algorithm.is_symmetric() => return None,
        _ => EncodingKey::from_rsa_pem(pem),
    }
    .ok()?;
    // Deriving the public half checks kind and curve.
    Jwk::from_encoding_key(&key, algorithm.engine()).ok()?;
    Some(key)
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<String>,
}

/// An assertion under the secret ([D-12]: with a `jti` of its own).
pub(super) fn under_secret(
    secret: &SecretString,
    algorithm: SigningAlgorithm,
    client_id: &str,
    audience: &str,
    now: OffsetDateTime,
) -> Result<String, ProviderError> {
    signing::install();
    let key = EncodingKey::from_secret(secret.expose_secret().as_bytes());
    let claims = assertion(client_id, audience, now)?;
    jsonwebtoken::encode(&Header::new(algorithm.engine()), &claims, &key).map_err(ProviderError::Signing)
}

/// An assertion under the private key.
pub(super) fn under_key(
    key: &ClientKey,
    client_id: &str,
    audience: &str,
    now: OffsetDateTime,
) -> Result<String, ProviderError> {
    sign(key, &assertion(client_id, audience, now)?)
}

/// A client secret that the private key signs.
pub(super) fn signed_secret(
    key: &ClientKey,
    team: &str,
    client_id: &str,
    audience: &str,
    now: OffsetDateTime,
) -> Result<String, ProviderError> {
    sign(
        key,
        &Claims {
            iss: team,
            sub: client_id,
            aud: audience,
            iat: now.unix_timestamp(),
            exp: (now + SIGNED_SECRET).unix_timestamp(),
            jti: None,
        },
    )
}

fn assertion<'a>(
    client_id: &'a str,
    audience: &'a str,
    now: OffsetDateTime,
) -> Result<Claims<'a>, ProviderError> {
    Ok(Claims {
        iss: client_id,
        sub: client_id,
        aud: audience,
        iat: now.unix_timestamp(),
        exp: (now + ASSERTION).unix_timestamp(),
        jti: Some(random::identifier()?),
    })
}

fn sign(key: &ClientKey, claims: &Claims<'_>) -> Result<String, ProviderError> {
    let mut header = Header::new(key.algorithm.engine());
    header.kid.clone_from(&key.kid);
    jsonwebtoken::encode(&header, claims, &key.key).map_err(ProviderError::Signing)
}
