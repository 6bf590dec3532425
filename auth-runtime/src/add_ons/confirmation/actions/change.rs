use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::{Cx, exists, link, ready};
use crate::{
    add_ons::confirmation::{Change, Confirmation},
    error::{AuthenticationFailed, Cause, Error, FieldErrors},
    resources::token::TokenStore,
    sender::{MessageKind, Queued},
    session::subject,
    strategy::{
        Accepted, Act, Outcome, Sort, perform,
        request::{Addressee, store_link, void_links},
    },
    token::Purpose,
    user::{Authenticated, Conn, Resource},
};

/// Asks for another address, for whoever is signed in. A link goes to the new one; until it is followed the old one
/// counts. That somebody has the new address already is told to that person alone (promise EN-02).
///
/// # Errors
/// [`Error::AuthenticationFailed`] when nobody is signed in; [`Error::ReauthenticationRequired`] when the sign-in is too
/// long ago; [`Error::Invalid`] for text that is no address; [`Error::NoSuchAction`]; [`Error::Storage`].
pub async fn change<S: Confirmation>(cx: &Cx<S>, input: Change) -> Outcome<Accepted> {
    let mut act = Act::new(S::CONFIG.name, "change", Sort::Request);
    let address = S::IDENTITY.format.canonical(&input.address);
    if let Ok(address) = &address {
        act = act.about(address.as_str());
    }
    perform(cx, act, |cx| async move {
        if !S::CONFIG.confirm_on_update {
            return Err(Error::NoSuchAction);
        }
        let session = cx.session().ok_or_else(not_signed_in::<S>)?;
        cx.concerns(session.subject());
        if !session.is_fresh(cx.auth.now(), S::CONFIG.reauthentication_window()) {
            return Err(Error::ReauthenticationRequired);
        }
        let address = address.map_err(|error| FieldErrors::one(S::IDENTITY.field, error))?;
        let (user, browser) = (Arc::clone(session.user()), cx.browser().bind()?);
        let requests = &ready::<S>(&cx)?.requests;
        requests
            .answer(&cx, move |cx, connection| {
                prepare::<S>(
                    cx,
                    connection,
                    Arc::clone(&user),
                    address.clone(),
                    browser.clone(),
                )
            })
            .await
    })
    .await
}

fn not_signed_in<S: Confirmation>() -> Error {
    AuthenticationFailed::new(S::CONFIG.name, "change", Cause::NotSignedIn).into()
}

fn prepare<'c, S: Confirmation>(
    cx: &'c Cx<S>,
    connection: &'c mut Conn<S::User>,
    user: Arc<S::User>,
    address: String,
    browser: Option<String>,
) -> BoxFuture<'c, Result<Option<Queued>, Error>> {
    type Tokens<S> = <<S as crate::identity::ByIdentity>::User as Authenticated>::Tokens;
    Box::pin(async move {
        if <S::User as Authenticated>::lock(connection, user.key()).await? == 0 {
            return Err(not_signed_in::<S>());
        }
        // A sign-out is not undone by a change that began before it.
        let jti = cx.session().map(|session| session.jti().to_owned());
        let jti = jti.ok_or_else(not_signed_in::<S>)?;
        if Tokens::<S>::is_revoked(connection, &jti).await? {
            return Err(not_signed_in::<S>());
        }
        let own = subject(&*user);
        // Whether the address is free must not show in what becomes of an earlier link (promise EN-02).
        if cx.may_send() {
            void_links(cx, connection, &own, Purpose::Confirmation, Some(S::CONFIG.name)).await?;
        }
        let holder = S::find_by_identity(connection, cx.auth.tenant()?, &address).await?;
        let addressee = match &holder {
            Some(holder) if holder.key() != user.key() => Addressee::Other(Box::new(exists::<S>(holder))),
            _ => Addressee::Person(&*user),
        };
        let link = link::<S>(MessageKind::ConfirmationChange, &address, true, browser);
        let stored = store_link(cx, connection, addressee, link).await?;
        // Nor in the event, which the asker may see.
        cx.succeed(connection, Some(&own)).await?;
        Ok(stored.map(|stored| stored.queued))
    })
}
