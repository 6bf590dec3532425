//! The traits that the macros implement for an application's user struct.

use std::future::Future;

use diesel::QueryResult;
use serde_json::{Map, Value};
use time::OffsetDateTime;

use crate::{
    authentication::Declared,
    context::{ClientIp, Context},
    db::{Key, Repo, Schema, Table},
    error::Error,
    limits,
    resources::token::{SessionRow, TokenStore},
    session::key_of,
    strategies::remember_me,
    strategy::{ActionOutcome, Input, Outcome, StrategyInfo},
    tenant::Tenant,
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

/// The `INDEX`th column, for generated code that cannot name its type or its table.
#[doc(hidden)]
pub trait ColumnAt<const INDEX: usize> {
    type Type;
    type Table: diesel::Table;
    type Column: diesel::Column<Table = Self::Table>;
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
    /// The `refresh` block.
    pub refresh: Option<RefreshSettings>,
    /// How long a session may lie unused, in seconds (promise SE-04).
    pub session_idle_timeout_seconds: Option<u64>,
    /// Pause between two purges of expired rows, in seconds.
    pub expunge_interval_seconds: u64,
}

/// Settings of the `refresh` block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefreshSettings {
    /// Lifetime of session tokens that a refresh token comes with, in seconds.
    pub access_token_lifetime_seconds: u64,
    /// How long after the sign-in the session can be renewed, in seconds.
    pub refresh_token_lifetime_seconds: u64,
    /// How long requests beside the one that spent a refresh token get the same successor, in seconds; at most 60.
    pub reuse_grace_seconds: u64,
}

impl RefreshSettings {
    pub(crate) fn grace(&self) -> time::Duration {
        time::Duration::seconds(i64::try_from(self.reuse_grace_seconds).unwrap_or_default())
    }
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
    /// The `remember_me` strategy.
    pub remember_me: Option<remember_me::Config>,
    /// Whether the block says so, or this is the default.
    pub client_ip_declared: bool,
    /// Promises given up with `allow(…)`, each with the stated reason.
    pub allowed: &'static [(&'static str, &'static str)],
}

impl Settings {
    /// Whether a session token counts by its signature alone, so that nothing has to be read to know whose it is.
    #[must_use]
    pub const fn signature_suffices(&self) -> bool {
        let by_signature = matches!(self.session_identifier, SessionIdentifier::Unsafe);
        by_signature && !self.tokens.require_presence
    }
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
    /// The type of the column named by `tenant_field`, or [`NoTenant`](crate::tenant::NoTenant).
    type Tenant: Tenant;
    /// The token store.
    type Tokens: TokenStore<Conn<Self>>;

    /// Settings of the block.
    const SETTINGS: Settings;

    /// Strategies in order of declaration.
    const STRATEGIES: &'static [StrategyInfo];

    /// Add-ons in order of declaration.
    const ADD_ONS: &'static [StrategyInfo];

    /// The limits of strategies that say something about them, by the strategy's name.
    const LIMITS: &'static [(&'static str, limits::Settings)] = &[];

    /// The parts of the declaration that exist at run time only: secrets, senders, providers.
    fn declared() -> Declared<Self>;

    /// The tables that the application's database must have.
    fn schema() -> Schema;

    /// The tenant this person belongs to.
    fn tenant(&self) -> Self::Tenant;

    /// Claims that every session token of this person carries.
    fn extra_claims(&self) -> ExtraClaims {
        ExtraClaims::default()
    }

    /// The columns named by `select_for_senders`, for senders that serve several kinds of people.
    ///
    /// # Errors
    /// When a column's value cannot be written as JSON.
    fn sender_fields(&self) -> Result<Map<String, Value>, serde_json::Error>;

    /// Reads the row with this key.
    fn find(
        connection: &mut Conn<Self>,
        key: &Self::Key,
    ) -> impl Future<Output = QueryResult<Option<Self>>> + Send;

    /// Reads the row with this key together with that of its live session token, in one query. The token's row must
    /// name the same subject as the token (promise TK-09).
    fn find_with_session(
        connection: &mut Conn<Self>,
        key: &Self::Key,
        jti: &str,
        subject: &str,
        now: OffsetDateTime,
    ) -> impl Future<Output = QueryResult<Option<(Self, SessionRow)>>> + Send;

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

/// What a resource declares, for an application that wants to look at itself.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Info {
    /// The subject name.
    pub subject_name: &'static str,
    /// The strategies, in order of declaration.
    pub strategies: &'static [StrategyInfo],
    /// The add-ons, in order of declaration.
    pub add_ons: &'static [StrategyInfo],
    /// The promises given up with `allow(…)`, each with the stated reason.
    pub promises_given_up: &'static [(&'static str, &'static str)],
}

impl Info {
    /// What `U` declares.
    #[must_use]
    pub const fn of<U: Authenticated>() -> Self {
        Self {
            subject_name: U::SETTINGS.subject_name,
            strategies: U::STRATEGIES,
            add_ons: U::ADD_ONS,
            promises_given_up: U::SETTINGS.allowed,
        }
    }

