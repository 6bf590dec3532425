//! The keys that sign and verify, checked and parsed once at start.

use std::fmt;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{
    DecodingKey, EncodingKey,
    jwk::{AlgorithmParameters, Jwk, ThumbprintHash},
};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::{Algorithm, Purpose, TokenRejected, header};

/// What is wrong with a key (promise TK-03). Nothing of the key is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFault {
    /// Shorter than the hash of the algorithm.
    #[error("{algorithm} needs a secret of at least {needed} bytes")]
    TooShort {
        /// The algorithm.
        algorithm: Algorithm,
        /// The least number of bytes.
        needed: usize,
    },
    /// One byte, repeated.
    #[error("all bytes of the secret are equal")]
    AllEqual,
    /// A PEM file where a secret is expected; a public key would be no secret at all.
    #[error("{0} takes a secret, not a PEM key")]
    PemAsSecret(Algorithm),
    /// Not a PEM key of the right kind: Ed25519, P-256, or RSA of 2048 to 8192 bits.
    #[error("not a PEM key (PKCS#8 `PRIVATE KEY`, or `PUBLIC KEY` for a former one) that {0} can use")]
    Unusable(Algorithm),
    /// Only verifying is possible with a public key.
    #[error("a public key cannot sign")]
    PublicKey,
    /// The same key twice: a rotation that did not happen.
    #[error("the same key is given twice")]
    Repeated,
}

/// A signing key that cannot be used; the start must fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The key that would sign.
    #[error("the token signing key cannot be used")]
    Signing(#[source] KeyFault),
    /// A former key, counted from 1.
    #[error("former token signing key {number} cannot be used")]
    Previous {
        /// Which one, counted from 1.
        number: usize,
        /// What is wrong with it.
        #[source]
        fault: KeyFault,
    },
}

/// One signing key and the former ones, whose tokens still count (promise TK-10).
pub struct KeySet {
    algorithm: Algorithm,
    signing: EncodingKey,
    /// The newest first: it is the pair of `signing`.
    verifying: Vec<VerifyingKey>,
}

impl KeySet {
    /// Checks and parses the keys: `signing` signs, `previous` only verify.
    ///
    /// For the HMAC algorithms a key is the text's bytes as they are. For the others it is PEM: PKCS#8 to sign,
    /// the private or the public half of a former pair.
    ///
    /// # Errors
    /// [`KeyError`] when a key is too weak for the algorithm, of another kind, or there twice.
    pub fn new(
        algorithm: Algorithm,
        signing: &SecretString,
        previous: &[SecretString],
    ) -> Result<Self, KeyError> {
        // Only the first call in a process counts. Should the application have installed its own, that one serves.
        let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();

        let (signing, newest) = signing_key(algorithm, signing.expose_secret()).map_err(KeyError::Signing)?;
        let mut verifying = vec![newest];
        for (number, text) in (1..).zip(previous) {
            let fault = |fault| KeyError::Previous { number, fault };
            let key = former_key(algorithm, text.expose_secret()).map_err(fault)?;
            if verifying.iter().any(|other| other.kid == key.kid) {
                return Err(fault(KeyFault::Repeated));
            }
            verifying.push(key);
        }
        Ok(Self {
            algorithm,
            signing,
            verifying,
        })
    }

    /// The one algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The key identifiers, that of the signing key first. They are public.
    pub fn key_ids(&self) -> impl Iterator<Item = &str> {
        self.verifying.iter().map(|key| key.kid.as_str())
    }

    /// Signs `payload` as the body of a token for `purpose`; `None` if there are no such tokens.
    pub(super) fn sign(
        &self,
        purpose: Purpose,
        payload: &[u8],
    ) -> Option<Result<String, jsonwebtoken::errors::Error>> {
        let mut token = self.verifying.first()?.header(purpose)?.to_owned();
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(payload, &mut token);
        Some(
            jsonwebtoken::crypto::sign(token.as_bytes(), &self.signing, self.algorithm.engine()).map(
                |signature| {
                    token.push('.');
                    token.push_str(&signature);
                    token
                },
            ),
        )
    }

