use futures_util::future::BoxFuture;

use super::{Cx, link, ready};
use crate::{
    add_ons::confirmation::{Confirmation, Resend},
    error::Error,
    sender::{MessageKind, Queued},
    session::subject,
    strategy::{
        Accepted, Act, Outcome, Sort, perform,
        request::{Addressee, links_of, write_link},
    },
    token::Purpose,
    user::{Authenticated, Conn, Resource},
};

/// Sends another link to somebody whose address is not confirmed. Earlier ones do not work any more (promise SU-05). The
/// answer is the same whether or not there is such a person.
///
/// # Errors
/// [`Error::NoSuchAction`] when new people get no link; [`Error::Storage`]. A failing sender is no error here; see
/// [`Accepted::delivered`].
pub async fn resend<S: Confirmation>(cx: &Cx<S>, input: Resend) -> Outcome<Accepted> {
    let mut act = Act::new(S::CONFIG.name, "resend", Sort::Request);
    let address = S::IDENTITY.format.canonical(&input.address).ok();
    if let Some(address) = &address {
        act = act.about(address.as_str());
    }
    perform(cx, act, |cx| async move {
        if !S::CONFIG.confirm_on_create {
            return Err(Error::NoSuchAction);
        }
        // Text that is no address is treated like the address of nobody.
        let address = address.unwrap_or_default();
        let requests = &ready::<S>(&cx)?.requests;
        requests
            .answer(&cx, move |cx, connection| {
                prepare::<S>(cx, connection, address.clone())
            })
            .await
    })
    .await
}

fn prepare<'c, S: Confirmation>(
    cx: &'c Cx<S>,
    connection: &'c mut Conn<S::User>,
    address: String,
) -> BoxFuture<'c, Result<Option<Queued>, Error>> {
    Box::pin(async move {
        let mut user = S::find_by_identity(connection, cx.auth.tenant()?, &address).await?;
        if let Some(found) = &user {
            <S::User as Authenticated>::lock(connection, found.key()).await?;
            let locked = <S::User as Authenticated>::find(connection, found.key()).await?;
            user = locked.filter(|user| S::identity(user) == address && !S::is_confirmed(user));
        }
        let mut browser = None;
        if let Some(user) = &user {
            // Whoever asks for another link is not thereby the one who registered.
            let (subject, purpose) = (subject(user), Purpose::Confirmation);
            let earlier = links_of(cx, connection, &subject, purpose, S::CONFIG.name).await?;
            let first = earlier.into_iter().find(|(_, kept)| !kept.changes);
            browser = first.and_then(|(_, kept)| kept.browser);
        }
        let addressee = user.as_ref().map_or(Addressee::Nobody, Addressee::Person);
        let link = link::<S>(MessageKind::Confirmation, &address, false, browser);
        write_link(cx, connection, addressee, link).await
    })
}