    /// The strategy or add-on of that name.
    #[must_use]
    pub fn strategy(&self, name: &str) -> Option<&'static StrategyInfo> {
        self.strategies
            .iter()
            .chain(self.add_ons)
            .find(|strategy| strategy.name == name)
    }

    /// Whether a strategy or add-on of that kind is declared.
    #[must_use]
    pub fn has(&self, kind: &str) -> bool {
        self.strategies
            .iter()
            .chain(self.add_ons)
            .any(|strategy| strategy.kind == kind)
    }

    /// The strategy or add-on that owns an action of the struct.
    #[must_use]
    pub fn strategy_for_action(&self, action: &str) -> Option<&'static StrategyInfo> {
        let owns = |strategy: &&StrategyInfo| strategy.actions.iter().any(|known| known.name == action);
        self.strategies.iter().chain(self.add_ons).find(owns)
    }
}

/// The person whom a subject such as `user?id=42` names; `None` for anything else.
///
/// # Errors
/// [`Error::TenantRequired`]; [`Error::Storage`].
pub async fn by_subject<U: Authenticated>(context: &Context<U>, subject: &str) -> Result<Option<U>, Error> {
    let tenant = context.auth.tenant()?;
    let Some(key) = key_of::<U>(subject) else {
        return Ok(None);
    };
    let found = context
        .auth
        .read(move |connection| {
            let key = key.clone();
            Box::pin(async move { U::find(connection, &key).await })
        })
        .await?;
    Ok(found.filter(|user| user.tenant() == *tenant))
}

/// The queries of every resource on its own table. Stands inside the `impl Authenticated` that the macro writes.
#[doc(hidden)]
#[macro_export]
macro_rules! __user_queries {
    (
        connection $connection:ty;
        table $table:path;
        key $key:path;
        tokens $($tokens:path)?;
    ) => {
        async fn find(
            connection: &mut $connection,
            key: &Self::Key,
        ) -> $crate::__private::QueryResult<$crate::__private::Option<Self>> {
            use $crate::__private::query::*;
            let query = $table.filter($key.eq(key.clone())).select(<Self as SelectableHelper<_>>::as_select());
            ReadOne::read_one(connection, query).await
        }

        async fn lock(connection: &mut $connection, key: &Self::Key) -> $crate::__private::QueryResult<usize> {
            use $crate::__private::query::*;
            let query = diesel::update($table.filter($key.eq(key))).set($key.eq(key));
            Run::execute(query, connection).await
        }

        $crate::__find_with_session! { $connection; $table; $key; $($tokens)? }
    };
}

/// The one query that loads a session: the person and the live row of the token, by their keys.
#[doc(hidden)]
#[macro_export]
macro_rules! __find_with_session {
    ($connection:ty; $table:path; $key:path;) => {
        async fn find_with_session(
            _: &mut $connection,
            _: &Self::Key,
            _: &str,
            _: &str,
            _: $crate::__private::OffsetDateTime,
        ) -> $crate::__private::QueryResult<
            $crate::__private::Option<(Self, $crate::resources::token::SessionRow)>,
        > {
            $crate::__private::Ok($crate::__private::None)
        }
    };
    ($connection:ty; $table:path; $key:path; $tokens:path) => {
        async fn find_with_session(
            connection: &mut $connection,
            key: &Self::Key,
            jti: &str,
            subject: &str,
            now: $crate::__private::OffsetDateTime,
        ) -> $crate::__private::QueryResult<
            $crate::__private::Option<(Self, $crate::resources::token::SessionRow)>,
        > {
            use $crate::__private::query::*;
            type Tokens = $tokens;
            type Table = <Tokens as $crate::resources::token::TokenTable>::Table;
            type Jti = <Tokens as $crate::resources::token::TokenTable>::Jti;
            type Subject = <Tokens as $crate::resources::token::TokenTable>::Subject;
            type Purpose = <Tokens as $crate::resources::token::TokenTable>::Purpose;
            type ExpiresAt = <Tokens as $crate::resources::token::TokenTable>::ExpiresAt;
            type ExtraData = <Tokens as $crate::resources::token::TokenTable>::ExtraData;
            type Family = <Tokens as $crate::resources::token::TokenTable>::Family;
            type LastSeenAt = <Tokens as $crate::resources::token::TokenTable>::LastSeenAt;
            let live = Jti::default()
                .eq(jti.to_owned())
                .and(Subject::default().eq(subject.to_owned()))
                .and(Purpose::default().eq($crate::token::Purpose::User.as_str()))
                .and(ExpiresAt::default().gt($crate::resources::token::timestamp(now)));
            let query = $table
                .inner_join(Table::default().on(live))
                .filter($key.eq(key.clone()))
                .select((
                    <Self as SelectableHelper<_>>::as_select(),
                    (
                        ExtraData::default(),
                        Family::default(),
                        LastSeenAt::default(),
                    ),
                ));
            ReadOne::read_one(connection, query).await
        }
    };
}
