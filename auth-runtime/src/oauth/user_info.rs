//! What a provider says of a person, as the standard claims of OpenID Connect Core §5.1, whoever the provider is.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::ProviderError;

const STRINGS: &[&str] = &[
    "sub",
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "email",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "phone_number",
];
const BOOLEANS: &[&str] = &["email_verified", "phone_number_verified"];
const INTEGERS: &[&str] = &["updated_at"];
const ADDRESS: &[&str] = &[
    "formatted",
    "street_address",
    "locality",
    "region",
    "postal_code",
    "country",
];
/// The protocol's own claims, which say nothing of a person.
const PROTOCOL: &[&str] = &[
    "exp",
    "nbf",
    "iat",
    "iss",
    "aud",
    "prn",
    "jti",
    "typ",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "azp",
    "at_hash",
    "c_hash",
    "s_hash",
    "sub_jwk",
    "sid",
];

/// What a provider says of a person. Standard claims have their standard type, and are left out where they are longer than
/// 2048 bytes or hold control characters; all others are as they came.
///
/// `Debug` shows the names of claims, not their values.
#[derive(Clone, Default, PartialEq)]
pub struct UserInfo {
    claims: Map<String, Value>,
    extra: Map<String, Value>,
}

impl UserInfo {
    /// Casts `raw`: numbers to strings, `"true"` to true, digits to numbers, where the standard claim is of that type. Nulls
    /// are dropped ([D-14]).
    ///
    /// # Errors
    /// [`ProviderError::Claims`] with the path of every claim of another type.
    pub fn cast(raw: Map<String, Value>) -> Result<Self, ProviderError> {
        let mut wrong = Vec::new();
        let mut info = Self::default();
        for (name, value) in raw {
            if value.is_null() || PROTOCOL.contains(&name.as_str()) {
                continue;
            }
            let kind = Kind::of(&name);
            if let Some(kind) = kind {
                match kind.cast(value) {
                    Ok(value) if is_fit(&value) => {
                        info.claims.insert(name, value);
                    }
                    // Longer than any column, or with what no column takes (promise IN-02).
                    Ok(_) => {}
                    Err(NotThat) => wrong.push(name),
                }
            } else if name == "address" {
                match value {
                    Value::Object(parts) => {
                        let address = cast_address(parts, &mut wrong);
                        info.claims.insert(name, address.into());
                    }
                    _ => wrong.push(name),
                }
            } else {
                info.extra.insert(name, value);
            }
        }
        if wrong.is_empty() {
            Ok(info)
        } else {
            Err(ProviderError::Claims(wrong))
        }
    }

    /// A claim by its name, standard or not.
    #[must_use]
    pub fn get(&self, claim: &str) -> Option<&Value> {
        self.claims.get(claim).or_else(|| self.extra.get(claim))
    }

    /// A claim that is text.
    #[must_use]
    pub fn text(&self, claim: &str) -> Option<&str> {
        self.get(claim)?.as_str()
    }

    /// A claim as a value of the application's, at a path of members separated by dots. One that is missing counts as null,
    /// which an `Option` takes.
    #[must_use]
    pub fn value<T: DeserializeOwned>(&self, path: &str) -> Option<T> {
        // A claim's own name may have dots in it, such as that of a URL.
        let found = self.get(path).or_else(|| {
            let (first, rest) = path.split_once('.')?;
            rest.split('.')
                .try_fold(self.get(first)?, |value, step| value.get(step))
        });
        let is_odd = |text: &str| text.len() > LONGEST || text.contains('\0');
        let found = found.filter(|value| !value.as_str().is_some_and(is_odd));
        T::deserialize(found.cloned().unwrap_or(Value::Null)).ok()
    }

