//! The JOSE header: which key, which purpose (RFC 7515 §4).
//!
//! The header of every token we mint is known beforehand, so the usual check is one comparison of text. Any other
//! spelling is read strictly, and may hold nothing but `alg`, `kid` and `typ`.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use super::{Algorithm, Purpose, TokenRejected, strict_json};

/// Deep enough to name a forbidden member such as `jwk` instead of calling the header malformed.
const MAX_DEPTH: usize = 8;

/// The encoded header of tokens of type `typ` under the key `kid`.
pub(super) fn encode(algorithm: Algorithm, kid: &str, typ: &str) -> String {
    let header = serde_json::json!({ "alg": algorithm.as_str(), "kid": kid, "typ": typ });
    URL_SAFE_NO_PAD.encode(header.to_string())
}

/// A header that asks for the algorithm we use.
pub(super) struct Header {
    pub(super) kid: String,
    pub(super) purpose: Purpose,
}

impl Header {
    /// Reads the encoded header of a token that must be signed with `algorithm`.
    pub(super) fn parse(segment: &str, algorithm: Algorithm) -> Result<Self, TokenRejected> {
        let json = URL_SAFE_NO_PAD
            .decode(segment)
            .map_err(|_| TokenRejected::Malformed)?;
        let Ok(Value::Object(members)) = strict_json::parse(&json, MAX_DEPTH) else {
            return Err(TokenRejected::Malformed);
        };
        let (mut alg, mut kid, mut typ) = (None, None, None);
        for (name, value) in members {
            let field = match name.as_str() {
                "alg" => &mut alg,
                "kid" => &mut kid,
                "typ" => &mut typ,
                // `crit` asks for what we do not know; the rest would be a key from the sender (promise TK-02).
                _ => return Err(TokenRejected::ForbiddenHeader),
            };
            let Value::String(text) = value else {
                return Err(TokenRejected::Malformed);
            };
            *field = Some(text);
        }
        if alg.as_deref() != Some(algorithm.as_str()) {
            return Err(TokenRejected::WrongAlgorithm);
        }
        let kid = kid.ok_or(TokenRejected::UnknownKey)?;
        let purpose = Purpose::MINTABLE
            .iter()
            .copied()
            .find(|purpose| typ.is_some() && purpose.typ() == typ.as_deref())
            .ok_or(TokenRejected::WrongPurpose)?;
        Ok(Self { kid, purpose })
    }
}
