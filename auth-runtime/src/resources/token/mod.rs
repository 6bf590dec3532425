//! The token store: which tokens live, which were spent or revoked. Rows never hold a token (promise TK-09).
//!
//! `#[derive(TokenResource)]` makes a unit struct the store. A row is keyed by the token's `jti`; its purpose is
//! the token's own until the token is spent or revoked, and [`Purpose::Revocation`] from then on. The row keeps the
//! token's expiry, so a purge by expiry never forgets a revocation that still matters (promise TK-12).
//!
//! All tokens that come from one sign-in on one device are one *family*: the session token and whatever renews it.
//! A family is what its owner sees as one session, and it ends as a whole (promises SE-07, SE-10).

mod queries;

use std::future::Future;

use diesel::QueryResult;
use time::OffsetDateTime;

use crate::{
    db::{Connection, Table, UtcTimestamp},
    token::{Claims, ExtraClaims, Purpose},
};

/// A row to be written for a token that was just minted.
#[derive(Debug, Clone, Copy)]
pub struct NewTokenRow<'a> {
    /// The token's identifier.
    pub jti: &'a str,
    /// The token's subject.
    pub subject: &'a str,
    /// What the token is for.
    pub purpose: Purpose,
    /// When the token ends.
    pub expires_at: OffsetDateTime,
    /// Extra claims as a JSON object.
    pub extra_data: Option<&'a str>,
    /// The session that the token belongs to; none for a one-time token.
    pub session: Option<NewSession<'a>>,
}

impl<'a> NewTokenRow<'a> {
    /// The row of the token with these claims, without extra data and of no session.
    #[must_use]
    pub fn of(claims: &'a Claims) -> Self {
        Self {
            jti: &claims.jti,
            subject: &claims.sub,
            purpose: claims.purpose,
            expires_at: claims.expires_at(),
            extra_data: None,
            session: None,
        }
    }
}

/// What the rows of a session remember about it.
#[derive(Debug, Clone, Copy)]
pub struct NewSession<'a> {
    /// The family of tokens.
    pub family: &'a str,
    /// When the person signed in.
    pub signed_in_at: OffsetDateTime,
    /// The client by its own word, at most 256 characters.
    pub user_agent: Option<&'a str>,
    /// Where the client was.
    pub client_address: Option<&'a str>,
}

/// A stored token.
#[derive(Debug, Clone, PartialEq, Eq, diesel::Queryable)]
#[non_exhaustive]
pub struct StoredToken {
    /// The token's identifier.
    pub jti: String,
    /// The token's subject.
    pub subject: String,
    /// What the token is for; `revocation` once it is spent or revoked.
    pub purpose: String,
    /// When the token ends.
    pub expires_at: UtcTimestamp,
    /// Extra claims as a JSON object.
    pub extra_data: Option<String>,
    /// The family that it belongs to.
    pub family: Option<String>,
    /// The token that took its place when it was spent.
    pub successor: Option<String>,
    /// When the person signed in.
    pub signed_in_at: Option<UtcTimestamp>,
    /// When the session was last used, give or take the pause between two notes of it.
    pub last_seen_at: Option<UtcTimestamp>,
    /// The client by its own word.
    pub user_agent: Option<String>,
    /// Where the client was when the token was made.
    pub client_address: Option<String>,
    /// When the token was made.
    pub created_at: UtcTimestamp,
    /// When the row was made, or the token spent or revoked.
    pub updated_at: UtcTimestamp,
}

impl StoredToken {
    /// The session that the token belongs to: its family, or itself if it has none.
    #[must_use]
    pub fn session_id(&self) -> &str {
        self.family.as_deref().unwrap_or(&self.jti)
    }

    /// The claims that were stored with the token.
    pub(crate) fn extra_claims(&self) -> ExtraClaims {
        let claims = self.extra_data.as_deref().and_then(|text| {
            let claims: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).ok()?;
            ExtraClaims::new(claims).ok()
        });
        claims.unwrap_or_default()
    }

    /// Whether the token still counts.
    #[must_use]
    pub fn is_live(&self, purpose: Purpose, now: OffsetDateTime) -> bool {
        self.purpose == purpose.as_str() && self.expires_at.get() > now
    }
}

/// What the check of a session reads of its row.
#[derive(Debug, Clone, diesel::Queryable)]
pub struct SessionRow {
    /// Extra claims as a JSON object.
    pub extra_data: Option<String>,
    /// The family that the token belongs to.
    pub family: Option<String>,
    /// When the session was last used, as far as it was noted.
    pub last_seen_at: Option<UtcTimestamp>,
}