    /// `sub`.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.text("sub")
    }

    /// `name`.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.text("name")
    }

    /// `email`. Whether it is the person's is another question: see [`EmailTrust`](super::EmailTrust).
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.text("email")
    }

    /// `email_verified`; false where the provider does not say.
    #[must_use]
    pub fn email_verified(&self) -> bool {
        self.get("email_verified")
            .and_then(Value::as_bool)
            .unwrap_or(false)
    }

    /// The standard claims.
    #[must_use]
    pub const fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// All others.
    #[must_use]
    pub const fn extra(&self) -> &Map<String, Value> {
        &self.extra
    }
}

impl fmt::Debug for UserInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserInfo")
            .field("claims", &self.claims.keys().collect::<Vec<_>>())
            .field("extra", &self.extra.keys().collect::<Vec<_>>())
            .finish()
    }
}

fn cast_address(parts: Map<String, Value>, wrong: &mut Vec<String>) -> Map<String, Value> {
    let mut address = Map::new();
    for (part, value) in parts {
        if value.is_null() || !ADDRESS.contains(&part.as_str()) {
            continue;
        }
        match Kind::Text.cast(value) {
            Ok(value) => {
                address.insert(part, value);
            }
            Err(NotThat) => wrong.push(format!("address.{part}")),
        }
    }
    address
}

/// The longest text of a claim that is taken, in bytes.
const LONGEST: usize = 2048;

fn is_fit(value: &Value) -> bool {
    value
        .as_str()
        .is_none_or(|text| text.len() <= LONGEST && !text.chars().any(char::is_control))
}

struct NotThat;

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Boolean,
    Integer,
}

impl Kind {
    fn of(claim: &str) -> Option<Self> {
        if STRINGS.contains(&claim) {
            Some(Self::Text)
        } else if BOOLEANS.contains(&claim) {
            Some(Self::Boolean)
        } else if INTEGERS.contains(&claim) {
            Some(Self::Integer)
        } else {
            None
        }
    }

    fn cast(self, value: Value) -> Result<Value, NotThat> {
        match (self, value) {
            (Self::Text, Value::Number(number)) if number.is_i64() || number.is_u64() => {
                Ok(number.to_string().into())
            }
            (Self::Text, value @ Value::String(_)) | (Self::Boolean, value @ Value::Bool(_)) => Ok(value),
            (Self::Boolean, Value::String(text)) => {
                text.parse::<bool>().map(Value::from).map_err(|_| NotThat)
            }
            (Self::Integer, Value::String(text)) => text.parse::<i64>().map(Value::from).map_err(|_| NotThat),
            (Self::Integer, value) if value.is_i64() || value.is_u64() => Ok(value),
            _ => Err(NotThat),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn cast(value: Value) -> Result<UserInfo, ProviderError> {
        UserInfo::cast(value.as_object().unwrap().clone())
    }

    #[test]
    fn standard_claims_get_their_type() {
        let info = cast(json!({
            "sub": 42, "name": null, "email_verified": "true", "updated_at": "1700000000",
            "address": {"postal_code": 8000, "planet": "Earth"}, "hd": "example.com", "aud": "us", "nonce": "n",
        }))
        .unwrap();
        assert_eq!(
            Value::from(info.claims().clone()),
            json!({
                "sub": "42", "email_verified": true, "updated_at": 1_700_000_000, "address": {"postal_code": "8000"},
            })
        );
        assert_eq!(Value::from(info.extra().clone()), json!({"hd": "example.com"}));
    }

    #[test]
    fn every_wrong_claim_is_named() {
        let error = cast(json!({
            "sub": 1.5, "email": ["a@example.com"], "email_verified": 1, "updated_at": "soon", "locale": {},
            "address": {"country": false},
        }))
        .unwrap_err();
        let ProviderError::Claims(mut wrong) = error else {
            panic!("{error}")
        };
        wrong.sort();
        assert_eq!(
            wrong,
            [
                "address.country",
                "email",
                "email_verified",
                "locale",
                "sub",
                "updated_at"
            ]
        );
    }

    #[test]
    fn debug_shows_no_value() {
        let info = cast(json!({"sub": "secret-subject", "hd": "secret-domain"})).unwrap();
        assert!(!format!("{info:?}").contains("secret"));
    }
}
