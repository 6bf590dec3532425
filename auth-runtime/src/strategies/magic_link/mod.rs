//! Magic links: ask for a link, follow it, be signed in; optionally as somebody new.
//!
//! # Threats
//! - *Who has an account?* A request does the same work for everybody, is answered at the same time and never says
//!   whether a message went out (promise EN-02).
//! - *Scanners that fetch every link.* A GET shows a page with a form and changes nothing (SU-06).
//! - *Links that live on.* A link works once (SU-02), for at most ten minutes (SU-04), for the person it was sent to and
//!   only as long as the address is theirs (SU-03). A newer request voids it (SU-05).
//! - *Somebody else registered the address first.* Signing in by a link proves the address; what was set before that
//!   proof is taken away by the `confirmation` that watches the address (CF-01).
//! - *A stolen link.* `bind_to_browser` makes it work only where it was asked for (SU-11).

mod actions;
mod config;
mod http;
mod parts;
mod queries;

use std::future::Future;

use diesel::QueryResult;
use secrecy::SecretString;

pub use actions::{look_up, request, sign_in};
pub use config::{Config, REQUEST, sign_in_phase};
pub use http::dispatch;
pub use parts::Parts;

use crate::{
    identity::ByIdentity,
    token::ExtraClaims,
    user::{Authenticated, Conn, Resource},
};

/// One declared magic-link strategy: its settings and the queries on the application's table.
///
/// The macro implements it for a type of its own per strategy.
pub trait MagicLink: ByIdentity {
    /// The settings.
    const CONFIG: Config;

    /// The claims that `extra_claims` adds to the session token.
    fn extra_claims(user: &Self::User) -> ExtraClaims;

    /// Writes a new person who has nothing but an identity.
    fn insert(
        connection: &mut Conn<Self::User>,
        key: Option<<Self::User as Resource>::Key>,
        tenant: &<Self::User as Authenticated>::Tenant,
        identity: &str,
    ) -> impl Future<Output = QueryResult<usize>> + Send;
}

/// Arguments of [`request`].
#[derive(Debug, Clone)]
pub struct Request {
    /// Who wants to sign in.
    pub identity: String,
}

/// Arguments of [`sign_in`].
#[derive(Debug, Clone)]
pub struct SignIn {
    /// The token out of the message.
    pub token: SecretString,
    /// Whether the browser is to be remembered.
    pub remember_me: bool,
}

/// The method that session tokens name for a link. RFC 8176 has none for it; `otp` would pass for a second factor, which a
/// mailbox is not.
const METHOD: &str = "link";
