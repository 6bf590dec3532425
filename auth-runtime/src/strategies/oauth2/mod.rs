//! Sign-in with an identity from elsewhere: OAuth 2.0, OpenID Connect and the presets, all of them this one strategy.
//!
//! # Threats
//! - *Somebody else's callback.* An attempt is a row that only its `state` finds, bound to the browser that began it and to
//!   the strategy and tenant it was begun for, and spent by the first callback whatever comes of it (promises OA-01, OA-02).
//! - *An address that is not theirs.* An account is found by issuer and subject. An address attaches an identity to an
//!   account only where the provider is trusted with it, says that it is verified, and the account has proven it too
//!   (OA-06). Otherwise the account stays as it is.
//! - *An account made before its owner came.* What was set before the first proof of an address ends with that proof,
//!   identities included (CF-01).
//! - *Somebody attaches their identity to a stranger's session.* Attaching one to an account begins with a POST from a
//!   session that proved itself a short while ago, and ends in that session or not at all (OA-07).
//! - *Provider tokens in a backup.* They are stored only where the block says so, and sealed (OA-11).

mod actions;
mod attempt;
mod config;
mod http;
mod kept_tokens;
mod parts;
mod queries;
mod realm;
mod way;

use std::{future::Future, sync::Arc};

use diesel::QueryResult;
use secrecy::SecretString;
use serde::Serialize;

pub use actions::{
    access_token, callback, confirm, end_provider_session, link, list, request, sign_out, unlink,
};
pub use config::{
    BACKCHANNEL_LOGOUT, CALLBACK, CONFIRM, Config, LINK, LIST, OnUntrustedMatch, REQUEST, SIGN_OUT, UNLINK,
};
pub use http::dispatch;
pub use parts::{Parts, Setting};
pub(crate) use way::{Template, Way, Ways};

use crate::{
    context::Context,
    db::{Id, Table, UtcTimestamp},
    identity::ByIdentity,
    oauth::UserInfo,
    resources::user_identity::{StoredIdentity, UserIdentityStore},
    session::SignedIn,
    strategy::Accepted,
    token::ExtraClaims,
    user::{Conn, Resource},
};

/// One declared strategy: its settings, its store and the queries on the application's table. The identity is the column
/// by which an address is compared.
///
/// The macro implements it for a type of its own per strategy.
pub trait OAuth2: ByIdentity {
    /// The store of identities.
    type Identities: UserIdentityStore<Conn<Self::User>>;
    /// The values of the columns that the provider's claims fill.
    type Attributes: Clone + Send + Sync + 'static;

    /// The settings.
    const CONFIG: Config;

    /// Whether nobody can be without an address: the column is never null.
    const IDENTITY_REQUIRED: bool;

    /// Those values, or the claims that are missing or unfit.
    ///
    /// # Errors
    /// The names of those claims.
    fn attributes(info: &UserInfo) -> Result<Self::Attributes, Vec<&'static str>>;

    /// The claims that `extra_claims` adds to the session token.
    fn extra_claims(user: &Self::User) -> ExtraClaims;

    /// Writes a new person. Without an address `identity` is `None`.
    fn insert(
        connection: &mut Conn<Self::User>,
        key: Option<<Self::User as Resource>::Key>,
        tenant: &<Self::User as crate::user::Authenticated>::Tenant,
        identity: Option<&str>,
        attributes: Self::Attributes,
    ) -> impl Future<Output = QueryResult<usize>> + Send;

    /// Writes the columns that follow the provider at each sign-in; `0` where none does.
    fn update(
        connection: &mut Conn<Self::User>,
        key: &<Self::User as Resource>::Key,
        attributes: Self::Attributes,
    ) -> impl Future<Output = QueryResult<usize>> + Send;
}

/// Arguments of [`request`]: where the person should come back to is the context's
/// ([`Context::with_return_to`]).
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Which connection, where the strategy has several.
    pub connection_id: Option<String>,
    /// Whom the provider should offer, such as an address.
    pub login_hint: Option<String>,
    /// Whether the browser is to be remembered.
    pub remember_me: bool,
}

/// Arguments of [`link`].
#[derive(Debug, Clone, Default)]
pub struct Link {
    /// Which connection, where the strategy has several.
    pub connection_id: Option<String>,
}

/// Arguments of [`list`].
#[derive(Debug, Clone)]
pub struct List {}

/// Arguments of [`unlink`].
#[derive(Debug, Clone)]
pub struct Unlink {
    /// The identity.
    pub id: Id,
}

/// Arguments of [`confirm`].
#[derive(Debug, Clone)]
pub struct Confirm {
    /// The token out of the message.
    pub token: SecretString,
}

/// Arguments of [`sign_out`].
#[derive(Debug, Clone)]
pub struct SignOut {}

/// Arguments of [`end_provider_session`].
#[derive(Debug, Clone)]
pub struct EndProviderSession {
    /// What the provider signed (OpenID Connect Back-Channel Logout 1.0 §2.4).
    pub logout_token: SecretString,
}

/// Arguments of [`access_token`].
#[derive(Debug, Clone)]
pub struct AccessToken {
    /// The identity.
    pub id: Id,
}

/// What a callback came to.
#[derive(Debug)]
#[non_exhaustive]
pub enum Entered<U> {
    /// Somebody is signed in now.
    SignedIn(SignedIn<U>),
    /// An address is to be confirmed first: a message is on its way to it. The same for an address that somebody else has,
    /// who is told or asked in its place (promise EN-02).
    MustConfirm(Accepted),
    /// The identity belongs to whoever was signed in already.
    Linked(IdentityInfo),
}

/// An identity from elsewhere, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct IdentityInfo {
    /// Names the identity. It is not a secret.
    pub id: Id,
    /// The strategy, with the connection behind a slash where it has several.
    pub strategy: String,
    /// The address that the provider named at the last sign-in.
    pub email: Option<String>,
    /// Since when it belongs to the account.
    pub created_at: UtcTimestamp,
    /// When it last signed in.
    pub last_used_at: UtcTimestamp,
}

impl From<StoredIdentity> for IdentityInfo {
    fn from(row: StoredIdentity) -> Self {
        Self {
            id: row.id,
            strategy: row.strategy,
            email: row.email,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
        }
    }
}

/// What the block says of the strategy's providers.
pub(crate) fn template_of<S: OAuth2>(cx: &Cx<S>) -> Result<&Template, crate::Error> {
    let ready: &parts::Ready<S> = cx.auth.part(S::CONFIG.index)?;
    Ok(ready.ways()?.template())
}

/// The table that its identities need.
#[must_use]
pub fn table<S: OAuth2>() -> Table {
    S::Identities::table()
}

type Cx<S> = Context<<S as ByIdentity>::User>;
type KeyOf<S> = <<S as ByIdentity>::User as Resource>::Key;
type Job<S, T> = Arc<(Cx<S>, T)>;

/// The method that session tokens name. RFC 8176 has none for a sign-in elsewhere.
const METHOD: &str = "fed";
