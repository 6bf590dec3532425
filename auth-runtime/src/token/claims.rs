//! What a token says, and the strict reading of it (promises TK-04 and TK-11).

use std::{cell::Cell, fmt};

use serde::{
    Serialize,
    de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, Visitor},
};
use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::{
    Purpose, TokenRejected,
    strict_json::{StrictJsonError, StrictValue},
};

/// The claims that only the library sets; an application's own claims cannot use these names.
pub const RESERVED: &[&str] = &[
    "iss",
    "aud",
    "sub",
    "exp",
    "nbf",
    "iat",
    "jti",
    "purpose",
    "tenant",
    "act",
    "identity",
    "auth_time",
    "amr",
];

/// Arrays and objects inside each other in one application claim.
const MAX_DEPTH: usize = 16;

/// The claims of a token. Other crates get one only by minting or verifying.
#[derive(Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Claims {
    /// Who minted it: the application's name.
    pub iss: String,
    /// Whom it is for: the application's name.
    pub aud: String,
    /// Whom it is about; see [`parse_subject`](super::parse_subject).
    pub sub: String,
    /// When it ends, in Unix seconds.
    pub exp: i64,
    /// When it was minted, in Unix seconds.
    pub iat: i64,
    /// When it begins to count, in Unix seconds.
    pub nbf: i64,
    /// Its own identifier, by which it is revoked.
    pub jti: String,
    /// What it is for.
    #[serde(serialize_with = "purpose_text")]
    pub purpose: Purpose,
    /// The tenant it belongs to; never there where there are no tenants (promise TN-01).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// The one action it may be spent on. Never there on a session token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub act: Option<String>,
    /// The identity that it was sent to, in canonical form. On magic links only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// When the subject last proved who it is, in Unix seconds (promise MF-04).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// The methods by which it did (RFC 8176).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// The application's own claims.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

fn purpose_text<S: serde::Serializer>(purpose: &Purpose, output: S) -> Result<S::Ok, S::Error> {
    output.serialize_str(purpose.as_str())
}

/// Leaves out the identifier, which is a handle on the token, and everything the application put in.
impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims")
            .field("purpose", &self.purpose)
            .field("sub", &self.sub)
            .field("iat", &self.iat)
            .field("exp", &self.exp)
            .finish_non_exhaustive()
    }
}

/// An application claim has a name that belongs to the library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the claim name `{0}` is reserved")]
pub struct ReservedClaim(pub &'static str);

/// Claims that an application adds to its tokens, none of them reserved.
///
/// ```
/// use auth_runtime::token::{ExtraClaims, ReservedClaim};
/// use serde_json::json;
///
/// let configured = ExtraClaims::new([("plan", json!("free")), ("region", json!("eu"))])?;
/// let own = ExtraClaims::new([("plan", json!("team"))])?;
/// assert_eq!(configured.merged_with(own), ExtraClaims::new([("plan", json!("team")), ("region", json!("eu"))])?);
/// assert_eq!(ExtraClaims::new([("exp", json!(1))]), Err(ReservedClaim("exp")));
/// # Ok::<(), ReservedClaim>(())
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct ExtraClaims(Map<String, Value>);

impl ExtraClaims {
    /// Takes named claims; of two with one name the later counts.
    ///
    /// # Errors
    /// [`ReservedClaim`] when a name is the library's.
    pub fn new<N: Into<String>>(claims: impl IntoIterator<Item = (N, Value)>) -> Result<Self, ReservedClaim> {
        let claims: Map<String, Value> = claims
            .into_iter()
            .map(|(name, value)| (name.into(), value))
            .collect();
        match RESERVED.iter().find(|name| claims.contains_key(**name)) {
            Some(name) => Err(ReservedClaim(name)),
            None => Ok(Self(claims)),
        }
    }

    /// These claims overlaid with `later`, whose values win.
    #[must_use]
    pub fn merged_with(mut self, later: Self) -> Self {
        self.0.extend(later.0);
        self
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The claims by name.
    #[must_use]
    pub fn into_map(self) -> Map<String, Value> {
        self.0
    }
}

impl fmt::Debug for ExtraClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExtraClaims")
            .field("claims", &self.0.len())
            .finish_non_exhaustive()
    }
}

impl Claims {
    /// When the token was minted.
    #[must_use]
    pub fn issued_at(&self) -> OffsetDateTime {
        moment(self.iat)
    }

    /// When the token ends.
    #[must_use]
    pub fn expires_at(&self) -> OffsetDateTime {
        moment(self.exp)
    }

    /// When the subject last proved who it is, if the token says so.
    #[must_use]
    pub fn proven_at(&self) -> Option<OffsetDateTime> {
        self.auth_time.map(moment)
    }

    /// Reads the payload of a token whose signature is good: every required claim once, each of its own type.
    pub(super) fn parse(payload: &[u8]) -> Result<Self, TokenRejected> {
        let fault = Cell::new(TokenRejected::Malformed);
        let mut input = serde_json::Deserializer::from_slice(payload);
        Reader { fault: &fault }
            .deserialize(&mut input)
            .and_then(|claims| input.end().map(|()| claims))
            .map_err(|_| fault.get())
    }
}