    /// The key and the purpose that an encoded header names.
    pub(super) fn identify(&self, segment: &str) -> Result<(&VerifyingKey, Purpose), TokenRejected> {
        for key in &self.verifying {
            for (purpose, header) in &key.headers {
                if header == segment {
                    return Ok((key, *purpose));
                }
            }
        }
        let named = header::Header::parse(segment, self.algorithm)?;
        let key = self.verifying.iter().find(|key| key.kid == named.kid);
        Ok((key.ok_or(TokenRejected::UnknownKey)?, named.purpose))
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySet")
            .field("algorithm", &self.algorithm)
            .field("key_ids", &self.key_ids().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// A key that verifies, under the name that headers give it.
pub(super) struct VerifyingKey {
    algorithm: Algorithm,
    kid: String,
    key: DecodingKey,
    /// The encoded header of its tokens, by purpose.
    headers: Vec<(Purpose, String)>,
}

impl VerifyingKey {
    fn new(algorithm: Algorithm, kid: String, key: DecodingKey) -> Self {
        let headers = Purpose::MINTABLE
            .iter()
            .copied()
            .filter_map(|purpose| Some((purpose, header::encode(algorithm, &kid, purpose.typ()?))))
            .collect();
        Self {
            algorithm,
            kid,
            key,
            headers,
        }
    }

    /// A secret, which is named by a digest of its own, cut to 128 bits.
    ///
    /// The digest gives nothing away that a token does not: whoever could guess the secret can test the guess on
    /// any token. Its prefix keeps it apart from every other digest of the same bytes.
    pub(super) fn hmac(algorithm: Algorithm, secret: &[u8]) -> Self {
        let digest = Sha256::new()
            .chain_update(b"auth-runtime/token/kid/")
            .chain_update(algorithm.as_str())
            .chain_update([0])
            .chain_update(secret)
            .finalize();
        let kid: Vec<u8> = digest.into_iter().take(16).collect();
        Self::new(
            algorithm,
            URL_SAFE_NO_PAD.encode(kid),
            DecodingKey::from_secret(secret),
        )
    }

    /// A public key, which is named by its thumbprint (RFC 7638).
    fn public(algorithm: Algorithm, jwk: &Jwk) -> Result<Self, KeyFault> {
        let unusable = |_| KeyFault::Unusable(algorithm);
        if let AlgorithmParameters::RSA(rsa) = &jwk.algorithm
            && !(2048..=8192).contains(&bits(&rsa.n))
        {
            return Err(KeyFault::Unusable(algorithm));
        }
        let kid = jwk.thumbprint(ThumbprintHash::SHA256).map_err(unusable)?;
        Ok(Self::new(
            algorithm,
            kid,
            DecodingKey::from_jwk(jwk).map_err(unusable)?,
        ))
    }

    fn header(&self, purpose: Purpose) -> Option<&str> {
        self.headers
            .iter()
            .find_map(|(other, header)| (*other == purpose).then_some(header.as_str()))
    }

    /// Whether `signature`, unpadded base64url, is this key's over `message`.
    pub(super) fn verify(&self, message: &str, signature: &str) -> Result<(), TokenRejected> {
        match jsonwebtoken::crypto::verify(signature, message.as_bytes(), &self.key, self.algorithm.engine())
        {
            Ok(true) => Ok(()),
            Ok(false) => Err(TokenRejected::BadSignature),
            Err(_) => Err(TokenRejected::Malformed),
        }
    }
}

fn signing_key(algorithm: Algorithm, text: &str) -> Result<(EncodingKey, VerifyingKey), KeyFault> {
    if let Some(needed) = algorithm.min_secret() {
        let secret = checked_secret(algorithm, needed, text)?;
        return Ok((
            EncodingKey::from_secret(secret),
            VerifyingKey::hmac(algorithm, secret),
        ));
    }
    let key = match Pem::read(text) {
        Some(Pem::Private) => private_key(algorithm, text)?,
        Some(Pem::Public) => return Err(KeyFault::PublicKey),
        None => return Err(KeyFault::Unusable(algorithm)),
    };
    let public = private_jwk(algorithm, &key)?;
    Ok((key, VerifyingKey::public(algorithm, &public)?))
}

fn former_key(algorithm: Algorithm, text: &str) -> Result<VerifyingKey, KeyFault> {
    if let Some(needed) = algorithm.min_secret() {
        return Ok(VerifyingKey::hmac(
            algorithm,
            checked_secret(algorithm, needed, text)?,
        ));
    }
    let public = match Pem::read(text) {
        Some(Pem::Private) => private_jwk(algorithm, &private_key(algorithm, text)?)?,
        Some(Pem::Public) => public_jwk(algorithm, text)?,
        None => return Err(KeyFault::Unusable(algorithm)),
    };
    VerifyingKey::public(algorithm, &public)
}

fn checked_secret(algorithm: Algorithm, needed: usize, text: &str) -> Result<&[u8], KeyFault> {
    let secret = text.as_bytes();
    if secret.len() < needed {
        return Err(KeyFault::TooShort { algorithm, needed });
    }
    if secret.iter().all(|byte| Some(byte) == secret.first()) {
        return Err(KeyFault::AllEqual);
    }
    if text.contains("-----BEGIN ") {
        return Err(KeyFault::PemAsSecret(algorithm));
    }
    Ok(secret)
}

fn private_key(algorithm: Algorithm, pem: &str) -> Result<EncodingKey, KeyFault> {
    match algorithm {
        Algorithm::EdDSA => EncodingKey::from_ed_pem(pem.as_bytes()),
        Algorithm::ES256 => EncodingKey::from_ec_pem(pem.as_bytes()),
        Algorithm::RS256 => EncodingKey::from_rsa_pem(pem.as_bytes()),
        Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => return Err(KeyFault::Unusable(algorithm)),
    }
    .map_err(|_| KeyFault::Unusable(algorithm))
}

/// The public half. Deriving it parses the private key, and so checks its kind and curve.
fn private_jwk(algorithm: Algorithm, key: &EncodingKey) -> Result<Jwk, KeyFault> {
    Jwk::from_encoding_key(key, algorithm.engine()).map_err(|_| KeyFault::Unusable(algorithm))
}

fn public_jwk(algorithm: Algorithm, pem: &str) -> Result<Jwk, KeyFault> {
    let key = match algorithm {
        Algorithm::EdDSA => DecodingKey::from_ed_pem(pem.as_bytes()),
        Algorithm::ES256 if Pem::is_p256(pem) => DecodingKey::from_ec_pem(pem.as_bytes()),
        Algorithm::RS256 => DecodingKey::from_rsa_pem(pem.as_bytes()),
        _ => return Err(KeyFault::Unusable(algorithm)),
    };
    key.and_then(|key| Jwk::from_decoding_key(&key, Some(algorithm.engine())))
        .map_err(|_| KeyFault::Unusable(algorithm))
}

/// The length of an unsigned number in base64url, in bits.
pub(crate) fn bits(number: &str) -> usize {
    let bytes = URL_SAFE_NO_PAD.decode(number).unwrap_or_default();
    let mut significant = bytes.iter().skip_while(|byte| **byte == 0).peekable();
    let unused = significant.peek().map_or(0, |byte| byte.leading_zeros() as usize);
    (significant.count() * 8).saturating_sub(unused)
}

/// What a PEM text says it holds (RFC 7468).
enum Pem {
    Private,
    Public,
}

impl Pem {
    fn read(text: &str) -> Option<Self> {
        let text = text.trim_start();
        if text.starts_with("-----BEGIN PRIVATE KEY-----") {
            Some(Self::Private)
        } else if text.starts_with("-----BEGIN PUBLIC KEY-----") {
            Some(Self::Public)
        } else {
            None
        }
    }

    /// Whether a public key is a whole point on P-256: other curves have points of the same length.
    fn is_p256(text: &str) -> bool {
        /// Key information up to the point: ecPublicKey, prime256v1, 65 bytes, uncompressed (RFC 5480).
        const PREFIX: [u8; 27] = [
            0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
            0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
        ];
        let body: String = text
            .lines()
            .filter(|line| !line.starts_with('-'))
            .map(str::trim)
            .collect();
        STANDARD
            .decode(body.as_bytes())
            .is_ok_and(|der| der.len() == PREFIX.len() + 64 && der.starts_with(&PREFIX))
    }
}
