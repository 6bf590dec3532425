use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use secrecy::ExposeSecret;

use super::{Cx, KeyOf, act, changed, check_new_password, notice, ready, sign_in_if_admitted, spend};
use crate::{
    error::{AuthenticationFailed, Cause, Error, FieldErrors},
    identity::IdentityFormat,
    resources::token::TokenStore,
    sender::{MessageKind, Queued},
    session::{SignedIn, key_of, void},
    strategies::password::{Password, RequestReset, Reset, config::Resettable},
    strategy::{
        Accepted, Act, Outcome, Sort, perform,
        request::{Addressee, Kept, Link, write_link},
    },
    token::Purpose,
    user::{Authenticated, Conn},
};

/// Takes a request for a reset link. The answer is the same whether or not the person exists.
///
/// # Errors
/// [`Error::NoSuchAction`] without a `resettable` block; [`Error::Storage`]. A failing sender is no error here; see
/// [`Accepted::delivered`].
pub async fn request_reset<S: Password>(cx: &Cx<S>, input: RequestReset) -> Outcome<Accepted> {
    let act = act::<S>("reset_request", Sort::Request, &input.identity);
    perform(cx, act, |cx| async move { try_request::<S>(&cx, input).await }).await
}

async fn try_request<S: Password>(cx: &Cx<S>, input: RequestReset) -> Result<Accepted, Error> {
    let resettable = S::CONFIG.resettable.ok_or(Error::NoSuchAction)?;
    // Text that cannot be anybody's identity is treated like the identity of nobody.
    let identity = S::IDENTITY.format.canonical(&input.identity).unwrap_or_default();
    let requests = &ready::<S>(cx)?.requests;
    requests
        .answer(cx, move |cx, connection| {
            prepare::<S>(cx, connection, identity.clone(), resettable)
        })
        .await
}

fn prepare<'c, S: Password>(
    cx: &'c Cx<S>,
    connection: &'c mut Conn<S::User>,
    identity: String,
    resettable: Resettable,
) -> BoxFuture<'c, Result<Option<Queued>, Error>> {
    Box::pin(async move {
        let user = S::find_by_identity(connection, cx.auth.tenant()?, &identity).await?;
        let addressee = user.as_ref().map_or(Addressee::Nobody, Addressee::Person);
        let link = Link {
            strategy: S::CONFIG.name,
            purpose: Purpose::PasswordReset,
            kind: MessageKind::PasswordReset,
            act: resettable.password_reset_action_name,
            lifetime: Duration::from_secs(resettable.token_lifetime_seconds),
            identity: None,
            to: None,
            data: Vec::new(),
            kept: Kept::default(),
        };
        write_link(cx, connection, addressee, link).await
    })
}

/// Sets a new password with the token out of the message. Every session and outstanding token of the person ends,
/// and the answer carries a new session (promise SU-09).
///
/// With `require_confirmed_with` and the column still null, the password is set but nobody is signed in.
///
/// # Errors
/// [`Error::InvalidToken`] for a token that does not work, whatever the reason; [`Error::Invalid`] for the new
/// password, the token then stays good; [`Error::AuthenticationFailed`] when the person must be confirmed first;
/// [`Error::NoSuchAction`]; [`Error::Overloaded`]; [`Error::Storage`].
pub async fn reset<S: Password>(cx: &Cx<S>, input: Reset) -> Outcome<SignedIn<S::User>> {
    let act = Act::new(S::CONFIG.name, "reset", Sort::Proof);
    perform(cx, act, |cx| async move { try_reset::<S>(&cx, input).await }).await
}

async fn try_reset<S: Password>(cx: &Cx<S>, input: Reset) -> Result<SignedIn<S::User>, Error> {
    let resettable = S::CONFIG.resettable.ok_or(Error::NoSuchAction)?;
    let tokens = cx.auth.tokens().ok_or(Error::NoSuchAction)?;
    let ready = ready::<S>(cx)?;
    let invalid = |cause| Error::InvalidToken {
        purpose: Purpose::PasswordReset,
        cause,
    };
    let now = cx.auth.now();
    let claims = tokens
        .verify(input.token.expose_secret(), Purpose::PasswordReset, now)
        .map_err(|_| invalid(Cause::TokenInvalid))?;
    if claims.act.as_deref() != Some(resettable.password_reset_action_name) {
        return Err(invalid(Cause::WrongAction));
    }
    let key = key_of::<S::User>(&claims.sub).ok_or_else(|| invalid(Cause::ForeignSubject))?;
    cx.concerns(&claims.sub);
    // A spent token is refused before anything is hashed for it; the transaction below decides.
    let Some(owner) = owner_of_live_token::<S>(cx, &claims.jti, &key).await? else {
        return Err(invalid(Cause::TokenSpent));
    };
    let mut errors = FieldErrors::default();
    check_new_password::<S>(
        cx,
        &input.password,
        input.confirmation.as_ref(),
        S::identity(&owner),
        &mut errors,
    )
    .await?;
    errors.or(())?;
    let hash = cx.auth.hash_pool().hash(&ready.hashing, input.password).await?;

    let job = Arc::new((cx.clone(), claims, key, hash));
    let (user, signed_in, notice) = cx
        .auth
        .write(move |connection| {
            let job = Arc::clone(&job);
            Box::pin(async move {
                let (cx, claims, key, hash) = &*job;
                // The person before their tokens, in the order of everything else that writes both.
                if <S::User as Authenticated>::lock(connection, key).await? == 0 {
                    return Err(invalid(Cause::NoSubject));
                }
                if !spend::<S>(connection, claims, Purpose::PasswordReset, now).await? {
                    return Err(invalid(Cause::TokenSpent));
                }
                // A link in a mailbox shows whose it is. What it voids must not be the new password.
                if S::IDENTITY.format == IdentityFormat::Email
                    && let Some(owner) = <S::User as Authenticated>::find(connection, key).await?
                {
                    cx.proved_address(connection, &owner, S::IDENTITY.field).await?;
                }
                if S::set_hash(connection, key, hash).await? == 0 {
                    return Err(invalid(Cause::NoSubject));
                }
                void(cx, connection, &claims.sub, None).await?;
                let user = <S::User as Authenticated>::find(connection, key).await?;
                let user = Arc::new(user.ok_or_else(|| invalid(Cause::NoSubject))?);
                let signed_in = sign_in_if_admitted::<S>(cx, connection, Arc::clone(&user), "reset").await?;
                let notice = notice::<S>(cx, connection, &user).await?;
                Ok((user, signed_in, notice))
            })
        })
        .await?;
    changed::<S>(cx, &user, notice);
    signed_in.ok_or_else(|| AuthenticationFailed::new(S::CONFIG.name, "reset", Cause::Unconfirmed).into())
}

/// Whose token it is, as long as it is good.
async fn owner_of_live_token<S: Password>(
    cx: &Cx<S>,
    jti: &str,
    key: &KeyOf<S>,
) -> Result<Option<S::User>, Error> {
    let now = cx.auth.now();
    let (jti, key) = (jti.to_owned(), key.clone());
    cx.auth
        .read(move |connection| {
            let (jti, key) = (jti.clone(), key.clone());
            Box::pin(async move {
                let purpose = Purpose::PasswordReset;
                if !<S::User as Authenticated>::Tokens::is_live(connection, &jti, purpose, now).await? {
                    return Ok(None);
                }
                <S::User as Authenticated>::find(connection, &key).await
            })
        })
        .await
}
