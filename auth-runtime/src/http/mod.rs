//! HTTP, free of any framework.

use std::{fmt, sync::Arc};

use url::Url;

use crate::user::Authenticated;

/// The application's own answers.
pub trait Respond<U: Authenticated>: Send + Sync + 'static {}

pub(crate) struct HttpSettings<U: Authenticated> {
    respond: Option<Arc<dyn Respond<U>>>,
    development: bool,
    public_url: Option<Url>,
}

impl<U: Authenticated> HttpSettings<U> {
    pub(crate) fn set_respond(&mut self, respond: impl Respond<U>) {
        self.respond = Some(Arc::new(respond));
    }

    pub(crate) fn configure(&mut self, public_url: Option<&Url>, development: bool) {
        self.public_url = public_url.cloned();
        self.development = development;
    }
}

impl<U: Authenticated> Default for HttpSettings<U> {
    fn default() -> Self {
        Self {
            respond: None,
            development: false,
            public_url: None,
        }
    }
}

impl<U: Authenticated> fmt::Debug for HttpSettings<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpSettings").finish_non_exhaustive()
    }
}
