use std::sync::Arc;

use secrecy::ExposeSecret;

use super::Cx;
use crate::{
    add_ons::confirmation::{Confirm, Confirmation, proof},
    db::{AsStorage, Problem, classify},
    error::{AuthenticationFailed, Cause, Error, FieldError, FieldErrors},
    identity::ByIdentity,
    resources::token::TokenStore,
    sender::{Letter, MessageKind},
    session::{FirstFactor, SignedIn, key_of, mint, void},
    strategy::{
        Act, Confirmed, Outcome, Sort, perform,
        request::{Kept, links_of},
    },
    token::{Claims, Purpose},
    user::{Authenticated, Conn, Resource},
};

type KeyOf<S> = <<S as ByIdentity>::User as Resource>::Key;

/// The method that session tokens name for a link.
const METHOD: &str = "link";

/// Confirms the address that a link was sent to, once.
///
/// A session comes with it only in the browser that registered (promise CF-04). On an unconfirmed account everything ends
/// that was set before, unless the link is followed in that browser or in a session of the person (CF-01).
///
/// # Errors
/// [`Error::InvalidToken`] for a token that does not work, whatever the reason; for a new address
/// [`Error::AuthenticationFailed`] outside the session and the browser that asked for it, and [`Error::Invalid`] when
/// somebody has taken it meanwhile, where the token stays good; [`Error::Storage`].
pub async fn confirm<S: Confirmation>(cx: &Cx<S>, input: Confirm) -> Outcome<Confirmed<S::User>> {
    let act = Act::new(S::CONFIG.name, "confirm", Sort::Proof);
    perform(cx, act, |cx| async move { try_confirm::<S>(&cx, &input).await }).await
}

fn invalid(cause: Cause) -> Error {
    Error::InvalidToken {
        purpose: Purpose::Confirmation,
        cause,
    }
}

async fn try_confirm<S: Confirmation>(cx: &Cx<S>, input: &Confirm) -> Result<Confirmed<S::User>, Error> {
    let tokens = cx.auth.tokens().ok_or(Error::NoSuchAction)?;
    let claims = tokens
        .verify(input.token.expose_secret(), Purpose::Confirmation, cx.auth.now())
        .map_err(|_| invalid(Cause::TokenInvalid))?;
    if claims.act.as_deref() != Some(S::CONFIG.confirm_action_name) {
        return Err(invalid(Cause::WrongAction));
    }
    let key = key_of::<S::User>(&claims.sub).ok_or_else(|| invalid(Cause::ForeignSubject))?;
    cx.concerns(&claims.sub);
    let job = Arc::new((cx.clone(), claims, key));
    cx.auth
        .write(move |connection| {
            let job = Arc::clone(&job);
            Box::pin(async move {
                let (cx, claims, key) = &*job;
                follow::<S>(cx, connection, claims, key).await
            })
        })
        .await
}

async fn follow<S: Confirmation>(
    cx: &Cx<S>,
    connection: &mut Conn<S::User>,
    claims: &Claims,
    key: &KeyOf<S>,
) -> Result<Confirmed<S::User>, Error> {
    let gone = || invalid(Cause::NoSubject);
    // The person before their tokens, in the order of everything else that writes both.
    if <S::User as Authenticated>::lock(connection, key).await? == 0 {
        return Err(gone());
    }
    let before = <S::User as Authenticated>::find(connection, key).await?;
    let tenant = cx.auth.tenant()?;
    let before = before.filter(|user| user.tenant() == *tenant).ok_or_else(gone)?;
    let links = links_of(cx, connection, &claims.sub, Purpose::Confirmation, S::CONFIG.name).await?;
    let link = links.into_iter().find(|(jti, _)| *jti == claims.jti);
    let (_, kept) = link.ok_or_else(|| invalid(Cause::TokenSpent))?;
    let credentials_voided = if kept.changes {
        apply::<S>(cx, connection, claims, &before, &kept).await?;
        false
    } else {
        prove::<S>(cx, connection, claims, &before, &kept).await?
    };
    let user = <S::User as Authenticated>::find(connection, key).await?;
    let user = Arc::new(user.ok_or_else(gone)?);
    cx.proved_address(connection, &user, S::IDENTITY.field).await?;
    let signed_in = sign_in::<S>(cx, connection, &user, &kept).await?;
    if signed_in.is_none() {
        cx.succeed(connection, Some(&claims.sub)).await?;
    }
    Ok(Confirmed {
        user,
        signed_in,
        credentials_voided,
    })
}

