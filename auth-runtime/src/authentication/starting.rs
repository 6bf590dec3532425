use url::Url;

#[cfg(feature = "oauth")]
use crate::oauth::{Egress, ProviderError};

/// What the deployment has decided by the time the parts of a block start.
#[derive(Debug)]
pub struct Starting {
    pub(super) public_url: Option<Url>,
    pub(super) mounted_at: String,
    #[cfg(feature = "oauth")]
    pub(super) egress: std::sync::OnceLock<Egress>,
}

impl Starting {
    /// Where people reach the application, if it was said.
    #[must_use]
    pub const fn public_url(&self) -> Option<&Url> {
        self.public_url.as_ref()
    }

    /// The path below which the application mounts the routes, such as `/auth`; without a slash at its end.
    #[must_use]
    pub fn mounted_at(&self) -> &str {
        self.mounted_at.trim_end_matches('/')
    }

    /// The way out to providers, which all strategies share.
    ///
    /// # Errors
    /// [`ProviderError::Setup`] when TLS cannot be set up.
    #[cfg(feature = "oauth")]
    pub fn egress(&self) -> Result<Egress, ProviderError> {
        if let Some(egress) = self.egress.get() {
            return Ok(egress.clone());
        }
        let egress = Egress::new()?;
        Ok(self.egress.get_or_init(|| egress).clone())
    }
}
