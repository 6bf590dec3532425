//! Confirmation: people show that they receive what is sent to their address.
//!
//! # Threats
//! - *Somebody registers an address that is not theirs, and waits for the owner.* The first proof that reaches an
//!   unconfirmed account takes away every credential and session from before it, unless it comes from the session or the
//!   browser that made them (promise CF-01).
//! - *Scanners that fetch every link.* A GET shows a page with a form and changes nothing (SU-06).
//! - *A link confirms something else.* What a link proves is kept on the server, beside its token, and compared with
//!   what is stored when it is followed (CF-02). The link takes no other input.
//! - *A link that signs in a stranger's browser.* Only the browser that registered is signed in (CF-04).
//! - *An account taken over by its address.* A new address counts once it is proven, in the session or browser that asked
//!   for it, and the old one is told (SU-10).
//! - *Who has an account?* Asking for another link, or for an address that somebody has, is answered alike (EN-02).

mod actions;
mod config;
mod http;
mod parts;
mod proof;
mod queries;

use std::future::Future;

use diesel::QueryResult;
use secrecy::SecretString;
use time::OffsetDateTime;

pub use actions::{change, confirm, resend};
pub use config::{CHANGE, CONFIRM, Config, RESEND};
pub use http::dispatch;
pub use parts::Parts;

use crate::{
    identity::ByIdentity,
    user::{Conn, Resource},
};

/// One declared confirmation: its settings and the queries on the application's table. The identity is the address.
///
/// The macro implements it for a type of its own per add-on.
pub trait Confirmation: ByIdentity {
    /// The settings.
    const CONFIG: Config;

    /// Whether the address of this person is confirmed.
    fn is_confirmed(user: &Self::User) -> bool;

    /// Writes the address and since when it is confirmed. `0` when the person does not exist any more.
    fn write(
        connection: &mut Conn<Self::User>,
        key: &<Self::User as Resource>::Key,
        address: &str,
        confirmed_at: Option<OffsetDateTime>,
    ) -> impl Future<Output = QueryResult<usize>> + Send;
}

/// Arguments of [`confirm`].
#[derive(Debug, Clone)]
pub struct Confirm {
    /// The token out of the message.
    pub token: SecretString,
}

/// Arguments of [`resend`].
#[derive(Debug, Clone)]
pub struct Resend {
    /// The address of the account.
    pub address: String,
}

/// Arguments of [`change`].
#[derive(Debug, Clone)]
pub struct Change {
    /// The new address.
    pub address: String,
}
