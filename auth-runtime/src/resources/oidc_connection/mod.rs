//! The store of connections: each row is one customer's OpenID provider and the client that is registered there.
//!
//! `#[derive(OidcConnectionResource)]` makes a unit struct the store. The tenant is part of every look-up and of every
//! write (promise TN-01); the client secret is sealed.

mod queries;

use std::{fmt, future::Future};

use diesel::QueryResult;
use time::OffsetDateTime;

use crate::db::{Connection, Id, Table, UtcTimestamp};

/// How many bytes a tenant and a slug may have each, so that their key fits every database.
pub const MAX_NAME_BYTES: usize = 255;

/// How many bytes every other value may have.
pub const MAX_VALUE_BYTES: usize = 65_535;

/// A connection to be written.
#[derive(Clone, Copy)]
pub struct NewConnection<'a> {
    /// Names the row.
    pub id: Id,
    /// Whose connection it is; empty where there are no tenants.
    pub tenant: &'a str,
    /// What the tenant calls it in addresses.
    pub slug: &'a str,
    /// The issuer, as the provider names itself.
    pub base_url: &'a str,
    /// The client, as the provider names it.
    pub client_id: &'a str,
    /// What proves to be the client, sealed; `None` for a client without.
    pub client_secret: Option<&'a [u8]>,
    /// What people read on the button.
    pub display_name: Option<&'a str>,
    /// The picture on the button.
    pub icon_url: Option<&'a str>,
    /// The domains whose addresses the connection vouches for: lower case, with a space between.
    pub email_domains: Option<&'a str>,
    /// Whether people may sign in with it.
    pub enabled: bool,
}

/// Without the secret.
impl fmt::Debug for NewConnection<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewConnection")
            .field("id", &self.id)
            .field("tenant", &self.tenant)
            .field("slug", &self.slug)
            .field("base_url", &self.base_url)
            .field("client_id", &self.client_id)
            .field("enabled", &self.enabled)
            .finish_non_exhaustive()
    }
}

/// What becomes different about a connection. What is `None` stays.
#[derive(Clone, Copy, Default)]
pub struct ConnectionChange<'a> {
    /// What the tenant calls it.
    pub slug: Option<&'a str>,
    /// The issuer.
    ///
    /// # Security
    /// Another issuer names other people: identities must not be carried over, so compare the issuer that is stored with
    /// each of them.
    pub base_url: Option<&'a str>,
    /// The client.
    pub client_id: Option<&'a str>,
    /// What proves to be the client, sealed; `Some(None)` removes it.
    pub client_secret: Option<Option<&'a [u8]>>,
    /// What people read on the button; `Some(None)` removes it.
    pub display_name: Option<Option<&'a str>>,
    /// The picture on the button; `Some(None)` removes it.
    pub icon_url: Option<Option<&'a str>>,
    /// The domains whose addresses it vouches for; `Some(None)` removes them.
    pub email_domains: Option<Option<&'a str>>,
}

/// Without the secret.
impl fmt::Debug for ConnectionChange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionChange")
            .field("slug", &self.slug)
            .field("base_url", &self.base_url)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// A stored connection.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredConnection {
    /// Names the row.
    pub id: Id,
    /// Whose connection it is; empty where there are no tenants.
    pub tenant: String,
    /// What the tenant calls it in addresses.
    pub slug: String,
    /// The issuer, as the provider names itself.
    pub base_url: String,
    /// The client, as the provider names it.
    pub client_id: String,
    /// What proves to be the client; sealed.
    pub client_secret: Option<Vec<u8>>,
    /// What people read on the button.
    pub display_name: Option<String>,
    /// The picture on the button.
    pub icon_url: Option<String>,
    /// The domains whose addresses the connection vouches for: lower case, with a space between.
    pub email_domains: Option<String>,
    /// Whether people may sign in with it.
    pub enabled: bool,
    /// When it was made.
    pub created_at: UtcTimestamp,
    /// When it was last changed.
    pub updated_at: UtcTimestamp,
}

