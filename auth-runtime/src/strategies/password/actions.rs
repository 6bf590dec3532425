use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use time::OffsetDateTime;

use super::{Change, Exchange, METHOD, Password, Person, Register, SignIn, parts::Ready};
use crate::{
    context::Context,
    db::{AsStorage, Key, Problem, classify},
    error::{AuthenticationFailed, Cause, Error, FieldError, FieldErrors},
    hasher::Verdict,
    resources::token::TokenStore,
    sender::Parcel,
    session::{FirstFactor, SignedIn, TokensRevoked, mint, store, subject},
    strategy::Outcome,
    token::{ExtraClaims, NewToken, Purpose, parse_subject},
    user::{Authenticated, Resource},
};

pub(super) type Cx<S> = Context<<S as Password>::User>;
pub(super) type KeyOf<S> = <<S as Password>::User as Resource>::Key;

/// The started parts of the strategy.
pub(super) fn ready<S: Password>(cx: &Cx<S>) -> Result<&Ready<S::User>, Error> {
    cx.auth.check_open()?;
    cx.auth.strategy(S::CONFIG.index)
}

fn refused<S: Password>(action: &'static str, cause: Cause) -> Error {
    AuthenticationFailed::new(S::CONFIG.name, action, cause).into()
}

/// Makes a new person and signs them in.
///
/// With `require_confirmed_with` and the column still null, the person exists afterwards but is not signed in.
///
/// # Errors
/// [`Error::Invalid`] with the refused fields, a taken identity among them; [`Error::AuthenticationFailed`] when
/// registration is off or the person must be confirmed first; [`Error::Overloaded`]; [`Error::Storage`].
pub async fn register<S: Password>(cx: &Cx<S>, input: Register<S::Extras>) -> Outcome<SignedIn<S::User>> {
    Outcome::of_sign_in(S::CONFIG.name, "register", try_register::<S>(cx, input).await)
}

async fn try_register<S: Password>(
    cx: &Cx<S>,
    input: Register<S::Extras>,
) -> Result<SignedIn<S::User>, Error> {
    let config = &S::CONFIG;
    if !config.registration_enabled {
        return Err(refused::<S>("register", Cause::RegistrationDisabled));
    }
    let mut errors = FieldErrors::default();
    let identity = config
        .identity_format
        .canonical(&input.identity)
        .unwrap_or_else(|error| {
            errors.add(config.identity_field, error);
            String::new()
        });
    check_new_password::<S>(
        cx,
        &input.password,
        input.confirmation.as_ref(),
        &identity,
        &mut errors,
    )
    .await?;
    errors.or(())?;

    let hash = cx
        .auth
        .hash_pool()
        .hash(&ready::<S>(cx)?.hashing, input.password)
        .await?;
    let key = KeyOf::<S>::generate(cx.auth.now());
    let job = Arc::new((cx.clone(), key, identity, hash, input.extras));
    let signed_in = cx
        .auth
        .write(move |connection| {
            let job = Arc::clone(&job);
            Box::pin(async move {
                let (cx, key, identity, hash, extras) = &*job;
                S::insert(connection, key.clone(), identity, hash, extras.clone())
                    .await
                    .map_err(|error| taken::<S>(error.into()))?;
                let Some((user, _)) = S::find(connection, identity).await? else {
                    return Err(Error::internal("a person just inserted was not found"));
                };
                sign_in_if_confirmed::<S>(cx, connection, Arc::new(user), "register").await
            })
        })
        .await?;
    signed_in.ok_or_else(|| refused::<S>("register", Cause::Unconfirmed))
}

/// A violated uniqueness constraint becomes an error of the field it stands for.
fn taken<S: Password>(error: Error) -> Error {
    let Some(problem @ Problem::UniqueViolation { .. }) = error.as_storage().map(classify) else {
        return error;
    };
    let table = <S::User as Resource>::table();
    let other = table
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .find(|column| *column != S::CONFIG.identity_column && problem.is_duplicate(&table.name, column));
    FieldErrors::one(other.unwrap_or(S::CONFIG.identity_field), FieldError::Taken).into()
}

/// Mints a session, or nothing when the person must be confirmed first (promise CF-03).
pub(super) async fn sign_in_if_confirmed<S: Password>(
    cx: &Cx<S>,
    connection: &mut crate::user::Conn<S::User>,
    user: Person<S>,
    action: &'static str,
) -> Result<Option<SignedIn<S::User>>, Error> {
    if !S::is_confirmed(&user) {
        return Ok(None);
    }
    let factor = FirstFactor::new(user, S::CONFIG.name, action, METHOD);
    mint(cx, connection, factor).await.map(Some)
}

