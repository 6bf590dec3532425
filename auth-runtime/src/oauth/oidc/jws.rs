//! Signed tokens of a provider, read strictly: the algorithm is ours to say, and nothing in the token chooses a key's kind
//! or its place (promise OA-04).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::DecodingKey;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use time::OffsetDateTime;
use url::Url;

use super::{TokenFault, keys::KeySet};
use crate::{
    oauth::{Egress, Endpoint, ProviderError, SigningAlgorithm, signing},
    token::strict_json,
};

const MAX_TOKEN: usize = 16 * 1024;
const MAX_DEPTH: usize = 16;

/// A token in its parts. Nothing of it counts before [`verify`](Self::verify).
pub(in crate::oauth) struct Jws<'a> {
    header: Map<String, Value>,
    claims: Map<String, Value>,
    signed: &'a str,
    signature: &'a str,
}

/// What can verify: the issuer's keys, or the client secret for the symmetric algorithms.
#[derive(Clone, Copy)]
pub(in crate::oauth) struct Verifier<'a> {
    pub(in crate::oauth) egress: &'a Egress,
    pub(in crate::oauth) jwks_uri: Option<&'a Url>,
    pub(in crate::oauth) client_secret: Option<&'a SecretString>,
    pub(in crate::oauth) algorithm: SigningAlgorithm,
    /// What the token is, for errors.
    pub(in crate::oauth) token: &'static str,
}

impl<'a> Jws<'a> {
    pub(in crate::oauth) fn parse(token: &'a str, algorithm: SigningAlgorithm) -> Result<Self, TokenFault> {
        if token.len() > MAX_TOKEN {
            return Err(TokenFault::TooLong);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(TokenFault::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(TokenFault::Malformed)?;
        if claims.contains('.') {
            // Five parts are an encrypted token.
            return Err(TokenFault::Malformed);
        }
        let jws = Self {
            header: object(header)?,
            claims: object(claims)?,
            signed,
            signature,
        };
        if jws.header.get("alg").and_then(Value::as_str) != Some(algorithm.as_str()) {
            return Err(TokenFault::WrongAlgorithm);
        }
        // `crit` asks for what we do not know; the others change what the signature is over, or what is inside.
        if ["crit", "b64", "zip", "cty"]
            .iter()
            .any(|name| jws.header.contains_key(*name))
        {
            return Err(TokenFault::ForbiddenHeader);
        }
        Ok(jws)
    }

    /// `typ` of the header, in lower case, without `application/`.
    pub(in crate::oauth) fn typ(&self) -> Option<String> {
        let typ = self.header.get("typ")?.as_str()?.to_ascii_lowercase();
        Some(typ.strip_prefix("application/").unwrap_or(&typ).to_owned())
    }

    /// A claim that nobody has vouched for yet. Only to find out which issuer's rules apply.
    pub(in crate::oauth) fn unverified(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim)?.as_str()
    }

    /// The claims, once the signature has been checked.
    pub(in crate::oauth) async fn verify(
        self,
        verifier: Verifier<'_>,
        now: OffsetDateTime,
    ) -> Result<Map<String, Value>, ProviderError> {
        let refuse = |fault| ProviderError::Token {
            token: verifier.token,
            fault,
        };
        if verifier.algorithm.is_symmetric() {
            let secret = verifier
                .client_secret
                .ok_or(ProviderError::missing("client_secret"))?;
            let key = DecodingKey::from_secret(secret.expose_secret().as_bytes());
            self.check(&key, verifier.algorithm).map_err(refuse)?;
            return Ok(self.claims);
        }
        let kid = match self.header.get("kid") {
            None => None,
            Some(Value::String(kid)) => Some(kid.as_str()),
            Some(_) => return Err(refuse(TokenFault::Malformed)),
        };
        let url = verifier
            .jwks_uri
            .ok_or(ProviderError::unexpected(Endpoint::Discovery, "jwks_uri"))?;
        let keys = verifier.egress.keys();
        let check = |set: &KeySet| {
            let key = set.choose(kid, verifier.algorithm)?;
            self.check(key, verifier.algorithm)
        };
        let set = keys.get(verifier.egress, url, now).await?;
        let mut checked = check(&set);
        // Another key, or another one of the same name.
        if matches!(checked, Err(TokenFault::UnknownKey | TokenFault::BadSignature))
            && let Some(newer) = keys.newer(verifier.egress, url, &set, now).await?
        {
            checked = check(&newer);
        }
        checked.map_err(refuse)?;
        Ok(self.claims)
    }

    fn check(&self, key: &DecodingKey, algorithm: SigningAlgorithm) -> Result<(), TokenFault> {
        signing::install();
        match jsonwebtoken::crypto::verify(self.signature, self.signed.as_bytes(), key, algorithm.engine()) {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(TokenFault::BadSignature),
        }
    }
}

fn object(part: &str) -> Result<Map<String, Value>, TokenFault> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenFault::Malformed)?;
    match strict_json::parse(&json, MAX_DEPTH) {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err(TokenFault::Malformed),
    }
}
