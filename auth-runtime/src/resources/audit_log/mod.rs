//! The audit log: one row for each authentication action, whatever came of it (promise AU-01).
//!
//! `#[derive(AuditLogResource)]` makes a unit struct the table; the add-on [`audit_log`](crate::add_ons::audit_log)
//! writes it. Rows are only ever added, and deleted once they are older than `log_lifetime` (promise AU-04).
//!
//! How long rows are kept stands at the table, because several blocks may write into one table. Whether an action
//! waits for its row stands at the add-on, because it is a property of those actions.

mod entry;
mod filter;
mod queries;

use std::{future::Future, time::Duration};

use diesel::QueryResult;
use time::OffsetDateTime;

pub use entry::{LogEntry, Status};
pub use filter::{Cursor, CursorError, FailureKey, LogFilter, LogPage, Page};

#[doc(hidden)]
pub use entry::Columns;

use crate::{
    context::Context,
    db::{Connection, Id, Table},
    error::Error,
    user::{Authenticated, Conn},
};

/// A table of audit events on the databases of connection type `C`. `#[derive(AuditLogResource)]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an audit log",
    label = "expected a struct with `#[derive(AuditLogResource)]`",
    note = "write `#[derive(AuditLogResource)] pub struct AuditLog;` and name it here"
)]
pub trait AuditLogStore<C: Connection>: AuditLogResource {
    /// The table that the log needs.
    fn table() -> Table;

    /// Writes events with one statement.
    fn insert(connection: &mut C, entries: &[LogEntry]) -> impl Future<Output = QueryResult<usize>> + Send;

    /// Whether there is an event with this key.
    fn is_there(connection: &mut C, id: Id) -> impl Future<Output = QueryResult<bool>> + Send;

    /// The events that `filter` lets through, newest first: at most `limit` of those that come after `after`.
    fn page(
        connection: &mut C,
        filter: &LogFilter,
        after: Option<Cursor>,
        limit: i64,
    ) -> impl Future<Output = QueryResult<Vec<LogEntry>>> + Send;

    /// How many attempts have failed.
    fn count_failures(
        connection: &mut C,
        key: &FailureKey<'_>,
    ) -> impl Future<Output = QueryResult<i64>> + Send;

    /// Deletes events that are from `until` or older, at most `limit` of them. Says how many.
    fn purge(
        connection: &mut C,
        until: OffsetDateTime,
        limit: i64,
    ) -> impl Future<Output = QueryResult<usize>> + Send;
}

/// What an application asks its audit log, newest events first. `#[derive(AuditLogResource)]` implements it.
///
/// Every page says where the next one begins. Events that are written meanwhile are newer than all that the following
/// pages show, so they move nothing.
///
/// # Security
/// The log tells which accounts exist and who tried to sign in. A page that shows more than a person's own events
/// belongs behind a check of who is asking.
///
/// # Example
/// ```no_run
/// # use auth_runtime::{resources::audit_log::*, context::Context, error::Error, user::{Authenticated, Conn}};
/// # async fn example<User: Authenticated, AuditLog: AuditLogStore<Conn<User>>>(cx: Context<User>) -> Result<(), Error> {
/// let first = AuditLog::by_subject(&cx, "user?id=42", Page::of(20)).await?;
/// for event in &first.entries {
///     println!("{} {} {}", event.logged_at, event.action_name, event.status);
/// }
/// if let Some(cursor) = first.next {
///     let _second = AuditLog::by_subject(&cx, "user?id=42", Page::of(20).after(cursor)).await?;
/// }
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an audit log",
    label = "expected a struct with `#[derive(AuditLogResource)]`",
    note = "write `#[derive(AuditLogResource)] pub struct AuditLog;` and name it here"
)]
pub trait AuditLogResource: Send + Sync + 'static {
    /// How long events are kept; `None` keeps them for ever.
    const LOG_LIFETIME: Option<Duration>;

    /// Pause between two purges.
    const EXPUNGE_INTERVAL: Duration;

    /// What a person did: the events that name this subject, such as `user?id=42`.
    ///
    /// # Errors
    /// [`Error::Storage`].
    fn by_subject<U: Authenticated>(
        context: &Context<U>,
        subject: &str,
        page: Page,
    ) -> impl Future<Output = Result<LogPage, Error>> + Send
    where
        Self: AuditLogStore<Conn<U>>,
    {
        Self::entries(context, LogFilter::new().subject(subject), page)
    }

    /// What was tried under an identity, whether or not somebody has it.
    ///
    /// # Errors
    /// [`Error::Storage`].
    fn by_identity<U: Authenticated>(
        context: &Context<U>,
        identity: &str,
        page: Page,
    ) -> impl Future<Output = Result<LogPage, Error>> + Send
    where
        Self: AuditLogStore<Conn<U>>,
    {
        Self::entries(context, LogFilter::new().identity(identity), page)
    }

    /// What happened from `since` on and before `until`.
    ///
    /// # Errors
    /// [`Error::Storage`].
    fn between<U: Authenticated>(
        context: &Context<U>,
        since: OffsetDateTime,
        until: OffsetDateTime,
        page: Page,
    ) -> impl Future<Output = Result<LogPage, Error>> + Send
    where
        Self: AuditLogStore<Conn<U>>,
    {
        Self::entries(context, LogFilter::new().since(since).until(until), page)
    }

    /// What did not succeed.
    ///
    /// # Errors
    /// [`Error::Storage`].
    fn failures<U: Authenticated>(
        context: &Context<U>,
        page: Page,
    ) -> impl Future<Output = Result<LogPage, Error>> + Send
    where
        Self: AuditLogStore<Conn<U>>,
    {
        Self::entries(context, LogFilter::new().status(Status::Failure), page)
    }

    /// The events of the context's resource, and of its tenant, that a filter lets through.
    ///
    /// # Errors
    /// [`Error::Storage`]; [`Error::TenantRequired`] where there are tenants and none was said.
    fn entries<U: Authenticated>(
        context: &Context<U>,
        filter: LogFilter,
        page: Page,
    ) -> impl Future<Output = Result<LogPage, Error>> + Send
    where
        Self: AuditLogStore<Conn<U>>,
    {
        async move {
            context.auth.tenant()?;
            let filter = filter.of_resource(U::SETTINGS.subject_name, context.auth.tenant_text());
            let entries = context
                .auth
                .read(move |connection| {
                    let filter = filter.clone();
                    Box::pin(async move {
                        // One more than asked for tells whether there is a next page.
                        Self::page(connection, &filter, page.after, page.limit() + 1).await
                    })
                })
                .await?;
            Ok(LogPage::of(entries, page))
        }
    }
}