/// Refuses a new password, and one that was not entered twice alike.
pub(super) async fn check_new_password<S: Password>(
    cx: &Cx<S>,
    password: &SecretString,
    confirmation: Option<&SecretString>,
    identity: &str,
    errors: &mut FieldErrors,
) -> Result<(), Error> {
    let config = &S::CONFIG;
    let mut context = vec![identity, <S::User as Authenticated>::SETTINGS.tokens.issuer];
    context.extend(config.blocklist_words);
    if let Err(error) = ready::<S>(cx)?.check_new(password, &context).await {
        errors.add(config.password_field, error);
    }
    if config.confirmation_required {
        match confirmation {
            None => errors.add(config.password_confirmation_field, FieldError::Required),
            // Two inputs of one form: nobody learns anything from how long this takes.
            Some(second) if second.expose_secret() != password.expose_secret() => {
                errors.add(config.password_confirmation_field, FieldError::DoesNotMatch);
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Signs in with identity and password.
///
/// # Errors
/// [`Error::AuthenticationFailed`] for everything that depends on the person; [`Error::Invalid`] for a password over
/// the bound; [`Error::Overloaded`]; [`Error::Storage`].
pub async fn sign_in<S: Password>(cx: &Cx<S>, input: SignIn) -> Outcome<SignedIn<S::User>> {
    let result = checked::<S, _>(cx, input, "sign_in", |cx, connection, user| {
        Box::pin(mint(
            cx,
            connection,
            FirstFactor::new(user, S::CONFIG.name, "sign_in", METHOD),
        ))
    });
    Outcome::of_sign_in(S::CONFIG.name, "sign_in", result.await)
}

/// Checks identity and password and answers with a token that [`exchange`] turns into a session, once.
///
/// # Errors
/// As [`sign_in`]; [`Error::NoSuchAction`] when sign-in tokens are off.
pub async fn sign_in_token<S: Password>(cx: &Cx<S>, input: SignIn) -> Outcome<SecretString> {
    let result = async {
        if !S::CONFIG.sign_in_tokens_enabled {
            return Err(Error::NoSuchAction);
        }
        checked::<S, _>(cx, input, "sign_in_token", |cx, connection, user| {
            Box::pin(async move {
                let Some(tokens) = cx.auth.tokens() else {
                    return Err(Error::NoSuchAction);
                };
                let now = cx.auth.now();
                let subject = subject(&*user);
                let purpose = Purpose::SignIn;
                // A newer one replaces an earlier one (promise SU-05).
                <S::User as Authenticated>::Tokens::revoke_subject(connection, &subject, Some(purpose), now)
                    .await?;
                let mut new = NewToken::new(purpose, subject);
                new.lifetime = Some(S::CONFIG.sign_in_token_lifetime());
                new.act = Some(S::CONFIG.sign_in_with_token_action_name.to_owned());
                new.auth_time = Some(now.unix_timestamp());
                new.amr = vec![METHOD.to_owned()];
                let minted = tokens.mint(now, new)?;
                store::<S::User>(connection, &minted.claims, &ExtraClaims::default(), now).await?;
                Ok(minted.token)
            })
        })
        .await
    };
    Outcome::of(S::CONFIG.name, "sign_in_token", result.await)
}

/// How often a sign-in starts over because the stored hash was replaced while it ran.
const ATTEMPTS: usize = 3;

type Then<S, T> = for<'c> fn(
    &'c Cx<S>,
    &'c mut crate::user::Conn<<S as Password>::User>,
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
    let identity: Option<Arc<str>> = config
        .identity_format
        .canonical(&input.identity)
        .ok()
        .map(Into::into);

    for _ in 0..ATTEMPTS {
        let found = match &identity {
            Some(identity) => find::<S>(cx, Arc::clone(identity)).await?,
            None => None,
        };
        let (user, stored) = found.map_or((None, None), |(user, hash)| (Some(user), hash));
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
        if !S::is_confirmed(&user) {
            return Err(refused::<S>(action, Cause::Unconfirmed));
        }
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
    cx.auth
        .read(move |connection| {
            let identity = Arc::clone(&identity);
            Box::pin(async move { S::find(connection, &identity).await })
        })
        .await
}

/// Exchanges a sign-in token for a session, once.
///
/// # Errors
/// [`Error::AuthenticationFailed`] for a token that does not work, whatever the reason; [`Error::Storage`].
pub async fn exchange<S: Password>(cx: &Cx<S>, input: Exchange) -> Outcome<SignedIn<S::User>> {
    Outcome::of_sign_in(
        S::CONFIG.name,
        "sign_in_with_token",
        try_exchange::<S>(cx, input).await,
    )
}

async fn try_exchange<S: Password>(cx: &Cx<S>, input: Exchange) -> Result<SignedIn<S::User>, Error> {
    let config = &S::CONFIG;
    let refuse = |cause| refused::<S>("sign_in_with_token", cause);
    let tokens = cx
        .auth
        .tokens()
        .filter(|_| config.sign_in_enabled && config.sign_in_tokens_enabled);
    let tokens = tokens.ok_or(Error::NoSuchAction)?;
    let now = cx.auth.now();
    let claims = tokens
        .verify(input.token.expose_secret(), Purpose::SignIn, now)
        .map_err(|_| refuse(Cause::TokenInvalid))?;
    if claims.act.as_deref() != Some(config.sign_in_with_token_action_name) {
        return Err(refuse(Cause::WrongAction));
    }
    let key = key_of::<S>(&claims.sub).ok_or_else(|| refuse(Cause::ForeignSubject))?;
    let job = Arc::new((cx.clone(), claims, key));
    cx.auth
        .write(move |connection| {
            let job = Arc::clone(&job);
            Box::pin(async move {
                let (cx, claims, key) = &*job;
                // The person before their tokens, in the order of everything else that writes both.
                if <S::User as Authenticated>::lock(connection, key).await? == 0 {
                    return Err(refuse(Cause::NoSubject));
                }
                if !spend::<S>(connection, claims, Purpose::SignIn, now).await? {
                    return Err(refuse(Cause::TokenSpent));
                }
                let user = <S::User as Authenticated>::find(connection, key).await?;
                let user = user.ok_or_else(|| refuse(Cause::NoSubject))?;
                if !S::is_confirmed(&user) {
                    return Err(refuse(Cause::Unconfirmed));
                }
                let factor = FirstFactor::new(Arc::new(user), config.name, "sign_in_with_token", METHOD);
                mint(cx, connection, factor.carried_by(claims)).await
            })
        })
        .await
}

/// Whether this transaction is the one that spends the token (promise SU-02).
pub(super) async fn spend<S: Password>(
    connection: &mut crate::user::Conn<S::User>,
    claims: &crate::token::Claims,
    purpose: Purpose,
    now: OffsetDateTime,
) -> Result<bool, Error> {
    let rows =
        <S::User as Authenticated>::Tokens::spend(connection, &claims.jti, &claims.sub, purpose, now).await?;
    Ok(rows == 1)
}

/// The key in a subject of this resource.
pub(super) fn key_of<S: Password>(subject: &str) -> Option<KeyOf<S>> {
    let name = <S::User as Authenticated>::SETTINGS.subject_name;
    let text = parse_subject(subject, name, <S::User as Resource>::KEY_COLUMN)?;
    KeyOf::<S>::from_text(&text)
}

/// Changes the password of whoever is signed in. Every other session and outstanding token ends (promises SU-05,
/// SE-01), and the answer carries a new session.
///
/// # Errors
/// [`Error::AuthenticationFailed`] when nobody is signed in; [`Error::ReauthenticationRequired`] when the sign-in is
/// too long ago (promise PW-11); [`Error::Invalid`], a wrong current password included; [`Error::Storage`].
pub async fn change<S: Password>(cx: &Cx<S>, input: Change) -> Outcome<SignedIn<S::User>> {
    Outcome::of_sign_in(S::CONFIG.name, "change", try_change::<S>(cx, input).await)
}

async fn try_change<S: Password>(cx: &Cx<S>, input: Change) -> Result<SignedIn<S::User>, Error> {
    let config = &S::CONFIG;
    if !config.change_password_enabled {
        return Err(Error::NoSuchAction);
    }
    let session = cx
        .session()
        .ok_or_else(|| refused::<S>("change", Cause::NotSignedIn))?;
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

    let now = cx.auth.now();
    let job = Arc::new((cx.clone(), Arc::clone(&user), old, new));
    let signed_in = cx
        .auth
        .write(move |connection| {
            let job = Arc::clone(&job);
            Box::pin(async move {
                let (cx, user, old, new) = &*job;
                if S::replace_hash(connection, user.key(), old, new).await? == 0 {
                    return Err(refused::<S>("change", Cause::ChangedMeanwhile));
                }
                <S::User as Authenticated>::Tokens::revoke_subject(connection, &subject(&**user), None, now)
                    .await?;
                mint(
                    cx,
                    connection,
                    FirstFactor::new(Arc::clone(user), config.name, "change", METHOD),
                )
                .await
            })
        })
        .await?;
    changed::<S>(cx, ready, user);
    Ok(signed_in)
}

/// The argument with the password so far.
pub(super) const CURRENT_PASSWORD: &str = "current_password";

async fn stored_hash<S: Password>(cx: &Cx<S>, user: Person<S>) -> Result<Option<String>, Error> {
    cx.auth
        .read(move |connection| {
            let user = Arc::clone(&user);
            Box::pin(async move { S::hash_of(connection, user.key()).await })
        })
        .await
}

/// What follows the commit of another password: everything has ended that the person held, and the owner is told
/// (promise SU-10).
pub(super) fn changed<S: Password>(cx: &Cx<S>, ready: &Ready<S::User>, user: Person<S>) {
    cx.auth.tell_revoked(&TokensRevoked::Subject {
        subject: subject(&*user),
    });
    if let Some(sender) = &ready.sender {
        drop(cx.auth.deliver(sender, user, Parcel::PasswordChanged));
    }
}