/// Which live tokens of a subject; all of them unless a field says otherwise.
#[derive(Debug, Clone, Copy, Default)]
pub struct Selection<'a> {
    /// Only tokens for one of these purposes.
    pub purposes: Option<&'a [Purpose]>,
    /// No tokens for these purposes.
    pub excluded_purposes: &'a [Purpose],
    /// Only tokens that were stored before this moment, or belong to a session that was signed in before it (promise
    /// TK-08).
    pub issued_before: Option<OffsetDateTime>,
    /// Only tokens of this session: a family, or the identifier of a token without one.
    pub session: Option<&'a str>,
    /// No tokens of this session.
    pub except_session: Option<&'a str>,
}

/// A table of tokens on the databases of connection type `C`. `#[derive(TokenResource)]` implements it.
///
/// Each verb that ends a token is one conditional statement decided by its row count, so of any number of callers
/// in any number of processes one wins (promise SU-02).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a token store",
    label = "expected a struct with `#[derive(TokenResource)]`",
    note = "write `#[derive(TokenResource)] pub struct Token;` and name it here"
)]
pub trait TokenStore<C: Connection>: Send + Sync + 'static {
    /// The table that the store needs.
    fn table() -> Table;

    /// Writes the row of a fresh token.
    fn store(
        connection: &mut C,
        row: NewTokenRow<'_>,
        now: OffsetDateTime,
    ) -> impl Future<Output = QueryResult<usize>> + Send;

    /// Whether an unspent, unexpired row with this purpose exists.
    fn is_live(
        connection: &mut C,
        jti: &str,
        purpose: Purpose,
        now: OffsetDateTime,
    ) -> impl Future<Output = QueryResult<bool>> + Send;

    /// Whether the token was spent or revoked.
    fn is_revoked(connection: &mut C, jti: &str) -> impl Future<Output = QueryResult<bool>> + Send;

    /// Reads the row of a token, whatever became of it.
    fn find(connection: &mut C, jti: &str) -> impl Future<Output = QueryResult<Option<StoredToken>>> + Send;

    /// Reads the live rows of a subject for some purposes, newest first, at most `limit` of them.
    fn live_of_subject(
        connection: &mut C,
        subject: &str,
        purposes: &[Purpose],
        now: OffsetDateTime,
        limit: i64,
    ) -> impl Future<Output = QueryResult<Vec<StoredToken>>> + Send;

    /// Spends a token. `1` for the one caller that wins, `0` for everyone else.
    fn spend(
        connection: &mut C,
        jti: &str,
        subject: &str,
        purpose: Purpose,
        now: OffsetDateTime,
    ) -> impl Future<Output = QueryResult<usize>> + Send;

    /// Spends a token and notes which one takes its place. `1` for the one caller that wins, `0` for everyone else
    /// (promise SE-07).
    fn rotate(
        connection: &mut C,
        jti: &str,
        subject: &str,
        purpose: Purpose,
        successor: &str,
        now: OffsetDateTime,
    ) -> impl Future<Output = QueryResult<usize>> + Send;

    /// Revokes a stored token. `0` when there is no such row or it is revoked already.
    fn revoke(
        connection: &mut C,
        jti: &str,
        now: OffsetDateTime,
    ) -> impl Future<Output = QueryResult<usize>> + Send;

    /// Revokes the live tokens of a subject: of one purpose, or of all. Says how many.
    fn revoke_subject(
        connection: &mut C,
        subject: &str,
        purpose: Option<Purpose>,
        now: OffsetDateTime,
    ) -> impl Future<Output = QueryResult<usize>> + Send;

    /// Revokes the selected tokens of a subject. Says how many.
    fn revoke_selected(
        connection: &mut C,
        subject: &str,
        selection: &Selection<'_>,
        now: OffsetDateTime,
    ) -> impl Future<Output = QueryResult<usize>> + Send;

    /// Revokes every token of a family. Says how many.
    fn revoke_family(
        connection: &mut C,
        subject: &str,
        family: &str,
        now: OffsetDateTime,
    ) -> impl Future<Output = QueryResult<usize>> + Send {
        async move {
            let selection = Selection {
                session: Some(family),
                ..Selection::default()
            };
            Self::revoke_selected(connection, subject, &selection, now).await
        }
    }

    /// Notes that a session was used at `seen`, in the row of its token and in those that renew it, unless that was
    /// noted at `before` or later. `0` for a caller that came too late to write anything.
    fn touch(
        connection: &mut C,
        jti: &str,
        family: Option<&str>,
        seen: OffsetDateTime,
        before: OffsetDateTime,
    ) -> impl Future<Output = QueryResult<usize>> + Send;

    /// Deletes rows that expired before `before`, at most `limit` of them. Says how many.
    fn purge(
        connection: &mut C,
        before: OffsetDateTime,
        limit: i64,
    ) -> impl Future<Output = QueryResult<usize>> + Send;
}

