use std::{fmt, sync::Arc, time::Duration};

use futures_util::{FutureExt, future::BoxFuture};

use super::MagicLink;
use crate::{
    authentication::{DeclaredPart, Part},
    error::Error,
    sender::SharedSender,
    strategy::request::RequestTurn,
    token::Purpose,
};

/// The run-time parts of a magic-link strategy, as declared.
pub struct Parts<S: MagicLink> {
    sender: SharedSender<S::User>,
}

impl<S: MagicLink> Parts<S> {
    /// Links that this sender delivers.
    #[must_use]
    pub const fn new(sender: SharedSender<S::User>) -> Self {
        Self { sender }
    }
}

impl<S: MagicLink> fmt::Debug for Parts<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts")
            .field("name", &S::CONFIG.name)
            .finish_non_exhaustive()
    }
}

impl<S: MagicLink> DeclaredPart<S::User> for Parts<S> {
    fn lifetimes(&self) -> Vec<(Purpose, Duration)> {
        vec![(Purpose::MagicLink, S::CONFIG.token_lifetime())]
    }

    fn senders(&self) -> Vec<(&'static str, SharedSender<S::User>)> {
        vec![(S::CONFIG.name, self.sender.clone())]
    }

    fn start(self: Box<Self>) -> BoxFuture<'static, Result<Arc<dyn Part<S::User>>, Error>> {
        let ready: Arc<dyn Part<S::User>> = Arc::new(Ready::default());
        async move { Ok(ready) }.boxed()
    }
}

/// The parts after the start.
#[derive(Debug, Default)]
pub(super) struct Ready {
    pub(super) requests: RequestTurn,
}

impl<U: crate::user::Authenticated> Part<U> for Ready {}
