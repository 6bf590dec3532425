//! OpenID Connect with many providers: each customer's is a row, chosen when the sign-in begins.
//!
//! All behaviour of a sign-in is that of [`oauth2`](super::oauth2); here is how a row becomes a provider, and what
//! administrators do with rows.
//!
//! # Threats
//! - *A customer's provider says whatever the customer likes.* Identities belong to one connection and one issuer, and an
//!   address joins an account only if it is of a domain that the row names (promise OA-06).
//! - *A row leads into the application's own network.* Every URL is called as others are: https, public addresses, no
//!   redirects (OA-09). A row is tried before it is written.
//! - *Another tenant's row.* The tenant is part of every look-up (TN-01); an unknown, a disabled and a foreign row are
//!   refused alike.
//! - *Client secrets in a backup.* They are sealed, and nothing reads them back out.

mod actions;
mod connection;
mod ways;

use secrecy::SecretString;
use serde::Serialize;

pub use actions::{
    all_connections, change_connection, connections, create_connection, delete_connection, enable_connection,
};

use super::oauth2::{OAuth2, Parts};
use crate::{
    db::{Id, Table, UtcTimestamp},
    identity::ByIdentity,
    oauth::Protocol,
    resources::oidc_connection::{OidcConnectionStore, StoredConnection},
    strategy::{PhaseInfo, PhaseMethod},
    user::Conn,
};

/// One declared strategy. The macro implements it for the type that stands for the strategy.
pub trait DynamicOidc: OAuth2 {
    /// The store of connections.
    type Connections: OidcConnectionStore<Conn<<Self as ByIdentity>::User>>;
}

/// The run-time parts of the strategy, as declared.
#[must_use]
pub fn parts<S: DynamicOidc>() -> Parts<S> {
    Parts::with_ways(Protocol::Oidc, None, |template| {
        Ok(Box::new(ways::ByConnection::<S>::new(template)))
    })
}

/// The table that its connections need.
#[must_use]
pub fn table<S: DynamicOidc>() -> Table {
    S::Connections::table()
}

/// `GET …/:connection_id/request`: leads to the provider of a connection.
pub const REQUEST: PhaseInfo = PhaseInfo {
    name: super::oauth2::REQUEST.name,
    path: "/:connection_id/request",
    method: super::oauth2::REQUEST.method,
};
/// `POST …/:connection_id/link`, for whoever is signed in: leads to that provider, to attach an identity.
pub const LINK: PhaseInfo = PhaseInfo {
    name: super::oauth2::LINK.name,
    path: "/:connection_id/link",
    method: PhaseMethod::Post,
};

/// What a connection is to be.
#[derive(Debug, Clone)]
pub struct NewConnection {
    /// Names it in addresses, beside its id: 1 to 64 lower case letters, digits and `-`.
    pub slug: String,
    /// The issuer.
    pub base_url: String,
    /// What the customer's provider calls the application.
    pub client_id: String,
    /// The secret that goes with it. It is sealed, and nothing reads it back out.
    pub client_secret: Option<SecretString>,
    /// What people read on the button.
    pub display_name: Option<String>,
    /// A picture for the button: https.
    pub icon_url: Option<String>,
    /// The domains whose addresses the customer has shown to be theirs: the provider is trusted with these alone.
    ///
    /// # Security
    /// Whoever runs the provider can enter every account with a confirmed address of such a domain, in the same tenant.
    pub email_domains: Vec<String>,
}

/// A connection, for pages. Its secret is not in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ConnectionInfo {
    /// Names it.
    pub id: Id,
    /// Names it in addresses.
    pub slug: String,
    /// What people read on the button: its name, else the host of its provider.
    pub label: String,
    /// A picture for the button.
    pub icon_url: Option<String>,
    /// The issuer.
    pub base_url: String,
    /// What the customer's provider calls the application.
    pub client_id: String,
    /// The domains whose addresses its provider is trusted with.
    pub email_domains: Vec<String>,
    /// Whether people can sign in by it.
    pub enabled: bool,
    /// When it was made.
    pub created_at: UtcTimestamp,
    /// When it was last changed.
    pub updated_at: UtcTimestamp,
}

impl From<StoredConnection> for ConnectionInfo {
    fn from(row: StoredConnection) -> Self {
        let host = url::Url::parse(&row.base_url)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned));
        Self {
            id: row.id,
            label: row.display_name.or(host).unwrap_or_else(|| "SSO".to_owned()),
            slug: row.slug,
            icon_url: row.icon_url,
            base_url: row.base_url,
            client_id: row.client_id,
            email_domains: domains(row.email_domains.as_deref()),
            enabled: row.enabled,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// The domains in a row.
fn domains(stored: Option<&str>) -> Vec<String> {
    stored
        .unwrap_or_default()
        .split_whitespace()
        .map(str::to_owned)
        .collect()
}
