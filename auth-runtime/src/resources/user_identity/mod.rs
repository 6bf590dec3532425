//! The store of identities from elsewhere: which account at a provider is which person here, and the provider's latest
//! tokens, sealed (promises OA-06, OA-11).
//!
//! `#[derive(UserIdentity)]` makes a unit struct the store. The owner is kept as a subject and the kind of person with
//! their tenant as a realm, so that one table can serve several kinds of people and tenants, whatever their keys are.

mod queries;

use std::{fmt, future::Future};

use diesel::QueryResult;
use time::OffsetDateTime;

use crate::db::{Connection, Id, Table, UtcTimestamp};

/// How many bytes a realm, a strategy, a uid and a subject may have each, so that their keys fit every database.
pub const MAX_NAME_BYTES: usize = 255;

/// How many bytes an issuer may have.
pub const MAX_ISSUER_BYTES: usize = 512;

/// How many bytes a sealed token, an address and a scope may have each.
pub const MAX_VALUE_BYTES: usize = 65_535;

/// A row to be written for an account at a provider that nobody has yet.
#[derive(Debug, Clone, Copy)]
pub struct NewIdentity<'a> {
    /// Names the row.
    pub id: Id,
    /// The kind of person and their tenant.
    pub realm: &'a str,
    /// The name of the strategy, or `<name>/<connection>` where it has many providers.
    pub strategy: &'a str,
    /// Who vouches for the account.
    pub issuer: &'a str,
    /// The account, as the provider names it.
    pub uid: &'a str,
    /// Whose account it is, such as `user?id=42`.
    pub subject: &'a str,
    /// What the provider said and gave.
    pub asserted: Asserted<'a>,
}

/// What the provider said and gave at a sign-in.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asserted<'a> {
    /// The address of the account.
    pub email: Option<&'a str>,
    /// Whether the provider says that it has verified the address.
    pub email_verified: bool,
    /// The tokens; `None` where they are not kept.
    pub tokens: Option<SealedTokens<'a>>,
}

/// Tokens of a provider, sealed.
#[derive(Clone, Copy)]
pub struct SealedTokens<'a> {
    /// Opens the provider's interfaces.
    pub access_token: &'a [u8],
    /// Renews the access token. `None` keeps the one that is stored: many providers send it once.
    pub refresh_token: Option<&'a [u8]>,
    /// When the access token ends, if the provider tells.
    pub expires_at: Option<OffsetDateTime>,
    /// What the access token opens.
    pub scope: Option<&'a str>,
}

/// Without the tokens.
impl fmt::Debug for SealedTokens<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedTokens")
            .field("expires_at", &self.expires_at)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

/// A stored identity.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredIdentity {
    /// Names the row.
    pub id: Id,
    /// The kind of person and their tenant.
    pub realm: String,
    /// The name of the strategy, or `<name>/<connection>`.
    pub strategy: String,
    /// Who vouches for the account.
    pub issuer: String,
    /// The account, as the provider names it.
    pub uid: String,
    /// Whose account it is.
    pub subject: String,
    /// The address that the provider gave at the last sign-in.
    pub email: Option<String>,
    /// Whether the provider said then that it had verified the address.
    pub email_verified: bool,
    /// Opens the provider's interfaces; sealed.
    pub access_token: Option<Vec<u8>>,
    /// Renews the access token; sealed.
    pub refresh_token: Option<Vec<u8>>,
    /// When the access token ends, if the provider told.
    pub access_token_expires_at: Option<UtcTimestamp>,
    /// What the access token opens.
    pub scope: Option<String>,
    /// Until when a caller has the refresh to itself.
    pub refreshing_until: Option<UtcTimestamp>,
    /// When the account became this person's.
    pub created_at: UtcTimestamp,
    /// When it was last used: at a sign-in, or for new tokens.
    pub last_used_at: UtcTimestamp,
}

/// Without the tokens.
impl fmt::Debug for StoredIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredIdentity")
            .field("id", &self.id)
            .field("realm", &self.realm)
            .field("strategy", &self.strategy)
            .field("issuer", &self.issuer)
            .field("uid", &self.uid)
            .field("subject", &self.subject)
            .field("created_at", &self.created_at)
            .field("last_used_at", &self.last_used_at)
            .finish_non_exhaustive()
    }
}

/// One of the sealed columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealedToken {
    /// The access token.
    Access,
    /// The refresh token.
    Refresh,
}

/// The columns, in the order of the table.
#[doc(hidden)]
pub type Columns = (
    Id,
    String,
    String,
    String,
    String,
    String,
    Option<String>,
    bool,
    Option<Vec<u8>>,
    Option<Vec<u8>>,
    Option<UtcTimestamp>,
    Option<String>,
    Option<UtcTimestamp>,
    UtcTimestamp,
    UtcTimestamp,
);

