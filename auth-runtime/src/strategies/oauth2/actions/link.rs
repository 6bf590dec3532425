use super::{
    own,
    request::{Wanted, begin},
};
use crate::{
    oauth::AuthorizeOptions,
    strategies::oauth2::{Cx, Link, OAuth2, attempt::ForSession},
    strategy::{Outcome, Redirect, Sort, perform},
};

/// Begins to attach an identity to the account of whoever is signed in: says where the browser has to go. Only the session
/// that begins can end it (promise OA-07).
///
/// # Errors
/// [`Error::AuthenticationFailed`](crate::Error::AuthenticationFailed) when nobody is signed in; [`Error::ReauthenticationRequired`](crate::Error::ReauthenticationRequired) when the sign-in is too long
/// ago; and as [`request`](super::request).
pub async fn link<S: OAuth2>(cx: &Cx<S>, input: Link) -> Outcome<Redirect> {
    let own = own::<S>("link");
    let mut act = own.act(cx);
    // It leaves a row, as every beginning does.
    act.sort = Sort::Begin;
    act.about = None;
    perform(cx, act, |cx| async move {
        let session = own.fresh(&cx, S::CONFIG.reauthentication_window())?;
        let wanted = Wanted {
            action: "link",
            connection_id: input.connection_id,
            remembers: false,
            link: Some(ForSession {
                subject: session.subject().to_owned(),
                jti: session.jti().to_owned(),
            }),
        };
        begin::<S>(&cx, wanted, &AuthorizeOptions::default()).await
    })
    .await
}
