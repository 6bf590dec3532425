//! What a strategy does: one file per action, and here what several of them share.

mod access_token;
mod callback;
mod confirm;
mod enter;
mod link;
mod list;
mod newcomer;
mod provider_session;
mod request;
mod sign_out;
mod unlink;

pub use access_token::access_token;
pub use callback::callback;
pub use confirm::confirm;
pub use link::link;
pub use list::list;
pub use provider_session::end_provider_session;
pub(super) use provider_session::refused_logout;
pub use request::request;
pub use sign_out::sign_out;
pub use unlink::unlink;

use super::{Cx, OAuth2, kept_tokens::KeptTokens, parts::Ready, realm::realm, way::Way};
use crate::{
    db::{AsStorage, Id, Problem, classify},
    error::{AuthenticationFailed, Cause, Error},
    oauth::Identified,
    resources::user_identity::{Asserted, NewIdentity, StoredIdentity, UserIdentityStore},
    sender::{Letter, MessageKind},
    session::OwnAction,
    user::Conn,
};

fn refused<S: OAuth2>(action: &'static str, cause: Cause) -> Error {
    AuthenticationFailed::new(S::CONFIG.name, action, cause).into()
}

/// One of the strategy's actions, for whoever is signed in.
const fn own<S: OAuth2>(action: &'static str) -> OwnAction {
    OwnAction::new(S::CONFIG.name, action)
}

fn is_taken(error: &Error) -> bool {
    let problem = error.as_storage().map(classify);
    matches!(problem, Some(Problem::UniqueViolation { .. }))
}

/// The way to the provider, or the refusal that every other wrong connection gets, too.
async fn way<S: OAuth2>(cx: &Cx<S>, action: &'static str, connection_id: Option<&str>) -> Result<Way, Error> {
    let ready: &Ready<S> = cx.auth.part(S::CONFIG.index)?;
    ready
        .ways()?
        .way(cx, connection_id)
        .await?
        .map_err(|cause| refused::<S>(action, cause))
}

/// Refuses a second identity of one provider, by its strategy and issuer, for one account. One of a former issuer, which
/// leads nowhere any more, makes room.
async fn is_the_first<S: OAuth2>(
    connection: &mut Conn<S::User>,
    realm: &str,
    (strategy, issuer): (&str, &str),
    subject: &str,
    action: &'static str,
) -> Result<(), Error> {
    let others = S::Identities::of_subject(connection, realm, subject).await?;
    for row in others.iter().filter(|row| row.strategy == strategy) {
        if row.issuer == issuer {
            return Err(refused::<S>(action, Cause::SecondIdentity));
        }
        S::Identities::delete(connection, row.id, realm, subject).await?;
    }
    Ok(())
}

/// A person whom a provider identified, and the way they came.
struct Arrival {
    realm: String,
    way: Way,
    identified: Identified,
}

impl Arrival {
    fn new<S: OAuth2>(cx: &Cx<S>, way: Way, identified: Identified) -> Self {
        Self {
            realm: realm::<S>(cx),
            way,
            identified,
        }
    }

    /// The stored identity, whoever has it. One that was stored for another issuer is not this one (promise OA-06).
    async fn known<S: OAuth2>(
        &self,
        connection: &mut Conn<S::User>,
        action: &'static str,
    ) -> Result<Option<StoredIdentity>, Error> {
        let (strategy, uid) = (&self.way.key, &self.identified.subject);
        let found = S::Identities::find(connection, &self.realm, strategy, uid).await?;
        match found {
            Some(row) if row.issuer != self.identified.issuer => {
                tracing::warn!(
                    strategy = self.way.key,
                    identity = %row.id,
                    "an identity was stored for another issuer than the provider has now, so it lets nobody in"
                );
                Err(refused::<S>(action, Cause::OtherIssuer))
            }
            found => Ok(found),
        }
    }

    /// Whether the account has another identity of the provider. One of a former issuer is none.
    async fn has_another<S: OAuth2>(
        &self,
        connection: &mut Conn<S::User>,
        subject: &str,
    ) -> Result<bool, Error> {
        let others = S::Identities::of_subject(connection, &self.realm, subject).await?;
        let provider = (&*self.way.key, &*self.identified.issuer);
        Ok(others
            .iter()
            .any(|row| (&*row.strategy, &*row.issuer) == provider))
    }

    /// Refuses a second identity of the provider for one account.
    async fn is_the_first<S: OAuth2>(
        &self,
        connection: &mut Conn<S::User>,
        subject: &str,
        action: &'static str,
    ) -> Result<(), Error> {
        let provider = (&*self.way.key, &*self.identified.issuer);
        is_the_first::<S>(connection, &self.realm, provider, subject, action).await
    }

    /// Makes the identity the person's, in the transaction that lets them in.
    async fn attach<S: OAuth2>(
        &self,
        cx: &Cx<S>,
        connection: &mut Conn<S::User>,
        subject: &str,
    ) -> Result<StoredIdentity, Error> {
        let id = Id::new(cx.auth.now());
        let tokens = KeptTokens::of::<S>(cx, id, &self.identified.tokens)?;
        let new = NewIdentity {
            id,
            realm: &self.realm,
            strategy: &self.way.key,
            issuer: &self.identified.issuer,
            uid: &self.identified.subject,
            subject,
            asserted: self.asserted(tokens.as_ref()),
        };
        S::Identities::insert(connection, new, cx.auth.now()).await?;
        let stored = S::Identities::find_by_id(connection, id).await?;
        stored.ok_or_else(|| Error::internal("an identity that was just written is not there"))
    }

    /// Notes that the identity signed in.
    async fn note<S: OAuth2>(&self, cx: &Cx<S>, connection: &mut Conn<S::User>, id: Id) -> Result<(), Error> {
        let tokens = KeptTokens::of::<S>(cx, id, &self.identified.tokens)?;
        let asserted = self.asserted(tokens.as_ref());
        S::Identities::note_sign_in(connection, id, asserted, cx.auth.now()).await?;
        Ok(())
    }

    fn asserted<'a>(&'a self, tokens: Option<&'a KeptTokens>) -> Asserted<'a> {
        let info = &self.identified.user_info;
        Asserted {
            email: info.email(),
            email_verified: info.email_verified(),
            tokens: tokens.map(KeptTokens::row),
        }
    }
}

/// Tells the owner of an identity that came or went, in the transaction that does it (promise SU-10). Without a `sender`
/// there is nothing that could tell.
async fn notice<S: OAuth2>(
    cx: &Cx<S>,
    connection: &mut Conn<S::User>,
    kind: MessageKind,
    user: &S::User,
    provider: &str,
) -> Result<(), Error> {
    if cx.auth.has_sender(S::CONFIG.name) {
        let letter = Letter::to_person(kind, S::CONFIG.name, user).with_data("provider", provider);
        cx.send(connection, letter).await?;
    }
    Ok(())
}
