use std::any::Any;

use futures_util::future::{BoxFuture, FutureExt, ready};

use super::{Authentication, Resealed};
use crate::{
    add_ons::audit_log::Recorder,
    api_key::ApiKeys,
    context::Context,
    error::{Cause, Error, FieldError, FieldErrors},
    user::{Authenticated, Conn},
};

/// A started strategy or add-on: what it keeps, and what it does while others act.
///
/// Every hook runs in the transaction of the action that causes it, after the person's row was locked or written.
/// Hooks run in the order of declaration, and the first error undoes the action.
pub trait Part<U: Authenticated>: Any + Send + Sync {
    /// Starts what goes on in the background; what another process may do as well only if `background_work` is on.
    fn launch(&self, _authentication: &Authentication<U>, _background_work: bool) {}

    /// Whether this deployment has it at all.
    fn is_on(&self) -> bool {
        true
    }

    /// What records events, in an audit log.
    #[doc(hidden)]
    fn recorder(&self) -> Option<&dyn Recorder<U>> {
        None
    }

    /// Whether this person may have a session at all. Asked on every path that ends in one (promise CF-03).
    ///
    /// # Errors
    /// Why not.
    fn admits(&self, _user: &U) -> Result<(), Cause> {
        Ok(())
    }

    /// The keys that it takes from requests.
    fn api_keys(&self) -> Option<&dyn ApiKeys<U>> {
        None
    }

    /// A new person was written.
    fn registered<'a>(
        &'a self,
        _context: &'a Context<U>,
        _connection: &'a mut Conn<U>,
        _user: &'a U,
    ) -> BoxFuture<'a, Result<(), Error>> {
        ready(Ok(())).boxed()
    }

    /// Whether registrations with an address in the field `field` are answered alike for new and for known addresses:
    /// nobody is admitted before it is proven (promise EN-02).
    fn answers_alike(&self, _field: &str) -> bool {
        false
    }

    /// Somebody tried to register with what this person has in the field `field`. The client is not told (promise EN-02);
    /// the owner may be.
    fn registered_again<'a>(
        &'a self,
        _context: &'a Context<U>,
        _connection: &'a mut Conn<U>,
        _owner: &'a U,
        _field: &'a str,
    ) -> BoxFuture<'a, Result<(), Error>> {
        ready(Ok(())).boxed()
    }

    /// The person has just shown that they receive what is sent to the address in the field `field`.
    fn proved_address<'a>(
        &'a self,
        _context: &'a Context<U>,
        _connection: &'a mut Conn<U>,
        _user: &'a U,
        _field: &'a str,
    ) -> BoxFuture<'a, Result<(), Error>> {
        ready(Ok(())).boxed()
    }

    /// Whether the address in the field `field` has been proven to be the person's; `None` from what does not know.
    fn has_proved(&self, _user: &U, _field: &str) -> Option<bool> {
        None
    }

    /// How many ways to sign in the person has here, in the present state of the transaction.
    fn ways_in<'a>(
        &'a self,
        _context: &'a Context<U>,
        _connection: &'a mut Conn<U>,
        _user: &'a U,
    ) -> BoxFuture<'a, Result<usize, Error>> {
        ready(Ok(0)).boxed()
    }

    /// Seals anew what it keeps sealed under a former key.
    fn reseal<'a>(
        &'a self,
        _authentication: &'a Authentication<U>,
    ) -> BoxFuture<'a, Result<Resealed, Error>> {
        ready(Ok(Resealed::default())).boxed()
    }

    /// Takes away what this person could sign in with here, because somebody else may have set it (promise CF-01).
    fn void_credentials<'a>(
        &'a self,
        _context: &'a Context<U>,
        _connection: &'a mut Conn<U>,
        _user: &'a U,
    ) -> BoxFuture<'a, Result<(), Error>> {
        ready(Ok(())).boxed()
    }
}

