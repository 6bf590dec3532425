//! What people do with their own account: who they are, and whether they proved it a short while ago.

use time::Duration;

use super::CurrentSession;
use crate::{
    context::Context,
    error::{AuthenticationFailed, Cause, Error},
    resources::token::TokenStore,
    strategy::{Act, Sort},
    user::{Authenticated, Conn},
};

/// An action of a strategy for whoever is signed in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OwnAction {
    pub(crate) strategy: &'static str,
    pub(crate) action: &'static str,
}

impl OwnAction {
    pub(crate) const fn new(strategy: &'static str, action: &'static str) -> Self {
        Self { strategy, action }
    }

    /// The action, about whoever is signed in.
    pub(crate) fn act<U: Authenticated>(self, cx: &Context<U>) -> Act {
        let act = Act::new(self.strategy, self.action, Sort::Account);
        match cx.session() {
            Some(session) => act.about(session.subject()),
            None => act,
        }
    }

    pub(crate) fn refused(self, cause: Cause) -> Error {
        AuthenticationFailed::new(self.strategy, self.action, cause).into()
    }

    /// The session of the owner. What is theirs belongs to whoever is signed in, and nothing else names an owner
    /// (promise AK-03).
    pub(crate) fn signed_in<U: Authenticated>(self, cx: &Context<U>) -> Result<&CurrentSession<U>, Error> {
        let session = cx.session().ok_or_else(|| self.refused(Cause::NotSignedIn))?;
        cx.concerns(session.subject());
        Ok(session)
    }

    /// The same, for whoever proved a short while ago who they are (promise MF-04).
    pub(crate) fn fresh<U: Authenticated>(
        self,
        cx: &Context<U>,
        window: Duration,
    ) -> Result<&CurrentSession<U>, Error> {
        let session = self.signed_in(cx)?;
        if !session.is_fresh(cx.auth.now(), window) {
            return Err(Error::ReauthenticationRequired);
        }
        Ok(session)
    }

    /// Locks the owner's row, and makes sure that the session was not ended since the request came in. Says whose
    /// things the transaction is about.
    pub(crate) async fn lock<'c, U: Authenticated>(
        self,
        cx: &'c Context<U>,
        connection: &mut Conn<U>,
    ) -> Result<&'c str, Error> {
        let session = self.signed_in(cx)?;
        let known = U::lock(connection, session.user().key()).await? == 1;
        if !known || U::Tokens::is_revoked(connection, session.jti()).await? {
            return Err(self.refused(Cause::NotSignedIn));
        }
        Ok(session.subject())
    }

    /// The same, for what opens a way in: the owner, as the row says now, must be somebody who may sign in (promises
    /// SE-06, CF-03).
    pub(crate) async fn lock_admitted<'c, U: Authenticated>(
        self,
        cx: &'c Context<U>,
        connection: &mut Conn<U>,
    ) -> Result<(&'c str, U), Error> {
        let subject = self.lock(cx, connection).await?;
        let owner = U::find(connection, self.signed_in(cx)?.user().key()).await?;
        let tenant = cx.auth.tenant()?;
        let owner = owner.filter(|owner| owner.tenant() == *tenant);
        let owner = owner.ok_or_else(|| self.refused(Cause::NotSignedIn))?;
        cx.auth.admit(&owner).map_err(|cause| self.refused(cause))?;
        Ok((subject, owner))
    }
}
