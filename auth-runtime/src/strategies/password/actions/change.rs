use std::sync::Arc;

use super::{Cx, changed, check_new_password, notice, ready, refused};
use crate::{
    context::Context,
    error::{Cause, Error, FieldError, FieldErrors},
    hasher::Verdict,
    resources::token::TokenStore,
    session::{FirstFactor, SignedIn, mint, subject, void},
    strategies::password::{Change, METHOD, Password, Person},
    strategy::{Act, Outcome, Sort, perform},
    user::{Authenticated, Conn, Resource},
};

/// Changes the password of whoever is signed in. Every other session and outstanding token ends (promises SU-05,
/// SE-01), and the answer carries a new session.
///
/// # Errors
/// [`Error::AuthenticationFailed`] when nobody is signed in; [`Error::ReauthenticationRequired`] when the sign-in is
/// too long ago (promise PW-11); [`Error::Invalid`], a wrong current password included; [`Error::Storage`].
pub async fn change<S: Password>(cx: &Cx<S>, input: Change) -> Outcome<SignedIn<S::User>> {
    let act = Act::new(S::CONFIG.name, "change", Sort::Account);
    let act = match cx.session() {
        Some(session) => act.about(session.subject()),
        None => act,
    };
    perform(cx, act, |cx| async move { try_change::<S>(&cx, input).await }).await
}

async fn try_change<S: Password>(cx: &Cx<S>, input: Change) -> Result<SignedIn<S::User>, Error> {
    let config = &S::CONFIG;
    if !config.change_password_enabled {
        return Err(Error::NoSuchAction);
    }
    let session = cx
        .session()
        .ok_or_else(|| refused::<S>("change", Cause::NotSignedIn))?;
    cx.concerns(session.subject());
    if !session.is_fresh(cx.auth.now(), config.reauthentication_window()) {
        return Err(Error::ReauthenticationRequired);
    }
    let ready = ready::<S>(cx)?;
    let mut errors = FieldErrors::default();
    if let Err(error) = ready.check_presented(&input.current) {
        errors.add(CURRENT_PASSWORD, error);
    }
    check_new_password::<S>(
        cx,
        &input.password,
        input.confirmation.as_ref(),
        S::identity(session.user()),
        &mut errors,
    )
    .await?;
    errors.or(())?;

    let user = Arc::clone(session.user());
    let stored = stored_hash::<S>(cx, Arc::clone(&user)).await?;
    let verdict = cx
        .auth
        .hash_pool()
        .verify(&ready.hashing, input.current, stored.clone())
        .await?;
    let (Some(old), Verdict::Match { .. }) = (stored, verdict) else {
        return Err(FieldErrors::one(CURRENT_PASSWORD, FieldError::Wrong).into());
    };
    let new = cx.auth.hash_pool().hash(&ready.hashing, input.password).await?;

    let job = Arc::new((cx.clone(), Arc::clone(&user), old, new));
    let (signed_in, notice) = cx
        .auth
        .write(move |connection| {
            let job = Arc::clone(&job);
            Box::pin(async move {
                let (cx, user, old, new) = &*job;
                if !still_signed_in(cx, connection).await? {
                    return Err(refused::<S>("change", Cause::NotSignedIn));
                }
                if S::replace_hash(connection, user.key(), old, new).await? == 0 {
                    return Err(refused::<S>("change", Cause::ChangedMeanwhile));
                }
                void(cx, connection, &subject(&**user), None).await?;
                let factor = FirstFactor::new(Arc::clone(user), config.name, "change", METHOD);
                let signed_in = mint(cx, connection, factor).await?;
                let notice = notice::<S>(cx, connection, user).await?;
                Ok((signed_in, notice))
            })
        })
        .await?;
    changed::<S>(cx, &user, notice);
    Ok(signed_in)
}

/// The argument with the password so far.
pub(in crate::strategies::password) const CURRENT_PASSWORD: &str = "current_password";

async fn stored_hash<S: Password>(cx: &Cx<S>, user: Person<S>) -> Result<Option<String>, Error> {
    cx.auth
        .read(move |connection| {
            let user = Arc::clone(&user);
            Box::pin(async move { S::hash_of(connection, user.key()).await })
        })
        .await
}

/// Whether the session was not ended since the request came in, so that a sign-out is not undone by a change that
/// began before it.
async fn still_signed_in<U: Authenticated>(cx: &Context<U>, connection: &mut Conn<U>) -> Result<bool, Error> {
    let Some(session) = cx.session() else {
        return Ok(false);
    };
    Ok(!U::Tokens::is_revoked(connection, session.jti()).await?)
}
