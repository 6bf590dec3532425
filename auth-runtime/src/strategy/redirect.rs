use std::fmt;

use url::Url;

/// Where a browser goes on, such as a provider's sign-in page.
#[non_exhaustive]
pub struct Redirect {
    location: Url,
    ends_session: bool,
}

impl Redirect {
    /// To `location`.
    ///
    /// # Security
    /// The address must not be the client's choice (promise SE-09).
    #[must_use]
    pub const fn new(location: Url) -> Self {
        Self {
            location,
            ends_session: false,
        }
    }

    /// The same, where the session that the request came with has ended.
    #[must_use]
    pub const fn ending_session(mut self) -> Self {
        self.ends_session = true;
        self
    }

    /// Whether the session that the request came with has ended.
    #[must_use]
    pub const fn ends_session(&self) -> bool {
        self.ends_session
    }

    /// The address. It may carry a secret of the attempt.
    #[must_use]
    pub const fn location(&self) -> &Url {
        &self.location
    }
}

/// Shows the host only: path and query may carry what is nobody else's business.
impl fmt::Debug for Redirect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redirect")
            .field("host", &self.location.host_str())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn au_05_a_redirect_shows_its_host_only() {
        let location = Url::parse("https://ada:pass@provider.example/authorize?state=secret#part").unwrap();
        let shown = format!("{:?}", Redirect::new(location));
        assert_eq!(shown, "Redirect { host: Some(\"provider.example\"), .. }");
    }
}
