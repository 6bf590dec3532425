//! What owners do with their keys: one file per action, and here what several of them share.

mod create;
mod list;
mod revoke;
mod rotate;

use std::time::Duration;

use time::OffsetDateTime;

pub use create::create;
pub use list::list;
pub use revoke::revoke;
pub use rotate::rotate;

use super::{ApiKey, Cx, NewApiKey, format::Material};
use crate::{
    db::Id,
    error::{AuthenticationFailed, Cause, Error, FieldError, FieldErrors},
    resources::{
        api_key::{ApiKeyStore, NewApiKeyRow, StoredApiKey},
        token::TokenStore,
    },
    sender::{Letter, MessageKind, Queued},
    session::CurrentSession,
    strategy::{Act, Sort},
    user::{Authenticated, Conn, Resource},
};

/// The arguments.
pub(super) const NAME: &str = "name";
pub(super) const SCOPES: &str = "scopes";
pub(super) const LIFETIME: &str = "lifetime";
pub(super) const OVERLAP: &str = "overlap";
pub(super) const ID: &str = "id";

/// How long keys that do not count any more stay in the list.
const REMEMBERED: time::Duration = time::Duration::days(30);

/// One of the strategy's actions, about whoever is signed in.
fn act<S: ApiKey>(cx: &Cx<S>, action: &'static str) -> Act {
    let act = Act::new(S::CONFIG.name, action, Sort::Account);
    match cx.session() {
        Some(session) => act.about(session.subject()),
        None => act,
    }
}

fn refused<S: ApiKey>(action: &'static str, cause: Cause) -> Error {
    AuthenticationFailed::new(S::CONFIG.name, action, cause).into()
}

/// The session of the owner: keys belong to whoever is signed in, and nothing else names an owner (promise AK-03).
fn signed_in<'c, S: ApiKey>(
    cx: &'c Cx<S>,
    action: &'static str,
) -> Result<&'c CurrentSession<S::User>, Error> {
    let session = cx
        .session()
        .ok_or_else(|| refused::<S>(action, Cause::NotSignedIn))?;
    cx.concerns(session.subject());
    Ok(session)
}

/// The same, for whoever proved a short while ago who they are.
fn fresh<'c, S: ApiKey>(cx: &'c Cx<S>, action: &'static str) -> Result<&'c CurrentSession<S::User>, Error> {
    let session = signed_in::<S>(cx, action)?;
    if !session.is_fresh(cx.auth.now(), S::CONFIG.reauthentication_window()) {
        return Err(Error::ReauthenticationRequired);
    }
    Ok(session)
}

/// Locks the owner's row, and makes sure that the session was not ended since the request came in. Says whose keys
/// the transaction is about.
async fn lock<'c, S: ApiKey>(
    cx: &'c Cx<S>,
    connection: &mut Conn<S::User>,
    action: &'static str,
) -> Result<&'c str, Error> {
    let session = signed_in::<S>(cx, action)?;
    let known = <S::User as Authenticated>::lock(connection, session.user().key()).await? == 1;
    if !known || <S::User as Authenticated>::Tokens::is_revoked(connection, session.jti()).await? {
        return Err(refused::<S>(action, Cause::NotSignedIn));
    }
    Ok(session.subject())
}

/// The same, for what makes a key: the owner, as the row says now, must be somebody who may sign in (promises SE-06,
/// CF-03).
async fn lock_admitted<'c, S: ApiKey>(
    cx: &'c Cx<S>,
    connection: &mut Conn<S::User>,
    action: &'static str,
) -> Result<&'c str, Error> {
    let subject = lock::<S>(cx, connection, action).await?;
    let key = signed_in::<S>(cx, action)?.user().key();
    let owner = <S::User as Authenticated>::find(connection, key).await?;
    let tenant = cx.auth.tenant()?;
    let owner = owner.filter(|owner| owner.tenant() == *tenant);
    let owner = owner.ok_or_else(|| refused::<S>(action, Cause::NotSignedIn))?;
    cx.auth
        .admit(&owner)
        .map_err(|cause| refused::<S>(action, cause))?;
    Ok(subject)
}

/// How long a new key works.
fn lifetime<S: ApiKey>(asked: Option<Duration>, errors: &mut FieldErrors) -> Duration {
    let config = &S::CONFIG;
    let lifetime = asked.unwrap_or(config.default_lifetime());
    if lifetime.as_secs() == 0 || lifetime > config.maximum_lifetime() {
        errors.add(LIFETIME, FieldError::OutOfRange);
        return config.default_lifetime();
    }
    lifetime
}

/// What a new key is to be.
struct Wanted<'a> {
    name: &'a str,
    scopes: &'a str,
    lifetime: Duration,
}

/// Writes the row of a fresh key.
async fn issue<S: ApiKey>(
    connection: &mut Conn<S::User>,
    subject: &str,
    wanted: Wanted<'_>,
    now: OffsetDateTime,
) -> Result<NewApiKey, Error> {
    let material = Material::fresh(Id::new(now))?;
    let digest = material.digest();
    let row = NewApiKeyRow {
        id: material.id(),
        key_hash: &digest,
        prefix: S::CONFIG.prefix,
        subject,
        name: wanted.name,
        scopes: wanted.scopes,
        expires_at: now + wanted.lifetime,
    };
    S::Keys::insert(connection, row, now).await?;
    let stored = S::Keys::find(connection, row.id).await?;
    let stored = stored.ok_or_else(|| Error::internal("a key that was just written is not there"))?;
    Ok(NewApiKey {
        key: material.text(S::CONFIG.prefix),
        info: stored.into(),
    })
}

/// Tells the owner of a new key, in the transaction that makes it (promise SU-10). Without a `sender` there is nothing
/// that could tell.
async fn notice<S: ApiKey>(
    cx: &Cx<S>,
    connection: &mut Conn<S::User>,
    key: &NewApiKey,
) -> Result<Option<Queued>, Error> {
    let (true, Some(session)) = (cx.auth.has_sender(S::CONFIG.name), cx.session()) else {
        return Ok(None);
    };
    let letter = Letter::to_person(MessageKind::ApiKeyCreated, S::CONFIG.name, &**session.user());
    let letter = letter.with_data("name", key.info.name.as_str());
    cx.auth.enqueue(connection, letter).await.map(Some)
}

/// The owner's live keys. Of the others, those are deleted that are long over, or more than there may be of live ones,
/// so that nobody fills the table (promise FA-11).
async fn live_keys<S: ApiKey>(
    connection: &mut Conn<S::User>,
    subject: &str,
    now: OffsetDateTime,
) -> Result<Vec<StoredApiKey>, Error> {
    let keys = S::Keys::of_subject(connection, subject, S::CONFIG.prefix).await?;
    let (live, mut over): (Vec<_>, Vec<_>) = keys.into_iter().partition(|key| key.is_live(now));
    over.sort_by_key(|key| std::cmp::Reverse(key.ends_at()));
    let forgotten: Vec<Id> = over
        .iter()
        .enumerate()
        .filter(|(place, key)| *place >= S::CONFIG.maximum_keys || now - key.ends_at() > REMEMBERED)
        .map(|(_, key)| key.id)
        .collect();
    if !forgotten.is_empty() {
        S::Keys::delete(connection, forgotten).await?;
    }
    Ok(live)
}
