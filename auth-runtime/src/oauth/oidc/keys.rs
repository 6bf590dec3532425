//! Key sets of issuers (RFC 7517).

use std::sync::Arc;

use http::StatusCode;
use jsonwebtoken::{
    DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse},
};
use serde_json::{Map, Value};
use time::OffsetDateTime;
use url::Url;

use super::{
    TokenFault,
    cache::{Cache, Fetched},
};
use crate::{
    oauth::{Egress, Endpoint, ProviderError, SigningAlgorithm},
    token::bits,
};

const MAX_KEYS: usize = 100;
const MAX_DOCUMENT: usize = 256 * 1024;

/// The keys of one issuer that can check a signature.
pub(in crate::oauth) struct KeySet(Vec<Key>);

struct Key {
    kid: Option<String>,
    /// Which algorithms its kind and its own words admit.
    algorithms: Vec<SigningAlgorithm>,
    key: DecodingKey,
}

impl KeySet {
    /// Reads a key set. Entries that cannot be used are left out.
    fn read(document: &Map<String, Value>) -> Result<Self, ProviderError> {
        let entries = match document.get("keys") {
            Some(Value::Array(entries)) => entries.as_slice(),
            None => &[],
            Some(_) => return Err(ProviderError::unexpected(Endpoint::Keys, "keys")),
        };
        if entries.len() > MAX_KEYS {
            return Err(ProviderError::TooLarge {
                endpoint: Endpoint::Keys,
            });
        }
        Ok(Self(entries.iter().filter_map(Key::read).collect()))
    }

    /// The one key for a token's header. A token without `kid` gets the only key there is, and a key without one serves if
    /// it is the only one.
    pub(super) fn choose(
        &self,
        kid: Option<&str>,
        algorithm: SigningAlgorithm,
    ) -> Result<&DecodingKey, TokenFault> {
        let suits = |key: &&Key| key.algorithms.contains(&algorithm);
        let mut candidates = self.0.iter().filter(suits);
        let chosen = match kid {
            Some(kid) => {
                let named = self
                    .0
                    .iter()
                    .filter(suits)
                    .find(|key| key.kid.as_deref() == Some(kid));
                match (named, self.0.as_slice()) {
                    (None, [only]) if only.kid.is_none() => candidates.next(),
                    (named, _) => named,
                }
            }
            None => {
                let first = candidates.next();
                if candidates.next().is_some() {
                    return Err(TokenFault::AmbiguousKey);
                }
                first
            }
        };
        chosen.map(|key| &key.key).ok_or(TokenFault::UnknownKey)
    }
}

impl Key {
    fn read(entry: &Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(entry.clone()).ok()?;
        let signs = matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature));
        let verifies = jwk
            .common
            .key_operations
            .as_ref()
            .is_none_or(|operations| operations.contains(&KeyOperations::Verify));
        if !signs || !verifies {
            return None;
        }
        let mut algorithms = algorithms(&jwk.algorithm)?.to_vec();
        if let Some(named) = entry.get("alg").and_then(Value::as_str) {
            algorithms.retain(|algorithm| algorithm.as_str() == named);
        }
        Some(Self {
            kid: jwk.common.key_id.clone(),
            algorithms,
            key: DecodingKey::from_jwk(&jwk).ok()?,
        })
    }
}

/// What a key of this kind may check. Secrets have no place in a public set, and short RSA keys none anywhere.
fn algorithms(parameters: &AlgorithmParameters) -> Option<&'static [SigningAlgorithm]> {
    use SigningAlgorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
    match parameters {
        AlgorithmParameters::RSA(rsa) if (2048..=8192).contains(&bits(&rsa.n)) => {
            Some(&[RS256, RS384, RS512, PS256, PS384, PS512])
        }
        AlgorithmParameters::EllipticCurve(ec) => match ec.curve {
            EllipticCurve::P256 => Some(&[ES256]),
            EllipticCurve::P384 => Some(&[ES384]),
            _ => None,
        },
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => Some(&[EdDSA]),
        _ => None,
    }
}

pub(in crate::oauth) struct KeySets(Cache<KeySet>);

impl Default for KeySets {
    fn default() -> Self {
        Self(Cache::new(Endpoint::Keys))
    }
}

impl KeySets {
    pub(super) async fn get(
        &self,
        egress: &Egress,
        url: &Url,
        now: OffsetDateTime,
    ) -> Result<Arc<KeySet>, ProviderError> {
        let fetch = fetch(egress.clone(), url.clone());
        self.0.get(url.as_str(), now, fetch).await
    }

    /// Keys newer than `seen`, at most once a minute (promise OA-10).
    pub(super) async fn newer(
        &self,
        egress: &Egress,
        url: &Url,
        seen: &Arc<KeySet>,
        now: OffsetDateTime,
    ) -> Result<Option<Arc<KeySet>>, ProviderError> {
        let fetch = fetch(egress.clone(), url.clone());
        self.0.newer(url.as_str(), seen, now, fetch).await
    }
}

async fn fetch(egress: Egress, url: Url) -> Result<Fetched<KeySet>, ProviderError> {
    let answer = egress.get(Endpoint::Keys, &url).await?;
    let answer = answer.expect(&[StatusCode::OK])?;
    if answer.len() > MAX_DOCUMENT {
        return Err(ProviderError::TooLarge {
            endpoint: Endpoint::Keys,
        });
    }
    Ok(Fetched {
        value: KeySet::read(&answer.object()?)?,
        max_age: answer.max_age(),
    })
}
