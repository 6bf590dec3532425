use std::{fmt, sync::Arc};

use futures_util::{FutureExt, future::BoxFuture};

use super::Custom;
use crate::{
    authentication::{DeclaredPart, Part, Starting},
    context::Context,
    error::{Cause, Error},
    sender::SharedSender,
    user::{Authenticated, Conn},
};

/// A strategy or add-on of the application's own, as declared.
pub struct Declare<U, S> {
    custom: S,
    sender: Option<(&'static str, SharedSender<U>)>,
}

/// Declares it.
pub const fn declare<U: Authenticated, S: Custom<U>>(custom: S) -> Declare<U, S> {
    Declare { custom, sender: None }
}

impl<U, S> Declare<U, S> {
    /// What delivers its messages, under its name.
    #[must_use]
    pub fn sender(mut self, name: &'static str, sender: SharedSender<U>) -> Self {
        self.sender = Some((name, sender));
        self
    }
}

impl<U, S> fmt::Debug for Declare<U, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Declare").finish_non_exhaustive()
    }
}

impl<U: Authenticated, S: Custom<U>> DeclaredPart<U> for Declare<U, S> {
    fn senders(&self) -> Vec<(&'static str, SharedSender<U>)> {
        self.sender.iter().cloned().collect()
    }

    fn start<'s>(mut self: Box<Self>, _: &'s Starting) -> BoxFuture<'s, Result<Arc<dyn Part<U>>, Error>> {
        async move {
            Custom::<U>::start(&mut self.custom).await?;
            Ok(Arc::new(Started(self.custom)) as Arc<dyn Part<U>>)
        }
        .boxed()
    }
}

/// The same after the start.
#[derive(Debug)]
pub struct Started<S>(pub(super) S);

impl<U: Authenticated, S: Custom<U>> Part<U> for Started<S> {
    fn admits(&self, user: &U) -> Result<(), Cause> {
        self.0.admits(user)
    }

    fn registered<'a>(
        &'a self,
        context: &'a Context<U>,
        connection: &'a mut Conn<U>,
        user: &'a U,
    ) -> BoxFuture<'a, Result<(), Error>> {
        self.0.registered(context, connection, user).boxed()
    }

    fn proved_address<'a>(
        &'a self,
        context: &'a Context<U>,
        connection: &'a mut Conn<U>,
        user: &'a U,
        field: &'a str,
    ) -> BoxFuture<'a, Result<(), Error>> {
        self.0.proved_address(context, connection, user, field).boxed()
    }

    fn void_credentials<'a>(
        &'a self,
        context: &'a Context<U>,
        connection: &'a mut Conn<U>,
        user: &'a U,
    ) -> BoxFuture<'a, Result<(), Error>> {
        self.0.void_credentials(context, connection, user).boxed()
    }
}
