use std::{sync::Arc, time::Duration};

use secrecy::ExposeSecret;
use tokio::time::Instant;

use super::{Cx, KeyOf, act, changed, check_new_password, key_of, notice, ready, sign_in_if_admitted, spend};
use crate::{
    db::DEADLINE,
    error::{AuthenticationFailed, Cause, Error, FieldErrors},
    resources::token::TokenStore,
    sender::{Letter, MessageKind, Queued},
    session::{SignedIn, store, subject, void},
    strategies::password::{Password, RequestReset, Reset, config::Resettable},
    strategy::{Accepted, Act, Outcome, Sort, perform},
    token::{ExtraClaims, NewToken, Purpose, subject_text},
    user::{Authenticated, Conn, Resource},
};

/// A reset request is answered this long after it came in, or later if the database is slow: what little differs
/// between known and unknown people happens well within it (promise EN-02).
const ANSWER_AFTER: Duration = Duration::from_millis(60);

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
    let answer_at = Instant::now() + ANSWER_AFTER;
    let resettable = S::CONFIG.resettable.ok_or(Error::NoSuchAction)?;
    let ready = ready::<S>(cx)?;
    // Text that cannot be anybody's identity is treated like the identity of nobody.
    let identity = S::IDENTITY.format.canonical(&input.identity).unwrap_or_default();
    let job = Arc::new((cx.clone(), identity));
    let turn = ready.turn(DEADLINE).await?;
    let outcome = cx
        .auth
        .write(move |connection| {
            let job = Arc::clone(&job);
            Box::pin(async move {
                let (cx, identity) = &*job;
                prepare::<S>(cx, connection, identity, &resettable).await
            })
        })
        .await;
    drop(turn);
    // The delivery starts within the wait, not beside the answer, where it would slow down the answers to known people.
    let accepted = outcome.map(|queued| Accepted(cx.auth.deliver_if(queued)));
    tokio::time::sleep_until(answer_at).await;
    accepted
}

/// Voids earlier reset tokens, stores a fresh one and puts it into the outbox. For nobody it does the same with a subject
/// that cannot exist, so that both cost alike; the token expires and is purged like any other, and nothing is sent. Over
/// the limit everybody is nobody, without a row.
async fn prepare<S: Password>(
    cx: &Cx<S>,
    connection: &mut Conn<S::User>,
    identity: &str,
    resettable: &Resettable,
) -> Result<Option<Queued>, Error> {
    let tokens = cx.auth.tokens().ok_or(Error::NoSuchAction)?;
    let now = cx.auth.now();
    let found = S::find(connection, cx.auth.tenant()?, identity).await?;
    let user = found.map(|(user, _)| user).filter(|_| cx.may_send());
    let (subject, letter) = match &user {
        Some(user) => {
            <S::User as Authenticated>::lock(connection, user.key()).await?;
            let letter = Letter::to_person(MessageKind::PasswordReset, S::CONFIG.name, user);
            (subject(user), letter)
        }
        None => {
            let nobody = format!("nobody-{}", crate::random::identifier()?);
            let subject = subject_text(
                <S::User as Authenticated>::SETTINGS.subject_name,
                <S::User as Resource>::KEY_COLUMN,
                &nobody,
            );
            (subject, Letter::to_nobody::<S::User>(S::CONFIG.name, &nobody))
        }
    };
    let purpose = Purpose::PasswordReset;
    void(cx, connection, &subject, Some(purpose)).await?;
    let lifetime = Duration::from_secs(resettable.token_lifetime_seconds);
    let mut new = NewToken::new(purpose, subject);
    new.lifetime = Some(lifetime);
    new.act = Some(resettable.password_reset_action_name.to_owned());
    let minted = tokens.mint(now, new)?;
    if cx.may_send() {
        store::<S::User>(connection, &minted.claims, &ExtraClaims::default(), now).await?;
    }
    if user.is_none() {
        cx.fail_silently(Cause::NoUser);
    }
    let known = user.as_ref().map(|_| minted.claims.sub.as_str());
    cx.succeed(connection, known).await?;
    if !cx.may_send() {
        return Ok(None);
    }
    let letter = letter.with_token(minted.claims);
    cx.auth.enqueue(connection, letter).await.map(Some)
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
    let key = key_of::<S>(&claims.sub).ok_or_else(|| invalid(Cause::ForeignSubject))?;
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
