//! Strategies and add-ons of the application's own, on the same footing as the built-in ones.
//!
//! The type that the block names implements [`Custom`]; its fields are the settings. Each of its actions is a type that
//! implements [`Action`]: its fields are the arguments. The block makes a function of the struct and a route of each
//! action, and every run of one is counted by the limits, recorded with its event, and ended by a shutdown like any other.
//!
//! An action proves who somebody is and gets no further: it answers with a [`Proven`], and the library makes the session
//! (promise MF-01). Nothing here can hand out a token.

mod done;
mod part;
mod run;

use std::{future::Future, sync::Arc};

pub use done::{Answered, Done, Effect, Proven};
pub use part::{Declare, Started, declare};
pub use run::{At, Declared, Output, check, check_tokens, dispatch, is_request, no_such_action, phase, run};

use crate::{
    context::Context,
    error::{AuthenticationFailed, Cause, Error},
    sender::{Letter, MessageKind},
    session::CurrentSession,
    strategy::{Input, PhaseMethod, Report, Sort},
    user::{Authenticated, Conn},
};

/// A strategy or add-on of the application's own. Its fields are its settings.
///
/// The hooks run in the transaction of the action that causes them; an error undoes it.
///
/// # Example
/// ```
/// use auth_runtime::{error::Error, prelude::Context, strategies::custom::Custom, user::{Authenticated, Conn}};
///
/// struct OnlyMarty { name_field: &'static str }
///
/// impl<U: Authenticated> Custom<U> for OnlyMarty {
///     async fn void_credentials(&self, _: &Context<U>, _: &mut Conn<U>, _: &U) -> Result<(), Error> {
///         Ok(()) // It keeps none.
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a strategy or add-on of `{U}`",
    label = "expected a type that implements `Custom<{U}>`",
    note = "implement `auth_runtime::strategies::custom::Custom<{U}>` for it"
)]
pub trait Custom<U: Authenticated>: Sized + Send + Sync + 'static {
    /// Whether it makes sense only with `tokens { … }`; the block without them is then a compile error.
    const TOKENS_REQUIRED: bool = false;

    /// Checks what only run time can tell, before anything is served.
    ///
    /// # Errors
    /// Stops the start.
    fn start(&mut self) -> impl Future<Output = Result<(), Error>> + Send {
        async { Ok(()) }
    }

    /// Whether this person may have a session or use a key at all. Asked on every path that ends in one (promise CF-03).
    ///
    /// # Errors
    /// Why not, such as [`Cause::Custom`].
    fn admits(&self, _user: &U) -> Result<(), Cause> {
        Ok(())
    }

    /// A new person was written.
    ///
    /// # Errors
    /// Undoes the registration.
    fn registered(
        &self,
        _context: &Context<U>,
        _connection: &mut Conn<U>,
        _user: &U,
    ) -> impl Future<Output = Result<(), Error>> + Send {
        async { Ok(()) }
    }

    /// The person has just shown that they receive what is sent to the address in the field `field`.
    ///
    /// # Errors
    /// Undoes the action that showed it.
    fn proved_address(
        &self,
        _context: &Context<U>,
        _connection: &mut Conn<U>,
        _user: &U,
        _field: &str,
    ) -> impl Future<Output = Result<(), Error>> + Send {
        async { Ok(()) }
    }

    /// Takes away what this person could sign in with here, because somebody else may have set it (promise CF-01).
    ///
    /// It has no default: whatever keeps credentials must do this, and what keeps none says so.
    ///
    /// # Errors
    /// Undoes the action that asked for it.
    fn void_credentials(
        &self,
        context: &Context<U>,
        connection: &mut Conn<U>,
        user: &U,
    ) -> impl Future<Output = Result<(), Error>> + Send;
}

/// One action of the strategy or add-on `S`. Its fields are its arguments.
///
/// The type `SignIn` in the block is the action `sign_in`: the function `sign_in_with_<name>` and the route
/// `/<subject>/<name>/sign_in`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an action of `{S}`",
    label = "expected a type that implements `Action<{U}, {S}>`",
    note = "implement `auth_runtime::strategies::custom::Action<{U}, {S}>` for it"
)]
pub trait Action<U: Authenticated, S>: Sized + Send + 'static {
    /// What it comes to: [`Proven`] or [`Answered`].
    type Done: Done<U>;

    /// How the limits count it.
    const SORT: Sort;

    /// How it is asked for over HTTP. A GET changes nothing and signs nobody in (promise SU-06).
    const METHOD: PhaseMethod = PhaseMethod::Post;

    /// Where, below `/<subject>/<name>`: empty, or starting with a slash. `None` is its name.
    const PATH: Option<&'static str> = None;

    /// Takes the arguments out of a request. `None` when one was refused, which the input then knows.
    fn read(strategy: &S, input: &mut Input) -> Option<Self>;

    /// The canonical identity that it is about, for limits and events; `None` for whoever is signed in.
    fn about(&self, _strategy: &S) -> Option<String> {
        None
    }

    /// Runs it.
    ///
    /// # Errors
    /// [`Call::refuse`] for everything that depends on a person, so that all of it is answered alike (promise EN-01).
    fn run(self, call: Call<'_, U, S>) -> impl Future<Output = Result<Self::Done, Error>> + Send;
}

/// One run of an action.
pub struct Call<'a, U: Authenticated, S> {
    context: &'a Context<U>,
    strategy: &'a S,
    at: At,
}

impl<'a, U: Authenticated, S> Call<'a, U, S> {
    /// The context: the authentication, the request, and who is signed in.
    #[must_use]
    pub const fn context(&self) -> &'a Context<U> {
        self.context
    }

    /// The settings.
    #[must_use]
    pub const fn strategy(&self) -> &'a S {
        self.strategy
    }

    /// The session of whoever is signed in.
    ///
    /// # Errors
    /// When nobody is; an API key is no session (promise AK-03).
    pub fn session(&self) -> Result<&'a CurrentSession<U>, Error> {
        let session = self
            .context
            .session()
            .ok_or_else(|| self.refuse(Cause::NotSignedIn))?;
        self.context.concerns(session.subject());
        Ok(session)
    }

    /// The refusal that a client cannot tell from any other (promise EN-01). The cause is for the event.
    #[must_use]
    pub fn refuse(&self, cause: Cause) -> Error {
        AuthenticationFailed::new(self.at.name, self.at.action, cause).into()
    }

    /// `user` has just shown a factor of the kind `method` (RFC 8176, such as `otp`, or `user`).
    #[must_use]
    pub fn proven(&self, user: impl Into<Arc<U>>, method: &str) -> Proven<U> {
        Proven::new(user.into(), self.at, method)
    }

    /// A message to `user`, for the strategy's `sender`. What it is to say goes into its data: the library's own mail takes
    /// `subject` and `text`. [`Context::send`] puts it into the outbox, in the transaction of the action.
    ///
    /// # Errors
    /// When the block gives the strategy no `sender`.
    pub fn letter(&self, user: &U) -> Result<Letter, Error> {
        let name = self.at.name;
        if !self.context.auth.has_sender(name) {
            return Err(Error::internal(
                "a strategy without a `sender` has nothing to send",
            ));
        }
        Ok(Letter::to_person(MessageKind::Custom, name, user))
    }

    /// The action is done, and this is what it has to say.
    #[must_use]
    pub fn answer(&self, report: Report) -> Answered<U> {
        Answered::new(
            report,
            self.context.session().map(|session| session.subject().to_owned()),
        )
    }
}

impl<U: Authenticated, S> std::fmt::Debug for Call<'_, U, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call")
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}
