use std::{fmt, sync::Arc, time::Duration};

use futures_util::{FutureExt, future::BoxFuture};

use super::{Confirmation, actions, proof};
use crate::{
    authentication::{DeclaredPart, Part, Starting},
    context::Context,
    error::{Error, FieldErrors},
    sender::SharedSender,
    strategy::request::RequestTurn,
    token::Purpose,
    user::{Conn, Resource},
};

/// The run-time parts of a confirmation, as declared.
pub struct Parts<S: Confirmation> {
    sender: SharedSender<S::User>,
}

impl<S: Confirmation> Parts<S> {
    /// Links and notices that this sender delivers.
    #[must_use]
    pub const fn new(sender: SharedSender<S::User>) -> Self {
        Self { sender }
    }
}

impl<S: Confirmation> fmt::Debug for Parts<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts")
            .field("name", &S::CONFIG.name)
            .finish_non_exhaustive()
    }
}

impl<S: Confirmation> DeclaredPart<S::User> for Parts<S> {
    fn lifetimes(&self) -> Vec<(Purpose, Duration)> {
        vec![(Purpose::Confirmation, S::CONFIG.token_lifetime())]
    }

    fn senders(&self) -> Vec<(&'static str, SharedSender<S::User>)> {
        vec![(S::CONFIG.name, self.sender.clone())]
    }

    fn start<'s>(self: Box<Self>, _: &'s Starting) -> BoxFuture<'s, Result<Arc<dyn Part<S::User>>, Error>> {
        let ready: Arc<dyn Part<S::User>> = Arc::new(Ready::<S> {
            requests: RequestTurn::default(),
            add_on: std::marker::PhantomData,
        });
        async move { Ok(ready) }.boxed()
    }
}

/// The parts after the start.
pub(super) struct Ready<S> {
    pub(super) requests: RequestTurn,
    add_on: std::marker::PhantomData<fn() -> S>,
}

impl<S: Confirmation> Part<S::User> for Ready<S> {
    fn registered<'a>(
        &'a self,
        context: &'a Context<S::User>,
        connection: &'a mut Conn<S::User>,
        user: &'a S::User,
    ) -> BoxFuture<'a, Result<(), Error>> {
        async move {
            let config = &S::CONFIG;
            let address = S::identity(user);
            if !config.confirm_on_create || address.is_empty() {
                return Ok(());
            }
            // An address that is no identity of a strategy was taken as it came (promise IN-01).
            let canonical = S::IDENTITY.format.canonical(address);
            let canonical = canonical.map_err(|error| FieldErrors::one(S::IDENTITY.field, error))?;
            let action = context.action_name();
            let proves = action.is_some_and(|action| config.auto_confirm_actions.contains(&action));
            if proves || context.vouches_for(S::IDENTITY.field) {
                let now = Some(context.auth.now());
                S::write(connection, user.key(), &canonical, now).await?;
                return Ok(());
            }
            if canonical != address {
                S::write(connection, user.key(), &canonical, None).await?;
            }
            actions::send_first::<S>(context, connection, user, &canonical).await
        }
        .boxed()
    }

    fn has_proved(&self, user: &S::User, field: &str) -> Option<bool> {
        (field == S::IDENTITY.field).then(|| S::is_confirmed(user))
    }

    fn registered_again<'a>(
        &'a self,
        context: &'a Context<S::User>,
        connection: &'a mut Conn<S::User>,
        owner: &'a S::User,
        field: &'a str,
    ) -> BoxFuture<'a, Result<(), Error>> {
        async move {
            if S::CONFIG.confirm_on_create && field == S::IDENTITY.field {
                actions::tell_owner::<S>(context, connection, owner).await?;
            }
            Ok(())
        }
        .boxed()
    }

    fn proved_address<'a>(
        &'a self,
        context: &'a Context<S::User>,
        connection: &'a mut Conn<S::User>,
        user: &'a S::User,
        field: &'a str,
    ) -> BoxFuture<'a, Result<(), Error>> {
        async move {
            if field == S::IDENTITY.field {
                proof::accept_from_elsewhere::<S>(context, connection, user).await?;
            }
            Ok(())
        }
        .boxed()
    }
}
