use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

/// What an action found or did, as the members of a JSON object.
///
/// # Example
/// ```
/// use auth_runtime::strategy::Report;
///
/// let report = Report::new().member("status", "revoked");
/// assert_eq!(report.to_json(), serde_json::json!({"status": "revoked"}));
/// ```
#[derive(Default)]
pub struct Report {
    members: Map<String, Value>,
    secret: Option<(&'static str, SecretString)>,
    created: bool,
}

impl Report {
    /// One without members.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a member. It must not hold a secret.
    #[must_use]
    pub fn member(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a secret that is shown this one time.
    #[must_use]
    pub fn with_secret(mut self, name: &'static str, secret: SecretString) -> Self {
        self.secret = Some((name, secret));
        self
    }

    /// Something new is there now, so the answer is 201.
    #[must_use]
    pub const fn created(mut self) -> Self {
        self.created = true;
        self
    }

    /// The members that are no secret.
    #[must_use]
    pub const fn members(&self) -> &Map<String, Value> {
        &self.members
    }

    /// The secret that is shown this one time, with its name.
    #[must_use]
    pub fn secret(&self) -> Option<(&'static str, &SecretString)> {
        self.secret.as_ref().map(|(name, secret)| (*name, secret))
    }

    /// Whether something new is there now.
    #[must_use]
    pub const fn is_created(&self) -> bool {
        self.created
    }

    /// Everything, the secret included.
    ///
    /// # Security
    /// For the answer to the one who asked and nothing else.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut members = self.members.clone();
        if let Some((name, secret)) = &self.secret {
            members.insert((*name).to_owned(), secret.expose_secret().into());
        }
        Value::Object(members)
    }
}

/// Leaves out the secret (promise AU-05).
impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report")
            .field("members", &self.members)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn au_05_a_report_does_not_print_its_secret() {
        let report = Report::new().member("id", 7).with_secret("key", "hush".into());
        assert!(!format!("{report:?}").contains("hush"));
        assert_eq!(report.to_json(), serde_json::json!({"id": 7, "key": "hush"}));
    }
}
