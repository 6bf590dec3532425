//! The traits that the macros implement for an application's user struct.

use std::future::Future;

use diesel::QueryResult;
use serde_json::{Map, Value};
use time::OffsetDateTime;

use crate::{
    authentication::Declared,
    context::{ClientIp, Context},
    db::{Key, Repo, Schema, Table},
    resources::token::TokenStore,
    strategy::{ActionOutcome, Input, Outcome, StrategyInfo},
    token::{Algorithm, ExtraClaims},
};

/// The connection of a resource's database.
pub type Conn<U> = <<U as Authenticated>::Repo as Repo>::Connection;

/// A struct that stands for one row of the application's own table. `#[derive(Authenticated)]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a user struct",
    label = "expected a struct with `#[derive(Authenticated)]`",
    note = "put `#[derive(Authenticated)]` on `{Self}`"
)]
pub trait Resource: Sized + Send + Sync + 'static {
    /// The type of the primary key.
    type Key: Key;

    /// The struct's name.
    const TYPE_NAME: &'static str;

    /// The column that is the primary key.
    const KEY_COLUMN: &'static str;

    /// The value of the primary key.
    fn key(&self) -> &Self::Key;

    /// The columns that their owner may see: all but the sensitive and the private ones.
    ///
    /// # Errors
    /// When a column's value cannot be written as JSON.
    fn public_fields(&self) -> Result<Map<String, Value>, serde_json::Error>;

    /// The table as the struct and its `table!` describe it, without what strategies add.
    fn table() -> Table;
}

/// The type of the `INDEX`th column, for generated code that cannot name it.
#[doc(hidden)]
pub trait ColumnAt<const INDEX: usize> {
    type Type;
}

/// Settings of the `tokens` block.
#[derive(Debug, Clone, Copy)]
pub struct TokenSettings {
    /// Whether this resource mints tokens.
    pub enabled: bool,
    /// The signing algorithm.
    pub algorithm: Algorithm,
    /// The `iss` claim.
    pub issuer: &'static str,
    /// The `aud` claim.
    pub audience: &'static str,
    /// Lifetime of session tokens, in seconds.
    pub lifetime_seconds: u64,
    /// Tolerated clock difference, in seconds; at most 60.
    pub leeway_seconds: u64,
    /// Whether each minted token leaves a row.
    pub store_all: bool,
    /// Whether a session token counts only while its row exists.
    pub require_presence: bool,
    /// Pause between two purges of expired rows, in seconds.
    pub expunge_interval_seconds: u64,
}

/// How a session is looked up when token presence is not required.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionIdentifier {
    /// The session token is checked against revocations.
    Jti,
    /// The session token is checked by signature only, so that signing out cannot end a copied one.
    ///
    /// # Security
    /// Gives up promises TK-08 and SE-03 for this resource.
    Unsafe,
}

/// The settings that belong to the whole block.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// The resource's name in subjects, routes, parameters and cookies.
    pub subject_name: &'static str,
    /// The `tokens` block.
    pub tokens: TokenSettings,
    /// Session look-up when presence is not required.
    pub session_identifier: SessionIdentifier,
    /// Where the client's address comes from.
    pub client_ip: ClientIp,
    /// Promises given up with `allow(…)`, each with the stated reason.
    pub allowed: &'static [(&'static str, &'static str)],
}

/// A user struct together with its `authentication!` block, which implements this.
///
/// Everything here depends on the application's names and types; behaviour is in the library.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no `authentication!` block",
    label = "expected a resource with an `authentication!` block",
    note = "write `authentication! {{ … }}` below the struct"
)]
pub trait Authenticated: Resource {
    /// The application's database.
    type Repo: Repo;
    /// The token store.
    type Tokens: TokenStore<Conn<Self>>;

    /// Settings of the block.
    const SETTINGS: Settings;

    /// Strategies in order of declaration.
    const STRATEGIES: &'static [StrategyInfo];

    /// Add-ons in order of declaration.
    const ADD_ONS: &'static [StrategyInfo];

    /// The parts of the declaration that exist at run time only: secrets, senders, providers.
    fn declared() -> Declared<Self>;

    /// The tables that the application's database must have.
    fn schema() -> Schema;

    /// Claims that every session token of this person carries.
    fn extra_claims(&self) -> ExtraClaims {
        ExtraClaims::default()
    }

    /// Reads the row with this key.
    fn find(
        connection: &mut Conn<Self>,
        key: &Self::Key,
    ) -> impl Future<Output = QueryResult<Option<Self>>> + Send;

    /// Reads the row with this key together with the extra data of its live session token, in one query.
    fn find_with_session(
        connection: &mut Conn<Self>,
        key: &Self::Key,
        jti: &str,
        now: OffsetDateTime,
    ) -> impl Future<Output = QueryResult<Option<(Self, Option<String>)>>> + Send;

    /// Locks the row with this key until the transaction ends, by writing its key to itself. `0` when there is none.
    fn lock(connection: &mut Conn<Self>, key: &Self::Key) -> impl Future<Output = QueryResult<usize>> + Send;

    /// Runs a phase, or an action by its kind, of the strategy at `index` of [`Authenticated::STRATEGIES`]; add-ons
    /// are counted after the strategies.
    fn dispatch(
        context: &Context<Self>,
        index: usize,
        phase: &str,
        input: Input,
    ) -> impl Future<Output = Outcome<ActionOutcome<Self>>> + Send;
}
