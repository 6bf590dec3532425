//! Passwords: register, sign in, exchange a sign-in token, request a reset, reset, change.
//!
//! # Threats
//! - *Who has an account?* Unknown people, people without a password and wrong passwords cost one hash and get one
//!   answer (promises EN-01, EN-03). A reset request does the same work for everybody and never says whether a
//!   message went out (EN-02).
//! - *Guessing offline.* Argon2id with the floors of PW-02; older hashes are upgraded at the next sign-in.
//! - *Races.* One-time tokens are spent by one conditional write in the transaction of their effect (SU-02). A
//!   password is replaced only if the one that was checked is still there (PW-08), and whoever signs in locks the
//!   person's row, so a sign-in never slips past a concurrent reset (SE-05).

mod actions;
mod config;
mod http;
mod parts;
mod queries;

use std::{future::Future, sync::Arc};

use diesel::QueryResult;

pub use actions::{change, exchange, register, register_alike, request_reset, reset, sign_in, sign_in_token};
pub use config::{
    CHANGE, Config, REGISTER, RESET, RESET_REQUEST, Resettable, SIGN_IN, SIGN_IN_TOKEN, SIGN_IN_WITH_TOKEN,
};
pub use http::dispatch;
pub use parts::Parts;

use secrecy::SecretString;
use serde_json::{Map, Value};

use crate::{
    identity::ByIdentity,
    strategy::Input,
    user::{Authenticated, Conn},
};

/// One declared password strategy: its settings and the queries on the application's table.
///
/// The macro implements it for a type of its own per strategy.
pub trait Password: ByIdentity {
    /// The values of the columns in `register_action_accept`.
    type Extras: Clone + Send + Sync + 'static;

    /// The settings.
    const CONFIG: Config;

    /// Takes the accepted columns out of untyped arguments. `None` when one was refused.
    fn extras(input: &mut Input) -> Option<Self::Extras>;

    /// The accepted columns that an audit log records.
    fn params(_extras: &Self::Extras) -> Map<String, Value> {
        Map::new()
    }

    /// Whether the column named by `require_confirmed_with` is set; `true` without that setting.
    fn is_confirmed(user: &Self::User) -> bool;

    /// The person with this canonical identity in this tenant, and the stored hash.
    fn find(
        connection: &mut Conn<Self::User>,
        tenant: &<Self::User as Authenticated>::Tenant,
        identity: &str,
    ) -> impl Future<Output = QueryResult<Option<(Self::User, Option<String>)>>> + Send;

    /// The stored hash of a person.
    fn hash_of(
        connection: &mut Conn<Self::User>,
        key: &<Self::User as crate::user::Resource>::Key,
    ) -> impl Future<Output = QueryResult<Option<String>>> + Send;

    /// Replaces the hash if it is still `old`. `1` when it was.
    fn replace_hash(
        connection: &mut Conn<Self::User>,
        key: &<Self::User as crate::user::Resource>::Key,
        old: &str,
        new: &str,
    ) -> impl Future<Output = QueryResult<usize>> + Send;

    /// Sets the hash whatever it was. `0` when the person does not exist any more.
    fn set_hash(
        connection: &mut Conn<Self::User>,
        key: &<Self::User as crate::user::Resource>::Key,
        new: &str,
    ) -> impl Future<Output = QueryResult<usize>> + Send;

    /// Writes a new person of this tenant.
    fn insert(
        connection: &mut Conn<Self::User>,
        key: Option<<Self::User as crate::user::Resource>::Key>,
        tenant: &<Self::User as Authenticated>::Tenant,
        identity: &str,
        hash: &str,
        extras: Self::Extras,
    ) -> impl Future<Output = QueryResult<usize>> + Send;
}

/// Arguments of [`register`].
#[derive(Debug, Clone)]
pub struct Register<E> {
    /// What the person signs in with.
    pub identity: String,
    /// The new password.
    pub password: SecretString,
    /// The second entry, where `confirmation_required` asks for one.
    pub confirmation: Option<SecretString>,
    /// Values of the accepted columns.
    pub extras: E,
}

/// Arguments of [`sign_in`] and [`sign_in_token`].
#[derive(Debug, Clone)]
pub struct SignIn {
    /// What the person signs in with.
    pub identity: String,
    /// The password.
    pub password: SecretString,
    /// Whether the browser is to be remembered. A sign-in token has no use for it: its exchange asks again.
    pub remember_me: bool,
}

/// Arguments of [`exchange`].
#[derive(Debug, Clone)]
pub struct Exchange {
    /// The sign-in token.
    pub token: SecretString,
    /// Whether the browser is to be remembered.
    pub remember_me: bool,
}

/// Arguments of [`request_reset`].
#[derive(Debug, Clone)]
pub struct RequestReset {
    /// Whose password to reset.
    pub identity: String,
}

/// Arguments of [`reset`].
#[derive(Debug, Clone)]
pub struct Reset {
    /// The token out of the message.
    pub token: SecretString,
    /// The new password.
    pub password: SecretString,
    /// The second entry, where `confirmation_required` asks for one.
    pub confirmation: Option<SecretString>,
}

/// Arguments of [`change`].
#[derive(Debug, Clone)]
pub struct Change {
    /// The password so far.
    pub current: SecretString,
    /// The new password.
    pub password: SecretString,
    /// The second entry, where `confirmation_required` asks for one.
    pub confirmation: Option<SecretString>,
}

/// The method that session tokens name for a password (RFC 8176).
const METHOD: &str = "pwd";

/// A person as the actions hand them on.
type Person<S> = Arc<<S as ByIdentity>::User>;
