use std::{fmt, marker::PhantomData, sync::Arc};

use futures_util::{FutureExt, future::BoxFuture};
use time::OffsetDateTime;

use super::{ApiKey, noted::Noted};
use crate::{
    api_key::{ApiKeys, CurrentKey},
    authentication::{DeclaredPart, Part, Starting},
    context::Context,
    db::Key,
    error::Error,
    resources::api_key::ApiKeyStore,
    sender::SharedSender,
    session::subject,
    user::{Conn, Resource},
};

/// The run-time parts of an API key strategy, as declared.
pub struct Parts<S: ApiKey> {
    sender: Option<SharedSender<S::User>>,
}

impl<S: ApiKey> Parts<S> {
    /// The parts.
    #[must_use]
    pub const fn new() -> Self {
        Self { sender: None }
    }

    /// Tells owners of new keys (promise SU-10).
    #[must_use]
    pub fn sender(mut self, sender: SharedSender<S::User>) -> Self {
        self.sender = Some(sender);
        self
    }
}

impl<S: ApiKey> Default for Parts<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: ApiKey> fmt::Debug for Parts<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts")
            .field("name", &S::CONFIG.name)
            .finish_non_exhaustive()
    }
}

impl<S: ApiKey> DeclaredPart<S::User> for Parts<S> {
    fn senders(&self) -> Vec<(&'static str, SharedSender<S::User>)> {
        let sender = self.sender.iter().cloned();
        sender.map(|sender| (S::CONFIG.name, sender)).collect()
    }

    fn start<'s>(self: Box<Self>, _: &'s Starting) -> BoxFuture<'s, Result<Arc<dyn Part<S::User>>, Error>> {
        let ready = Ready::<S> {
            used: Noted::default(),
            refused: Noted::default(),
            strategy: PhantomData,
        };
        async move { Ok(Arc::new(ready) as Arc<dyn Part<S::User>>) }.boxed()
    }
}

/// The parts after the start.
pub(super) struct Ready<S: ApiKey> {
    pub(super) used: Noted,
    pub(super) refused: Noted,
    strategy: PhantomData<fn() -> S>,
}

impl<S: ApiKey> Part<S::User> for Ready<S> {
    fn api_keys(&self) -> Option<&dyn ApiKeys<S::User>> {
        Some(self)
    }

    fn registered<'a>(
        &'a self,
        context: &'a Context<S::User>,
        connection: &'a mut Conn<S::User>,
        user: &'a S::User,
    ) -> BoxFuture<'a, Result<(), Error>> {
        async move {
            let now = context.auth.now();
            // A database that numbers its rows may give the number of a deleted person to this one, whose keys must
            // not come along (promise SE-06).
            if <S::User as Resource>::Key::generate(now).is_none() {
                S::Keys::revoke_subject(connection, &subject(user), S::CONFIG.prefix, now).await?;
            }
            Ok(())
        }
        .boxed()
    }

    fn void_credentials<'a>(
        &'a self,
        context: &'a Context<S::User>,
        connection: &'a mut Conn<S::User>,
        user: &'a S::User,
    ) -> BoxFuture<'a, Result<(), Error>> {
        async move {
            self.revoke_all(connection, &subject(user), context.auth.now())
                .await
        }
        .boxed()
    }
}

impl<S: ApiKey> ApiKeys<S::User> for Ready<S> {
    fn header(&self) -> &'static str {
        S::CONFIG.header
    }

    fn claims(&self, text: &str) -> bool {
        let rest = text.strip_prefix(S::CONFIG.prefix);
        // A session token has dots in it, and a key has none.
        rest.is_some_and(|rest| rest.starts_with('_') && !rest.contains('.'))
    }

    fn find<'a>(
        &'a self,
        context: &'a Context<S::User>,
        text: &'a str,
    ) -> BoxFuture<'a, Result<Option<CurrentKey<S::User>>, Error>> {
        self.find_key(context, text).boxed()
    }

    fn revoke_all<'a>(
        &'a self,
        connection: &'a mut Conn<S::User>,
        subject: &'a str,
        now: OffsetDateTime,
    ) -> BoxFuture<'a, Result<(), Error>> {
        async move {
            S::Keys::revoke_subject(connection, subject, S::CONFIG.prefix, now).await?;
            Ok(())
        }
        .boxed()
    }
}