/// The Diesel names of a token table, for the one query that joins it with the user's table.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a token store",
    label = "expected a struct with `#[derive(TokenResource)]`",
    note = "write `#[derive(TokenResource)] pub struct Token;` and name it here"
)]
pub trait TokenTable {
    type Table: diesel::Table + Default;
    type Jti: diesel::Column<Table = Self::Table> + Default;
    type Subject: diesel::Column<Table = Self::Table> + Default;
    type Purpose: diesel::Column<Table = Self::Table> + Default;
    type ExpiresAt: diesel::Column<Table = Self::Table> + Default;
    type ExtraData: diesel::Column<Table = Self::Table> + Default;
    type Family: diesel::Column<Table = Self::Table> + Default;
    type LastSeenAt: diesel::Column<Table = Self::Table> + Default;
}

/// Revokes a token whether or not it was stored; a token that was never stored gets a row now, with its own expiry.
///
/// # Errors
/// The database's.
pub(crate) async fn revoke_or_insert<S, C>(
    connection: &mut C,
    row: NewTokenRow<'_>,
    now: OffsetDateTime,
) -> Result<(), crate::Error>
where
    S: TokenStore<C>,
    C: Connection,
{
    if S::revoke(connection, row.jti, now).await? == 1 || S::is_revoked(connection, row.jti).await? {
        return Ok(());
    }
    S::store(
        connection,
        NewTokenRow {
            purpose: Purpose::Revocation,
            ..row
        },
        now,
    )
    .await?;
    Ok(())
}

/// The store of a resource without tokens. It holds nothing and finds nothing.
#[derive(Debug, Clone, Copy)]
pub struct NoTokens;

impl<C: Connection> TokenStore<C> for NoTokens {
    fn table() -> Table {
        Table::new("")
    }

    async fn store(_: &mut C, _: NewTokenRow<'_>, _: OffsetDateTime) -> QueryResult<usize> {
        Err(diesel::result::Error::NotFound)
    }

    async fn is_live(_: &mut C, _: &str, _: Purpose, _: OffsetDateTime) -> QueryResult<bool> {
        Ok(false)
    }

    async fn is_revoked(_: &mut C, _: &str) -> QueryResult<bool> {
        Ok(true)
    }

    async fn find(_: &mut C, _: &str) -> QueryResult<Option<StoredToken>> {
        Ok(None)
    }

    async fn live_of_subject(
        _: &mut C,
        _: &str,
        _: &[Purpose],
        _: OffsetDateTime,
        _: i64,
    ) -> QueryResult<Vec<StoredToken>> {
        Ok(Vec::new())
    }

    async fn rotate(
        _: &mut C,
        _: &str,
        _: &str,
        _: Purpose,
        _: &str,
        _: OffsetDateTime,
    ) -> QueryResult<usize> {
        Ok(0)
    }

    async fn revoke_selected(_: &mut C, _: &str, _: &Selection<'_>, _: OffsetDateTime) -> QueryResult<usize> {
        Ok(0)
    }

    async fn touch(
        _: &mut C,
        _: &str,
        _: Option<&str>,
        _: OffsetDateTime,
        _: OffsetDateTime,
    ) -> QueryResult<usize> {
        Ok(0)
    }

    async fn spend(_: &mut C, _: &str, _: &str, _: Purpose, _: OffsetDateTime) -> QueryResult<usize> {
        Ok(0)
    }

    async fn revoke(_: &mut C, _: &str, _: OffsetDateTime) -> QueryResult<usize> {
        Ok(0)
    }

    async fn revoke_subject(_: &mut C, _: &str, _: Option<Purpose>, _: OffsetDateTime) -> QueryResult<usize> {
        Ok(0)
    }

    async fn purge(_: &mut C, _: OffsetDateTime, _: i64) -> QueryResult<usize> {
        Ok(0)
    }
}

/// The moment as the column stores it.
#[doc(hidden)]
#[must_use]
pub fn timestamp(moment: OffsetDateTime) -> UtcTimestamp {
    UtcTimestamp::new(moment)
}
