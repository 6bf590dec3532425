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
    error::{Error, FieldError, FieldErrors},
    resources::api_key::{ApiKeyStore, NewApiKeyRow, StoredApiKey},
    sender::{Letter, MessageKind, Queued},
    session::OwnAction,
    user::Conn,
};

/// The arguments.
pub(super) const NAME: &str = "name";
pub(super) const SCOPES: &str = "scopes";
pub(super) const LIFETIME: &str = "lifetime";
pub(super) const OVERLAP: &str = "overlap";
pub(super) const ID: &str = "id";

/// How long keys that do not count any more stay in the list.
const REMEMBERED: time::Duration = time::Duration::days(30);

/// One of the strategy's actions, for whoever is signed in.
const fn own<S: ApiKey>(action: &'static str) -> OwnAction {
    OwnAction::new(S::CONFIG.name, action)
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
