//! The token store: which tokens live, which were spent or revoked. Rows never hold a token (promise TK-09).
//!
//! `#[derive(TokenResource)]` makes a unit struct the store. A row is keyed by the token's `jti`; its purpose is
//! the token's own until the token is spent or revoked, and [`Purpose::Revocation`] from then on. The row keeps the
//! token's expiry, so a purge by expiry never forgets a revocation that still matters (promise TK-12).

mod queries;

use std::future::Future;

use diesel::QueryResult;
use time::OffsetDateTime;

use crate::{
    db::{Connection, Table, UtcTimestamp},
    token::Purpose,
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

    /// The unspent, unexpired tokens of a subject for one purpose: identifier and extra data, newest last.
    fn live_of(
        connection: &mut C,
        subject: &str,
        purpose: Purpose,
        now: OffsetDateTime,
    ) -> impl Future<Output = QueryResult<Vec<(String, Option<String>)>>> + Send;

    /// Whether the token was spent or revoked.
    fn is_revoked(connection: &mut C, jti: &str) -> impl Future<Output = QueryResult<bool>> + Send;

    /// Spends a token. `1` for the one caller that wins, `0` for everyone else.
    fn spend(
        connection: &mut C,
        jti: &str,
        subject: &str,
        purpose: Purpose,
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

    async fn live_of(
        _: &mut C,
        _: &str,
        _: Purpose,
        _: OffsetDateTime,
    ) -> QueryResult<Vec<(String, Option<String>)>> {
        Ok(Vec::new())
    }

    async fn is_revoked(_: &mut C, _: &str) -> QueryResult<bool> {
        Ok(true)
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
