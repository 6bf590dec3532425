use std::sync::Arc;

use super::{notice, own};
use crate::{
    error::{Error, FieldError, FieldErrors},
    resources::user_identity::UserIdentityStore,
    sender::MessageKind,
    strategies::oauth2::{
        Cx, Job, OAuth2, Unlink,
        config::ID,
        parts::Ready,
        realm::{is_own, realm},
    },
    strategy::{Outcome, perform},
    user::Conn,
};

/// Detaches an identity from the account of whoever is signed in, unless nothing would be left to sign in with.
///
/// # Errors
/// [`Error::AuthenticationFailed`] when nobody is signed in; [`Error::ReauthenticationRequired`] when the sign-in is too long
/// ago; [`Error::Invalid`] when they have no such identity, somebody else's included, or it is the last way in;
/// [`Error::Storage`].
pub async fn unlink<S: OAuth2>(cx: &Cx<S>, input: Unlink) -> Outcome<()> {
    let own = own::<S>("unlink");
    perform(cx, own.act(cx), |cx| async move {
        own.fresh(&cx, S::CONFIG.reauthentication_window())?;
        let auth = cx.auth.clone();
        let job: Job<S, Unlink> = Arc::new((cx, input));
        auth.write(move |connection| {
            let job = Arc::clone(&job);
            Box::pin(async move { detach::<S>(&job.0, connection, &job.1).await })
        })
        .await
    })
    .await
}

async fn detach<S: OAuth2>(cx: &Cx<S>, connection: &mut Conn<S::User>, input: &Unlink) -> Result<(), Error> {
    let (subject, user) = own::<S>("unlink").lock_admitted(cx, connection).await?;
    let realm = realm::<S>(cx);
    let found = S::Identities::find_by_id(connection, input.id).await?;
    let found =
        found.filter(|row| row.subject == subject && row.realm == realm && is_own::<S>(&row.strategy));
    let Some(found) = found else {
        return Err(no_such());
    };
    if S::Identities::delete(connection, input.id, &realm, subject).await? == 0 {
        return Err(no_such());
    }
    // What is left is counted once the identity is gone, so that of two that go at once one stays.
    cx.keep_a_way_in(connection, &user, ID).await?;
    let ready: &Ready<S> = cx.auth.part(S::CONFIG.index)?;
    let label = ready.ways()?.label(cx, connection, &found).await?;
    notice::<S>(cx, connection, MessageKind::IdentityUnlinked, &user, &label).await?;
    cx.succeed(connection, Some(subject)).await
}

fn no_such() -> Error {
    FieldErrors::one(ID, FieldError::NotAChoice).into()
}
