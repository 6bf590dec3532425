use std::{fmt, marker::PhantomData, sync::Arc};

use futures_util::future::{BoxFuture, FutureExt, ready};

use super::LogOutEverywhere;
use crate::{
    authentication::{DeclaredPart, Part, Starting},
    error::Error,
};

/// The run-time parts, of which there are none.
pub struct Parts<A: LogOutEverywhere>(PhantomData<fn() -> A>);

impl<A: LogOutEverywhere> Parts<A> {
    /// All there is.
    #[must_use]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<A: LogOutEverywhere> Default for Parts<A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<A: LogOutEverywhere> fmt::Debug for Parts<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts")
            .field("name", &A::CONFIG.name)
            .finish_non_exhaustive()
    }
}

impl<A: LogOutEverywhere> DeclaredPart<A::User> for Parts<A> {
    fn start<'s>(self: Box<Self>, _: &'s Starting) -> BoxFuture<'s, Result<Arc<dyn Part<A::User>>, Error>> {
        ready(Ok(Arc::new(*self) as Arc<dyn Part<A::User>>)).boxed()
    }
}

impl<A: LogOutEverywhere> Part<A::User> for Parts<A> {}