/// Unix seconds as a moment; those that no calendar has are long past.
fn moment(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// Reads claims straight into their fields: the payload is walked once and only the application's claims become
/// a map. What went wrong, other than syntax, is left in `fault`.
#[derive(Clone, Copy)]
struct Reader<'a> {
    fault: &'a Cell<TokenRejected>,
}

impl Reader<'_> {
    fn fail<E: Error>(self, fault: TokenRejected) -> E {
        self.fault.set(fault);
        E::custom(fault)
    }

    fn once<'de, T: Deserialize<'de>, A: MapAccess<'de>>(
        self,
        members: &mut A,
        name: &'static str,
        field: &mut Option<T>,
    ) -> Result<(), A::Error> {
        if field.is_some() {
            return Err(self.fail(TokenRejected::Malformed));
        }
        let value = members
            .next_value()
            .inspect_err(|_| self.fault.set(TokenRejected::InvalidClaim(name)))?;
        *field = Some(value);
        Ok(())
    }

    fn required<T, E: Error>(self, name: &'static str, field: Option<T>) -> Result<T, E> {
        field.ok_or_else(|| self.fail(TokenRejected::MissingClaim(name)))
    }

    fn application_claim<'de, A: MapAccess<'de>>(
        self,
        members: &mut A,
        name: String,
        extra: &mut Map<String, Value>,
    ) -> Result<(), A::Error> {
        if extra.contains_key(&name) {
            return Err(self.fail(TokenRejected::Malformed));
        }
        let cause = Cell::new(StrictJsonError::Syntax);
        let value = members.next_value_seed(StrictValue::new(MAX_DEPTH, &cause))?;
        extra.insert(name, value);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Claims;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Claims, D::Error> {
        input.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Claims;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("claims")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Claims, A::Error> {
        let (mut iss, mut aud, mut sub, mut jti, mut purpose) = (None, None, None, None, None);
        let (mut exp, mut iat, mut nbf) = (None, None, None);
        let (mut tenant, mut act, mut identity, mut auth_time, mut amr) = (None, None, None, None, None);
        let mut extra = Map::new();
        while let Some(name) = members.next_key()? {
            match name {
                Name::Iss => self.once(&mut members, "iss", &mut iss)?,
                Name::Aud => self.once(&mut members, "aud", &mut aud)?,
                Name::Sub => self.once(&mut members, "sub", &mut sub)?,
                Name::Exp => self.once(&mut members, "exp", &mut exp)?,
                Name::Iat => self.once(&mut members, "iat", &mut iat)?,
                Name::Nbf => self.once(&mut members, "nbf", &mut nbf)?,
                Name::Jti => self.once(&mut members, "jti", &mut jti)?,
                Name::Purpose => self.once(&mut members, "purpose", &mut purpose)?,
                Name::Tenant => self.once(&mut members, "tenant", &mut tenant)?,
                Name::Act => self.once(&mut members, "act", &mut act)?,
                Name::Identity => self.once(&mut members, "identity", &mut identity)?,
                Name::AuthTime => self.once(&mut members, "auth_time", &mut auth_time)?,
                Name::Amr => self.once(&mut members, "amr", &mut amr)?,
                Name::Application(name) => self.application_claim(&mut members, name, &mut extra)?,
            }
        }
        Ok(Claims {
            iss: self.required("iss", iss)?,
            aud: self.required("aud", aud)?,
            sub: self.required("sub", sub)?,
            exp: self.required("exp", exp)?,
            iat: self.required("iat", iat)?,
            nbf: self.required("nbf", nbf)?,
            jti: self.required("jti", jti)?,
            purpose: self.required("purpose", purpose.map(|PurposeClaim(purpose)| purpose))?,
            tenant,
            act,
            identity,
            auth_time,
            amr: amr.unwrap_or_default(),
            extra,
        })
    }
}

/// The name of one claim.
enum Name {
    Iss,
    Aud,
    Sub,
    Exp,
    Iat,
    Nbf,
    Jti,
    Purpose,
    Tenant,
    Act,
    Identity,
    AuthTime,
    Amr,
    Application(String),
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Read;
        impl Visitor<'_> for Read {
            type Value = Name;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a claim name")
            }

            fn visit_str<E>(self, name: &str) -> Result<Name, E> {
                Ok(match name {
                    "iss" => Name::Iss,
                    "aud" => Name::Aud,
                    "sub" => Name::Sub,
                    "exp" => Name::Exp,
                    "iat" => Name::Iat,
                    "nbf" => Name::Nbf,
                    "jti" => Name::Jti,
                    "purpose" => Name::Purpose,
                    "act" => Name::Act,
                    "identity" => Name::Identity,
                    "auth_time" => Name::AuthTime,
                    "amr" => Name::Amr,
                    "tenant" => Name::Tenant,
                    other => Name::Application(other.to_owned()),
                })
            }
        }
        input.deserialize_identifier(Read)
    }
}

struct PurposeClaim(Purpose);

impl<'de> Deserialize<'de> for PurposeClaim {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Read;
        impl Visitor<'_> for Read {
            type Value = PurposeClaim;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a purpose")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<PurposeClaim, E> {
                text.parse().map(PurposeClaim).map_err(E::custom)
            }
        }
        input.deserialize_str(Read)
    }
}