/// Spends the token in this transaction, or refuses (promise SU-02).
async fn spend<S: Confirmation>(
    cx: &Cx<S>,
    connection: &mut Conn<S::User>,
    claims: &Claims,
) -> Result<(), Error> {
    let (now, purpose) = (cx.auth.now(), Purpose::Confirmation);
    match <S::User as Authenticated>::Tokens::spend(connection, &claims.jti, &claims.sub, purpose, now)
        .await?
    {
        1 => Ok(()),
        _ => Err(invalid(Cause::TokenSpent)),
    }
}

/// Confirms the stored address, if it is the one that the link was sent to (promise CF-02).
async fn prove<S: Confirmation>(
    cx: &Cx<S>,
    connection: &mut Conn<S::User>,
    claims: &Claims,
    user: &S::User,
    kept: &Kept,
) -> Result<bool, Error> {
    if kept.value.as_deref() != Some(S::identity(user)) {
        return Err(invalid(Cause::ChangedMeanwhile));
    }
    spend::<S>(cx, connection, claims).await?;
    if S::is_confirmed(user) {
        return Ok(false);
    }
    let browser = kept.browser.as_deref().into_iter();
    let with_credential = proof::comes_with_a_credential::<S>(cx, user, browser);
    proof::accept::<S>(cx, connection, user, with_credential).await
}

/// Puts the new address in place of the old one. Whoever receives mail there but did not ask for it cannot do that, so an
/// account is never put under somebody's address without the holder of both.
async fn apply<S: Confirmation>(
    cx: &Cx<S>,
    connection: &mut Conn<S::User>,
    claims: &Claims,
    user: &S::User,
    kept: &Kept,
) -> Result<(), Error> {
    let address = kept
        .value
        .as_deref()
        .ok_or_else(|| invalid(Cause::TokenInvalid))?;
    let browser = kept.browser.as_deref().into_iter();
    if S::CONFIG.prevent_hijacking && !proof::comes_with_a_credential::<S>(cx, user, browser) {
        return Err(AuthenticationFailed::new(S::CONFIG.name, "confirm", Cause::NotSignedIn).into());
    }
    spend::<S>(cx, connection, claims).await?;
    S::write(connection, user.key(), address, Some(cx.auth.now()))
        .await
        .map_err(|error| taken::<S>(error.into()))?;
    // What was sent to the old address is void (promise SU-05).
    for purpose in Purpose::MINTABLE
        .iter()
        .filter(|purpose| !Purpose::OF_SESSIONS.contains(purpose))
    {
        void(cx, connection, &claims.sub, Some(*purpose)).await?;
    }
    let old = S::identity(user);
    if !old.is_empty() && old != address {
        let letter = Letter::to_person(MessageKind::AddressChanged, S::CONFIG.name, user);
        cx.send(connection, letter.with_field(S::IDENTITY.field, old))
            .await?;
    }
    Ok(())
}

/// A violated uniqueness constraint: somebody has the address by now.
fn taken<S: Confirmation>(error: Error) -> Error {
    match error.as_storage().map(classify) {
        Some(Problem::UniqueViolation { .. }) => {
            FieldErrors::one(S::IDENTITY.field, FieldError::Taken).into()
        }
        _ => error,
    }
}

/// A session for the browser that registered, and for no other (promise CF-04).
async fn sign_in<S: Confirmation>(
    cx: &Cx<S>,
    connection: &mut Conn<S::User>,
    user: &Arc<S::User>,
    kept: &Kept,
) -> Result<Option<SignedIn<S::User>>, Error> {
    let registered_here = !kept.changes
        && kept
            .browser
            .as_deref()
            .is_some_and(|bound| cx.browser().is(bound));
    if !registered_here || proof::is_signed_in::<S>(cx, user) || cx.auth.admit(user).is_err() {
        return Ok(None);
    }
    let factor = FirstFactor::new(Arc::clone(user), S::CONFIG.name, "confirm", METHOD);
    mint(cx, connection, factor).await.map(Some)
}
