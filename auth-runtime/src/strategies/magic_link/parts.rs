use std::{fmt, marker::PhantomData, sync::Arc, time::Duration};

use futures_util::{FutureExt, future::BoxFuture};

use super::MagicLink;
use crate::{
    authentication::{DeclaredPart, Part, Starting},
    context::Context,
    error::Error,
    sender::SharedSender,
    strategy::request::RequestTurn,
    token::Purpose,
    user::Conn,
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

    fn start<'s>(self: Box<Self>, _: &'s Starting) -> BoxFuture<'s, Result<Arc<dyn Part<S::User>>, Error>> {
        let ready: Arc<dyn Part<S::User>> = Arc::new(Ready::<S> {
            requests: RequestTurn::default(),
            strategy: PhantomData,
        });
        async move { Ok(ready) }.boxed()
    }
}

/// The parts after the start.
pub(super) struct Ready<S> {
    pub(super) requests: RequestTurn,
    strategy: PhantomData<fn() -> S>,
}

impl<S: MagicLink> Part<S::User> for Ready<S> {
    fn ways_in<'a>(
        &'a self,
        _: &'a Context<S::User>,
        _: &'a mut Conn<S::User>,
        user: &'a S::User,
    ) -> BoxFuture<'a, Result<usize, Error>> {
        let ways = usize::from(!S::identity(user).is_empty());
        async move { Ok(ways) }.boxed()
    }
}
