//! What a proof of an address does to an account (promise CF-01).

use super::{Confirmation, actions::Cx};
use crate::{
    error::Error,
    session::subject,
    strategy::request::{links_of, void_links},
    token::Purpose,
    user::{Conn, Resource},
};

/// Whether a proof comes together with a credential of the account: in a session of the person, or from the browser that
/// asked for one of these links.
pub(super) fn comes_with_a_credential<'k, S: Confirmation>(
    cx: &Cx<S>,
    user: &S::User,
    mut browsers: impl Iterator<Item = &'k str>,
) -> bool {
    is_signed_in::<S>(cx, user) || browsers.any(|bound| cx.browser().is(bound))
}

/// Whether the request comes in a session of this person.
pub(super) fn is_signed_in<S: Confirmation>(cx: &Cx<S>, user: &S::User) -> bool {
    cx.session()
        .is_some_and(|session| session.user().key() == user.key())
}

/// Confirms the stored address of an unconfirmed person, whose row is locked. What somebody else may have set before this
/// proof ends with it. Says whether it did.
pub(super) async fn accept<S: Confirmation>(
    cx: &Cx<S>,
    connection: &mut Conn<S::User>,
    user: &S::User,
    with_credential: bool,
) -> Result<bool, Error> {
    let voids = S::CONFIG.prevent_hijacking && !with_credential;
    if voids {
        cx.void_credentials(connection, user).await?;
    } else {
        let (purpose, name) = (Purpose::Confirmation, S::CONFIG.name);
        void_links(cx, connection, &subject(user), purpose, Some(name)).await?;
    }
    S::write(connection, user.key(), S::identity(user), Some(cx.auth.now())).await?;
    Ok(voids)
}

/// As [`accept`], for a proof that came by another way than a link of this add-on.
pub(super) async fn accept_from_elsewhere<S: Confirmation>(
    cx: &Cx<S>,
    connection: &mut Conn<S::User>,
    user: &S::User,
) -> Result<(), Error> {
    if S::is_confirmed(user) || S::identity(user).is_empty() {
        return Ok(());
    }
    let (purpose, name) = (Purpose::Confirmation, S::CONFIG.name);
    let links = links_of(cx, connection, &subject(user), purpose, name).await?;
    let browsers = links
        .iter()
        .filter(|(_, kept)| !kept.changes)
        .filter_map(|(_, kept)| kept.browser.as_deref());
    let with_credential = comes_with_a_credential::<S>(cx, user, browsers);
    accept::<S>(cx, connection, user, with_credential).await.map(drop)
}
