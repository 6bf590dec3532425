use std::sync::Arc;

use secrecy::SecretString;

use super::{Cx, hashing_act, ready, refused};
use crate::{
    error::{Cause, Error, FieldErrors},
    hasher::Verdict,
    identity::ByIdentity,
    session::{FirstFactor, SignedIn, mint, store, subject, void},
    strategies::password::{METHOD, Password, Person, SignIn},
    strategy::{Outcome, perform},
    token::{ExtraClaims, NewToken, Purpose},
    user::{Conn, Resource},
};

/// Signs in with identity and password.
///
/// # Errors
/// [`Error::AuthenticationFailed`] for everything that depends on the person; [`Error::Invalid`] for a password over
/// the bound; [`Error::Overloaded`]; [`Error::Storage`].
pub async fn sign_in<S: Password>(cx: &Cx<S>, input: SignIn) -> Outcome<SignedIn<S::User>> {
    let act = hashing_act::<S>("sign_in", &input.identity);
    perform(cx, act, |cx| async move {
        let cx = cx.remembering(input.remember_me);
        checked::<S, _>(&cx, input, "sign_in", |cx, connection, user| {
            Box::pin(mint(
                cx,
                connection,
                FirstFactor::new(user, S::CONFIG.name, "sign_in", METHOD),
            ))
        })
        .await
    })
    .await
}

/// Checks identity and password and answers with a token that [`exchange`](super::exchange) turns into a session, once.
///
/// # Errors
/// As [`sign_in`]; [`Error::NoSuchAction`] when sign-in tokens are off.
pub async fn sign_in_token<S: Password>(cx: &Cx<S>, input: SignIn) -> Outcome<SecretString> {
    let act = hashing_act::<S>("sign_in_token", &input.identity);
    perform(cx, act, |cx| async move {
        if !S::CONFIG.sign_in_tokens_enabled {
            return Err(Error::NoSuchAction);
        }
        checked::<S, _>(&cx, input, "sign_in_token", |cx, connection, user| {
            Box::pin(async move {
                let Some(tokens) = cx.auth.tokens() else {
                    return Err(Error::NoSuchAction);
                };
                let now = cx.auth.now();
                let subject = subject(&*user);
                let purpose = Purpose::SignIn;
                // A newer one replaces an earlier one (promise SU-05).
                void(cx, connection, &subject, Some(purpose)).await?;
                let mut new = NewToken::new(purpose, subject);
                new.lifetime = Some(S::CONFIG.sign_in_token_lifetime());
                new.act = Some(S::CONFIG.sign_in_with_token_action_name.to_owned());
                new.auth_time = Some(now.unix_timestamp());
                new.amr = vec![METHOD.to_owned()];
                let minted = tokens.mint(now, new)?;
                store::<S::User>(connection, &minted.claims, &ExtraClaims::default(), now).await?;
                cx.succeed(connection, Some(&minted.claims.sub)).await?;
                Ok(minted.token)
            })
        })
        .await
    })
    .await
}

/// How often a sign-in starts over because the stored hash was replaced while it ran.
const ATTEMPTS: usize = 3;

type Then<S, T> = for<'c> fn(
    &'c Cx<S>,
    &'c mut Conn<<S as ByIdentity>::User>,
    Person<S>,
) -> futures_util::future::BoxFuture<'c, Result<T, Error>>;

/// Runs `then` in the transaction that proves the checked password to be the current one.
async fn checked<S: Password, T: Send + 'static>(
    cx: &Cx<S>,
    input: SignIn,
    action: &'static str,
    then: Then<S, T>,
) -> Result<T, Error> {
    let config = &S::CONFIG;
    let ready = ready::<S>(cx)?;
    if !config.sign_in_enabled {
        return Err(refused::<S>(action, Cause::SignInDisabled));
    }
    ready
        .check_presented(&input.password)
        .map_err(|error| FieldErrors::one(config.password_field, error))?;
    // Text that cannot be anybody's identity is treated like the identity of nobody.
    let identity: Option<Arc<str>> = S::IDENTITY.format.canonical(&input.identity).ok().map(Into::into);

    for _ in 0..ATTEMPTS {
        let found = match &identity {
            Some(identity) => find::<S>(cx, Arc::clone(identity)).await?,
            None => None,
        };
        let (user, stored) = found.map_or((None, None), |(user, hash)| (Some(user), hash));
        if let Some(user) = &user {
            cx.concerns(&subject(user));
        }
        let known = user.is_some() && stored.as_deref().is_some_and(|hash| !hash.is_empty());
        let verdict = cx
            .auth
            .hash_pool()
            .verify(&ready.hashing, input.password.clone(), stored.clone())
            .await?;
        let (Some(user), Some(old), Verdict::Match { outdated }) = (user, stored, verdict) else {
            return Err(refused::<S>(
                action,
                if known {
                    Cause::WrongPassword
                } else {
                    Cause::NoUser
                },
            ));
        };
        cx.auth
            .admit(&user)
            .map_err(|cause| refused::<S>(action, cause))?;
        let new = if outdated {
            cx.auth
                .hash_pool()
                .hash(&ready.hashing, input.password.clone())
                .await?
        } else {
            old.clone()
        };
        let job = Arc::new((cx.clone(), Arc::new(user), old, new));
        let done = cx
            .auth
            .write(move |connection| {
                let job = Arc::clone(&job);
                Box::pin(async move {
                    let (cx, user, old, new) = &*job;
                    // Holds only if the password that was checked is still the person's, and locks the row.
                    if S::replace_hash(connection, user.key(), old, new).await? == 0 {
                        return Ok(None);
                    }
                    then(cx, connection, Arc::clone(user)).await.map(Some)
                })
            })
            .await?;
        if let Some(done) = done {
            return Ok(done);
        }
    }
    Err(refused::<S>(action, Cause::ChangedMeanwhile))
}

async fn find<S: Password>(
    cx: &Cx<S>,
    identity: Arc<str>,
) -> Result<Option<(S::User, Option<String>)>, Error> {
    let tenant = cx.auth.tenant()?.clone();
    cx.auth
        .read(move |connection| {
            let (identity, tenant) = (Arc::clone(&identity), tenant.clone());
            Box::pin(async move { S::find(connection, &tenant, &identity).await })
        })
        .await
}
