use std::sync::Arc;

use futures_util::{FutureExt, future::BoxFuture};

use super::Custom;
use crate::{
    authentication::{DeclaredPart, Part},
    context::Context,
    error::{Cause, Error},
    user::{Authenticated, Conn},
};

/// A strategy or add-on of the application's own, as declared.
#[derive(Debug)]
pub struct Declare<S>(pub S);

impl<U: Authenticated, S: Custom<U>> DeclaredPart<U> for Declare<S> {
    fn start(mut self: Box<Self>) -> BoxFuture<'static, Result<Arc<dyn Part<U>>, Error>> {
        async move {
            Custom::<U>::start(&mut self.0).await?;
            Ok(Arc::new(Started(self.0)) as Arc<dyn Part<U>>)
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