/// Without the secret.
impl fmt::Debug for StoredConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredConnection")
            .field("id", &self.id)
            .field("tenant", &self.tenant)
            .field("slug", &self.slug)
            .field("base_url", &self.base_url)
            .field("client_id", &self.client_id)
            .field("enabled", &self.enabled)
            .field("created_at", &self.created_at)
            .field("updated_at", &self.updated_at)
            .finish_non_exhaustive()
    }
}

/// The columns, in the order of the table.
#[doc(hidden)]
pub type Columns = (
    Id,
    String,
    String,
    String,
    String,
    Option<Vec<u8>>,
    Option<String>,
    Option<String>,
    Option<String>,
    bool,
    UtcTimestamp,
    UtcTimestamp,
);

impl From<Columns> for StoredConnection {
    fn from(columns: Columns) -> Self {
        let (
            id,
            tenant,
            slug,
            base_url,
            client_id,
            client_secret,
            display_name,
            icon_url,
            email_domains,
            enabled,
            created_at,
            updated_at,
        ) = columns;
        Self {
            id,
            tenant,
            slug,
            base_url,
            client_id,
            client_secret,
            display_name,
            icon_url,
            email_domains,
            enabled,
            created_at,
            updated_at,
        }
    }
}

/// A table of connections on the databases of connection type `C`. `#[derive(OidcConnectionResource)]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a store of connections to OpenID providers",
    label = "expected a struct with `#[derive(OidcConnectionResource)]`",
    note = "write `#[derive(OidcConnectionResource)] pub struct Connection;` and name it here"
)]
pub trait OidcConnectionStore<C: Connection>: Send + Sync + 'static {
    /// The table that the store needs.
    fn table() -> Table;

    /// Writes a new connection. A unique violation when the tenant has one of this slug.
    fn insert(
        connection: &mut C,
        row: NewConnection<'_>,
        now: OffsetDateTime,
    ) -> impl Future<Output = QueryResult<usize>> + Send;

    /// A connection of this tenant, enabled or not.
    fn find(
        connection: &mut C,
        tenant: &str,
        id: Id,
    ) -> impl Future<Output = QueryResult<Option<StoredConnection>>> + Send;

    /// The connection of this tenant that is called so, enabled or not.
    fn find_by_slug(
        connection: &mut C,
        tenant: &str,
        slug: &str,
    ) -> impl Future<Output = QueryResult<Option<StoredConnection>>> + Send;

    /// The connections of a tenant that people may sign in with, by slug.
    fn enabled_of(
        connection: &mut C,
        tenant: &str,
    ) -> impl Future<Output = QueryResult<Vec<StoredConnection>>> + Send;

    /// Every connection of a tenant, by slug.
    fn of_tenant(
        connection: &mut C,
        tenant: &str,
    ) -> impl Future<Output = QueryResult<Vec<StoredConnection>>> + Send;

    /// Changes a connection of this tenant. `0` when there is none.
    fn update(
        connection: &mut C,
        tenant: &str,
        id: Id,
        change: ConnectionChange<'_>,
        now: OffsetDateTime,
    ) -> impl Future<Output = QueryResult<usize>> + Send;

    /// Says whether people may sign in with a connection of this tenant. `0` when there is none.
    fn set_enabled(
        connection: &mut C,
        tenant: &str,
        id: Id,
        enabled: bool,
        now: OffsetDateTime,
    ) -> impl Future<Output = QueryResult<usize>> + Send;

    /// The connections with a secret behind this one in the order of their ids, of every tenant, and no more than `limit`.
    fn with_secrets_after(
        connection: &mut C,
        after: Id,
        limit: i64,
    ) -> impl Future<Output = QueryResult<Vec<StoredConnection>>> + Send;

    /// Puts a secret that was sealed anew in the place of what it was. `0` when that is no longer there.
    fn reseal(
        connection: &mut C,
        id: Id,
        before: &[u8],
        after: &[u8],
    ) -> impl Future<Output = QueryResult<usize>> + Send;

    /// Deletes a connection of this tenant. `0` when there is none. Identities that came by it stay.
    fn delete(connection: &mut C, tenant: &str, id: Id) -> impl Future<Output = QueryResult<usize>> + Send;
}
