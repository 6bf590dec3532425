use std::{sync::Arc, time::Duration};

use futures_util::future::{BoxFuture, FutureExt, ready};

use crate::{
    authentication::{DeclaredPart, Part, Starting},
    error::Error,
    token::Purpose,
    user::Authenticated,
};

/// The run-time parts, which is to say how long the tokens live.
#[derive(Debug, Clone, Copy, Default)]
pub struct Parts;

impl<U: Authenticated> DeclaredPart<U> for Parts {
    fn lifetimes(&self) -> Vec<(Purpose, Duration)> {
        let config = U::SETTINGS.remember_me;
        config
            .map(|config| (Purpose::RememberMe, config.token_lifetime()))
            .into_iter()
            .collect()
    }

    fn start<'s>(self: Box<Self>, _: &'s Starting) -> BoxFuture<'s, Result<Arc<dyn Part<U>>, Error>> {
        ready(Ok(Arc::new(*self) as Arc<dyn Part<U>>)).boxed()
    }
}

impl<U: Authenticated> Part<U> for Parts {}