impl From<Columns> for StoredIdentity {
    fn from(columns: Columns) -> Self {
        let (
            id,
            realm,
            strategy,
            issuer,
            uid,
            subject,
            email,
            email_verified,
            access_token,
            refresh_token,
            access_token_expires_at,
            scope,
            refreshing_until,
            created_at,
            last_used_at,
        ) = columns;
        Self {
            id,
            realm,
            strategy,
            issuer,
            uid,
            subject,
            email,
            email_verified,
            access_token,
            refresh_token,
            access_token_expires_at,
            scope,
            refreshing_until,
            created_at,
            last_used_at,
        }
    }
}

/// A table of identities on the databases of connection type `C`. `#[derive(UserIdentity)]` implements it.
///
/// Realm, strategy, issuer, uid and owner are written once: no method gives an account to somebody else.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a store of identities",
    label = "expected a struct with `#[derive(UserIdentity)]`",
    note = "write `#[derive(UserIdentity)] pub struct UserIdentity;` and name it here"
)]
pub trait UserIdentityStore<C: Connection>: Send + Sync + 'static {
    /// The table that the store needs.
    fn table() -> Table;

    /// Writes the row of an account that became somebody's. A unique violation when it is somebody's already, or when
    /// the owner has another account there.
    fn insert(
        connection: &mut C,
        row: NewIdentity<'_>,
        now: OffsetDateTime,
    ) -> impl Future<Output = QueryResult<usize>> + Send;

    /// The identity of this account at the provider, compared byte for byte.
    fn find(
        connection: &mut C,
        realm: &str,
        strategy: &str,
        uid: &str,
    ) -> impl Future<Output = QueryResult<Option<StoredIdentity>>> + Send;

    /// The identity of this id, whoever has it.
    fn find_by_id(
        connection: &mut C,
        id: Id,
    ) -> impl Future<Output = QueryResult<Option<StoredIdentity>>> + Send;

    /// The identities of an owner, the oldest first.
    fn of_subject(
        connection: &mut C,
        realm: &str,
        subject: &str,
    ) -> impl Future<Output = QueryResult<Vec<StoredIdentity>>> + Send;

    /// Notes a sign-in: its time, the address, and the tokens. A refresh token is kept until a new one comes. Without
    /// tokens those that are stored are wiped, and a refresh under way does not bring them back.
    fn note_sign_in(
        connection: &mut C,
        id: Id,
        asserted: Asserted<'_>,
        now: OffsetDateTime,
    ) -> impl Future<Output = QueryResult<usize>> + Send;

    /// Deletes an identity of this owner. `0` when there is none.
    fn delete(
        connection: &mut C,
        id: Id,
        realm: &str,
        subject: &str,
    ) -> impl Future<Output = QueryResult<usize>> + Send;

    /// Deletes every identity of this owner. Says how many.
    fn delete_subject(
        connection: &mut C,
        realm: &str,
        subject: &str,
    ) -> impl Future<Output = QueryResult<usize>> + Send;

    /// Lets one caller refresh the tokens until `until`: `1`. `0` when another one is at it, or when the access token no
    /// longer ends at the moment that the caller has `seen`.
    fn start_refresh(
        connection: &mut C,
        id: Id,
        seen: Option<OffsetDateTime>,
        until: OffsetDateTime,
        now: OffsetDateTime,
    ) -> impl Future<Output = QueryResult<usize>> + Send;

    /// Stores refreshed tokens and ends the refresh; a refresh token and a scope are kept until new ones come. `0` when
    /// no refresh is under way: another one has ended meanwhile, and its tokens count.
    fn finish_refresh(
        connection: &mut C,
        id: Id,
        tokens: SealedTokens<'_>,
        now: OffsetDateTime,
    ) -> impl Future<Output = QueryResult<usize>> + Send;

    /// The identities with tokens behind this one in the order of their ids, everybody's, and no more than `limit`.
    fn with_tokens_after(
        connection: &mut C,
        after: Id,
        limit: i64,
    ) -> impl Future<Output = QueryResult<Vec<StoredIdentity>>> + Send;

    /// Puts a token that was sealed anew in the place of what it was. `0` when that is no longer there.
    fn reseal(
        connection: &mut C,
        id: Id,
        token: SealedToken,
        before: &[u8],
        after: &[u8],
    ) -> impl Future<Output = QueryResult<usize>> + Send;

    /// Ends a refresh that failed; `broken` wipes the tokens, because the provider takes them no more. `0` when no
    /// refresh is under way.
    fn fail_refresh(
        connection: &mut C,
        id: Id,
        broken: bool,
    ) -> impl Future<Output = QueryResult<usize>> + Send;
}
