//! API keys: long-lived secrets for machines, which their owner makes, lists, rotates and revokes.
//!
//! # Threats
//! - *Guessing and probing.* A key has 256 random bits. A text of another form or with a wrong check fails without a
//!   query (promise AK-01). A key that is unknown, expired, revoked, or whose owner may not sign in costs the same
//!   reads and gets the same answer as any other (AK-02).
//! - *A stolen table.* Rows hold a digest from which no key can be made; the key itself is shown once.
//! - *A stolen key.* It works until its expiry at the latest, opens only what its scopes name, and is no session:
//!   with it nobody can make keys, change a password, or become a browser session (AK-03).
//! - *A key in an address.* Keys are read from headers only, because addresses end up in logs (SU-08).

mod actions;
mod config;
mod find;
mod format;
mod http;
mod noted;
mod parts;

use std::time::Duration;

use secrecy::SecretString;
use serde::Serialize;

pub use actions::{create, list, revoke, rotate};
pub use config::{CREATE, Config, LIST, REVOKE, ROTATE};
pub use format::{Inspected, inspect};
pub use http::dispatch;
pub use parts::Parts;

use crate::{
    api_key::Scopes,
    context::Context,
    db::{Id, Table, UtcTimestamp},
    resources::api_key::{ApiKeyStore, StoredApiKey},
    user::{Authenticated, Conn},
};

/// One declared API key strategy: its settings, its people and its table.
///
/// The macro implements it for a type of its own per strategy.
pub trait ApiKey: Send + Sync + 'static {
    /// The resource.
    type User: Authenticated;
    /// The store.
    type Keys: ApiKeyStore<Conn<Self::User>>;

    /// The settings.
    const CONFIG: Config;
}

/// Arguments of [`create`].
#[derive(Debug, Clone)]
pub struct Create<U> {
    /// What the owner calls it, 1 to 100 characters.
    pub name: String,
    /// What it may do.
    pub scopes: Scopes<U>,
    /// How long it works; `None` for the `default_lifetime`.
    pub lifetime: Option<Duration>,
}

/// Arguments of [`list`].
#[derive(Debug, Clone)]
pub struct List {}

/// Arguments of [`rotate`].
#[derive(Debug, Clone)]
pub struct Rotate {
    /// The key to be replaced.
    pub id: Id,
    /// How long it works beside the new one; `None` for the `rotation_overlap`, which is also the most.
    pub overlap: Option<Duration>,
    /// How long the new one works; `None` for the `default_lifetime`.
    pub lifetime: Option<Duration>,
}

/// Arguments of [`revoke`].
#[derive(Debug, Clone)]
pub struct Revoke {
    /// The key.
    pub id: Id,
}

/// A key, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ApiKeyInfo {
    /// Names the key. It is not a secret.
    pub id: Id,
    /// What its owner calls it.
    pub name: String,
    /// What every key of this strategy begins with.
    pub prefix: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created_at: UtcTimestamp,
    /// When it ends.
    pub expires_at: UtcTimestamp,
    /// When it was revoked.
    pub revoked_at: Option<UtcTimestamp>,
    /// When it was last used, give or take five minutes.
    pub last_used_at: Option<UtcTimestamp>,
    /// The key that took its place in a rotation.
    pub replaced_by: Option<Id>,
}

impl From<StoredApiKey> for ApiKeyInfo {
    fn from(row: StoredApiKey) -> Self {
        Self {
            id: row.id,
            name: row.name,
            prefix: row.prefix,
            scopes: row.scopes.split_whitespace().map(str::to_owned).collect(),
            created_at: row.created_at,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
            last_used_at: row.last_used_at,
            replaced_by: row.replaced_by,
        }
    }
}

/// A key that was just made.
#[derive(Debug)]
#[non_exhaustive]
pub struct NewApiKey {
    /// The key itself: the only copy.
    pub key: SecretString,
    /// What there is to know about it.
    pub info: ApiKeyInfo,
}

/// The table that its keys need.
#[must_use]
pub fn table<S: ApiKey>() -> Table {
    S::Keys::table()
}

type Cx<S> = Context<<S as ApiKey>::User>;
