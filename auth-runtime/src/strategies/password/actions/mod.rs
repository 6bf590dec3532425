//! What people can do with a password: one file per action, and here what several of them share.

mod change;
mod exchange;
mod register;
mod register_alike;
mod reset;
mod sign_in;

use secrecy::{ExposeSecret, SecretString};
use time::OffsetDateTime;

pub(super) use change::CURRENT_PASSWORD;
pub use change::change;
pub use exchange::exchange;
pub use register::register;
pub use register_alike::register_alike;
pub use reset::{request_reset, reset};
pub use sign_in::{sign_in, sign_in_token};

use super::{METHOD, Password, Person, parts::Ready};
use crate::{
    context::Context,
    error::{AuthenticationFailed, Cause, Error, FieldError, FieldErrors},
    identity::ByIdentity,
    resources::token::TokenStore,
    sender::{Letter, MessageKind, Queued},
    session::{FirstFactor, SignedIn, TokensRevoked, mint, subject},
    strategy::{Act, Sort},
    token::{Claims, Purpose},
    user::{Authenticated, Conn, Resource},
};

pub(super) type Cx<S> = Context<<S as ByIdentity>::User>;
type KeyOf<S> = <<S as ByIdentity>::User as Resource>::Key;

/// The started parts of the strategy.
fn ready<S: Password>(cx: &Cx<S>) -> Result<&Ready<S>, Error> {
    cx.auth.part(S::CONFIG.index)
}

/// One of the strategy's actions, about whoever the text stands for.
fn act<S: Password>(action: &'static str, sort: Sort, identity: &str) -> Act {
    let act = Act::new(S::CONFIG.name, action, sort);
    // Text that cannot be anybody's identity is the identity of nobody.
    match S::IDENTITY.format.canonical(identity) {
        Ok(identity) => act.about(identity),
        Err(_) => act,
    }
}

/// One of the strategy's actions that checks or makes a hash.
fn hashing_act<S: Password>(action: &'static str, identity: &str) -> Act {
    act::<S>(action, Sort::Proof, identity).hashing()
}

fn refused<S: Password>(action: &'static str, cause: Cause) -> Error {
    AuthenticationFailed::new(S::CONFIG.name, action, cause).into()
}

/// Refuses a new password, and one that was not entered twice alike.
async fn check_new_password<S: Password>(
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

/// Mints a session, or nothing when the person may not have one yet, such as before a confirmation (promise CF-03).
async fn sign_in_if_admitted<S: Password>(
    cx: &Cx<S>,
    connection: &mut Conn<S::User>,
    user: Person<S>,
    action: &'static str,
) -> Result<Option<SignedIn<S::User>>, Error> {
    if cx.auth.admit(&user).is_err() {
        cx.succeed(connection, Some(&subject(&*user))).await?;
        return Ok(None);
    }
    let factor = FirstFactor::new(user, S::CONFIG.name, action, METHOD);
    mint(cx, connection, factor).await.map(Some)
}

/// Whether this transaction is the one that spends the token (promise SU-02).
async fn spend<S: Password>(
    connection: &mut Conn<S::User>,
    claims: &Claims,
    purpose: Purpose,
    now: OffsetDateTime,
) -> Result<bool, Error> {
    let rows =
        <S::User as Authenticated>::Tokens::spend(connection, &claims.jti, &claims.sub, purpose, now).await?;
    Ok(rows == 1)
}

/// Tells the owner of another password, in the transaction that sets it (promise SU-10). Without a `resettable` block
/// there is nothing that could tell.
async fn notice<S: Password>(
    cx: &Cx<S>,
    connection: &mut Conn<S::User>,
    user: &S::User,
) -> Result<Option<Queued>, Error> {
    if !cx.auth.has_sender(S::CONFIG.name) {
        return Ok(None);
    }
    let letter = Letter::to_person(MessageKind::PasswordChanged, S::CONFIG.name, user);
    cx.auth.enqueue(connection, letter).await.map(Some)
}

/// What follows the commit of another password: everything has ended that the person held.
fn changed<S: Password>(cx: &Cx<S>, user: &S::User, notice: Option<Queued>) {
    cx.auth.tell_revoked(&TokensRevoked::Subject {
        subject: subject(user),
    });
    drop(cx.auth.deliver_if(notice));
}