impl<U: Authenticated> Authentication<U> {
    /// Whether a strategy or add-on of that name is declared, and not left out of this deployment: what to show on a
    /// sign-in page.
    #[must_use]
    pub fn offers(&self, name: &str) -> bool {
        let declared = U::STRATEGIES.iter().chain(U::ADD_ONS);
        let mut both = declared.zip(self.parts());
        both.any(|(declared, part)| declared.name == name && part.is_on())
    }

    /// Whether this person may have a session (promise CF-03).
    ///
    /// # Errors
    /// The first reason why not.
    pub(crate) fn admit(&self, user: &U) -> Result<(), Cause> {
        self.parts().try_for_each(|part| part.admits(user))
    }

    /// Whether registrations with an address in the field `field` are answered alike for new and for known addresses
    /// (promise EN-02).
    #[cfg_attr(
        not(feature = "oauth"),
        allow(dead_code, reason = "only the strategies of features use it")
    )]
    pub(crate) fn answers_alike(&self, field: &str) -> bool {
        self.parts().any(|part| part.answers_alike(field))
    }
}

impl<U: Authenticated> Context<U> {
    /// Tells every strategy and add-on of a person who was just written.
    ///
    /// # Errors
    /// Theirs; the action must then fail.
    pub async fn registered(&self, connection: &mut Conn<U>, user: &U) -> Result<(), Error> {
        for part in self.auth.parts() {
            part.registered(self, connection, user).await?;
        }
        Ok(())
    }

    /// Tells every strategy and add-on that somebody tried to register with what the person has in `field`.
    ///
    /// # Errors
    /// Theirs; the action must then fail.
    pub async fn registered_again(
        &self,
        connection: &mut Conn<U>,
        owner: &U,
        field: &str,
    ) -> Result<(), Error> {
        for part in self.auth.parts() {
            part.registered_again(self, connection, owner, field).await?;
        }
        Ok(())
    }

    /// Tells every strategy and add-on that the person receives what is sent to the address in `field`.
    ///
    /// # Errors
    /// Theirs; the action must then fail.
    pub async fn proved_address(&self, connection: &mut Conn<U>, user: &U, field: &str) -> Result<(), Error> {
        for part in self.auth.parts() {
            part.proved_address(self, connection, user, field).await?;
        }
        Ok(())
    }

    /// Whether something knows that the address in `field` is the person's, and nothing knows better.
    #[cfg_attr(
        not(feature = "oauth"),
        allow(dead_code, reason = "only the strategies of features use it")
    )]
    pub(crate) fn has_proved(&self, user: &U, field: &str) -> bool {
        let mut known = self
            .auth
            .parts()
            .filter_map(|part| part.has_proved(user, field))
            .peekable();
        known.peek().is_some() && known.all(|proved| proved)
    }

    /// Refuses what has left the person without any way to sign in (promise WA-07).
    ///
    /// # Errors
    /// [`Error::Invalid`] about `argument`; the action must then fail.
    #[cfg_attr(
        not(feature = "oauth"),
        allow(dead_code, reason = "only the strategies of features use it")
    )]
    pub(crate) async fn keep_a_way_in(
        &self,
        connection: &mut Conn<U>,
        user: &U,
        argument: &str,
    ) -> Result<(), Error> {
        for part in self.auth.parts() {
            if part.ways_in(self, connection, user).await? > 0 {
                return Ok(());
            }
        }
        Err(FieldErrors::one(argument, FieldError::LastCredential).into())
    }

    /// Takes away everything that the person could sign in with, and every session and token (promise CF-01).
    ///
    /// # Errors
    /// The database's; the action must then fail.
    pub async fn void_credentials(&self, connection: &mut Conn<U>, user: &U) -> Result<(), Error> {
        for part in self.auth.parts() {
            part.void_credentials(self, connection, user).await?;
        }
        let subject = crate::session::subject(user);
        crate::session::void(self, connection, &subject, None).await?;
        self.has_voided(&subject);
        Ok(())
    }
}
