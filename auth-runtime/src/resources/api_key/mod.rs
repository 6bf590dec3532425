//! The store of API keys: whose they are, what they may do, until when. Rows never hold a key (promise AK-01).
//!
//! `#[derive(ApiKeyResource)]` makes a unit struct the store. The owner is kept as a subject, so that one table can
//! serve several kinds of people, whatever their keys are.

mod queries;

use std::future::Future;

use diesel::QueryResult;
use time::OffsetDateTime;

use crate::db::{Connection, Id, Table, UtcTimestamp};

/// A row to be written for a key that was just made.
#[derive(Debug, Clone, Copy)]
pub struct NewApiKeyRow<'a> {
    /// Names the row; a part of the key.
    pub id: Id,
    /// The SHA-256 of the key.
    pub key_hash: &'a [u8],
    /// The prefix it was issued under.
    pub prefix: &'a str,
    /// Whose key it is, such as `user?id=42`.
    pub subject: &'a str,
    /// What its owner calls it.
    pub name: &'a str,
    /// The names of its scopes, with a space between.
    pub scopes: &'a str,
    /// When it ends.
    pub expires_at: OffsetDateTime,
}

/// A stored key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredApiKey {
    /// Names the row.
    pub id: Id,
    /// The SHA-256 of the key.
    pub key_hash: Vec<u8>,
    /// The prefix it was issued under.
    pub prefix: String,
    /// Whose key it is.
    pub subject: String,
    /// What its owner calls it.
    pub name: String,
    /// The names of its scopes, with a space between.
    pub scopes: String,
    /// When it was made.
    pub created_at: UtcTimestamp,
    /// When it ends.
    pub expires_at: UtcTimestamp,
    /// When it was revoked.
    pub revoked_at: Option<UtcTimestamp>,
    /// When it was last used, give or take five minutes.
    pub last_used_at: Option<UtcTimestamp>,
    /// The key that took its place.
    pub replaced_by: Option<Id>,
}

/// The columns, in the order of the table.
#[doc(hidden)]
pub type Columns = (
    Id,
    Vec<u8>,
    String,
    String,
    String,
    String,
    UtcTimestamp,
    UtcTimestamp,
    Option<UtcTimestamp>,
    Option<UtcTimestamp>,
    Option<Id>,
);

impl From<Columns> for StoredApiKey {
    fn from(columns: Columns) -> Self {
        let (
            id,
            key_hash,
            prefix,
            subject,
            name,
            scopes,
            created_at,
            expires_at,
            revoked_at,
            last_used_at,
            replaced_by,
        ) = columns;
        Self {
            id,
            key_hash,
            prefix,
            subject,
            name,
            scopes,
            created_at,
            expires_at,
            revoked_at,
            last_used_at,
            replaced_by,
        }
    }
}

impl StoredApiKey {
    /// Whether it counts at `now`, as far as the row tells.
    #[must_use]
    pub fn is_live(&self, now: OffsetDateTime) -> bool {
        self.revoked_at.is_none() && self.expires_at.get() > now
    }

    /// When it stopped counting, or will.
    #[must_use]
    pub fn ends_at(&self) -> OffsetDateTime {
        let expires_at = self.expires_at.get();
        self.revoked_at.map_or(expires_at, |at| at.get().min(expires_at))
    }
}

/// A table of API keys on the databases of connection type `C`. `#[derive(ApiKeyResource)]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a store of API keys",
    label = "expected a struct with `#[derive(ApiKeyResource)]`",
    note = "write `#[derive(ApiKeyResource)] pub struct ApiKey;` and name it here"
)]
pub trait ApiKeyStore<C: Connection>: Send + Sync + 'static {
    /// The table that the store needs.
    fn table() -> Table;

    /// Writes the row of a fresh key.
    fn insert(
        connection: &mut C,
        row: NewApiKeyRow<'_>,
        now: OffsetDateTime,
    ) -> impl Future<Output = QueryResult<usize>> + Send;

    /// The key of this id, live or not.
    fn find(connection: &mut C, id: Id) -> impl Future<Output = QueryResult<Option<StoredApiKey>>> + Send;

    /// The keys of an owner under one prefix, live or not.
    fn of_subject(
        connection: &mut C,
        subject: &str,
        prefix: &str,
    ) -> impl Future<Output = QueryResult<Vec<StoredApiKey>>> + Send;

    /// Revokes a key of this owner. `0` when there is none or it is revoked already.
    fn revoke(
        connection: &mut C,
        id: Id,
        subject: &str,
        now: OffsetDateTime,
    ) -> impl Future<Output = QueryResult<usize>> + Send;

    /// Revokes every key of this owner under one prefix. Says how many.
    fn revoke_subject(
        connection: &mut C,
        subject: &str,
        prefix: &str,
        now: OffsetDateTime,
    ) -> impl Future<Output = QueryResult<usize>> + Send;

    /// Puts the key `by` in the place of another one, whose end comes forward to `at`. `0` when that ends earlier already.
    fn replace(
        connection: &mut C,
        id: Id,
        by: Id,
        at: OffsetDateTime,
    ) -> impl Future<Output = QueryResult<usize>> + Send;

    /// Notes a use, unless one after `before` is noted. `0` when it is.
    fn note_use(
        connection: &mut C,
        id: Id,
        now: OffsetDateTime,
        before: OffsetDateTime,
    ) -> impl Future<Output = QueryResult<usize>> + Send;

    /// Deletes these rows.
    fn delete(connection: &mut C, ids: Vec<Id>) -> impl Future<Output = QueryResult<usize>> + Send;
}
