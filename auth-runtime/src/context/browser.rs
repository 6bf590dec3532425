use std::sync::{Arc, OnceLock};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{error::Error, random};

/// The browser behind a request, told by a secret in a cookie of its own. Link secrets can be bound to it (promise
/// SU-11).
#[derive(Debug, Clone, Default)]
pub(crate) struct Browser(Arc<Known>);

#[derive(Debug, Default)]
struct Known {
    presented: Option<SecretString>,
    /// Whether a browser that has no secret yet can be given one.
    can_be_given: bool,
    bound: OnceLock<SecretString>,
}

impl Browser {
    /// The length of a secret of ours in text.
    pub(crate) const SECRET_LENGTH: usize = 43;

    /// A browser that gets a cookie with the answer, and the secret that it sent.
    pub(crate) fn with_cookie(presented: Option<SecretString>) -> Self {
        Self(Arc::new(Known {
            presented: presented.filter(|secret| secret.expose_secret().len() == Self::SECRET_LENGTH),
            can_be_given: true,
            bound: OnceLock::new(),
        }))
    }

    /// A browser that the application tells apart itself.
    pub(crate) fn known_by(secret: SecretString) -> Self {
        Self(Arc::new(Known {
            presented: Some(secret),
            can_be_given: false,
            bound: OnceLock::new(),
        }))
    }

    /// The digest to store with what shall work in this browser only; `None` where nothing tells browsers apart.
    ///
    /// # Errors
    /// When no secret could be drawn.
    pub(crate) fn bind(&self) -> Result<Option<String>, Error> {
        let known = &*self.0;
        let secret = match (known.bound.get(), &known.presented) {
            (Some(secret), _) | (None, Some(secret)) => secret.clone(),
            (None, None) if known.can_be_given => random::secret()?,
            (None, None) => return Ok(None),
        };
        Ok(Some(digest(known.bound.get_or_init(|| secret))))
    }

    /// Whether this is the browser with that digest.
    pub(crate) fn is(&self, bound: &str) -> bool {
        let presented = self.0.presented.as_ref().map(digest);
        presented.is_some_and(|presented| presented.as_bytes().ct_eq(bound.as_bytes()).into())
    }

    /// The secret that the browser has to keep, if something was bound to it.
    pub(crate) fn bound(&self) -> Option<&SecretString> {
        self.0.bound.get()
    }
}

fn digest(secret: &SecretString) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(secret.expose_secret()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn su_11_a_browser_is_known_by_its_secret_alone() {
        let first = Browser::with_cookie(None);
        let bound = first.bind().unwrap().unwrap();
        assert_eq!(first.bind().unwrap().as_ref(), Some(&bound), "bound once");
        let secret = first.bound().unwrap().clone();
        assert_eq!(secret.expose_secret().len(), Browser::SECRET_LENGTH);
        assert!(!first.is(&bound), "what was just given was not presented");

        let again = Browser::with_cookie(Some(secret));
        assert!(again.is(&bound));
        assert!(again.bound().is_none());
        assert_eq!(again.bind().unwrap().as_ref(), Some(&bound));
        assert!(!Browser::with_cookie(Some(random::secret().unwrap())).is(&bound));
        assert!(!Browser::with_cookie(Some("short".into())).is(&bound));
        assert!(!Browser::default().is(&bound));
        assert_eq!(Browser::default().bind().unwrap(), None);
        assert!(
            Browser::known_by("the application's".into())
                .bind()
                .unwrap()
                .is_some()
        );
    }
}
