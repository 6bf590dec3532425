//! HTTP, free of any framework: from the head and body of a request to a whole answer.
//!
//! [`Authentication::handle`](crate::authentication::Authentication::handle) runs the routes of one resource and [`Application`] those of several; both work on the
//! types of the `http` crate, with bodies as bytes. With the feature `axum` each of them also has a `router()` and a
//! `layer()`, and handlers can ask for a [`CurrentUser`].
//!
//! | request | what happens |
//! |---|---|
//! | `POST /<subject>/<strategy><phase>` | the phase runs |
//! | `GET /<subject>/<strategy><phase>` | a page (or JSON) that leads to the POST, for phases that a link leads to |
//! | `GET /<subject>/<strategy><phase>` | the phase runs, for phases that begin something elsewhere |
//! | `GET`, `POST /<subject>/<strategy><phase>` | the phase runs, for phases that a provider leads back to |
//! | `POST`, `DELETE /<subject>/sign_out` | the session ends |
//! | `GET /<subject>/sign_out` | a page that leads to the POST |
//! | `GET /<subject>/sessions` | the sessions of whoever is signed in, as JSON |
//! | `POST /<subject>/sessions/end`, `…/end_others` | one session ends, or all others |
//! | `POST /<subject>/refresh` | a refresh token is spent for new tokens |
//! | anything else | failure `not_found` |
//!
//! # Threats
//! - *Forged requests.* Whatever changes state is checked by Fetch Metadata and `Origin` (SE-08); GET and HEAD never
//!   change anything (SU-06). Beginning something elsewhere and coming back from there are the exceptions: what is begun is
//!   bound to the browser, and only its `state` ends it.
//! - *Confused requests.* Duplicate members, deeper nesting, other content types and query parameters in place of
//!   fields are refused (IN-03), and so are several credentials that do not name one subject (SE-11).
//! - *Leaks.* Failures look alike and set no cookies (EN-01); nothing is cached, and pages that carry a secret in
//!   their address tell no other site (SU-08).

mod act;
mod answer;
mod application;
#[cfg(feature = "axum")]
mod axum;
mod body;
mod callback;
mod cookie;
mod credentials;
mod handle;
mod header;
mod metadata;
mod negotiation;
mod origin;
#[cfg(feature = "axum")]
mod pages;
mod path;
mod query;
mod remember;
mod respond;
mod return_to;
mod routes;
mod sessions;

use std::{fmt, sync::Arc};

use url::Url;

#[cfg(feature = "axum")]
pub use self::axum::{
    ApiKeyUser, Caller, CurrentUser, Rejection, SessionClaims, SessionLayer, SessionService,
};
pub use answer::{Answer, json, see_other};
pub use application::Application;
#[doc(hidden)]
pub use application::{assert_distinct, assert_distinct_cookies};
pub use body::LIMIT as BODY_LIMIT;
pub use metadata::PeerAddress;
pub use remember::FoundSession;
pub use respond::{
    Activity, AuthRequest, Respond, default_failure, default_sessions_ended, default_signed_out,
    default_success,
};

pub(crate) use return_to::same_origin;

use crate::user::Authenticated;
use cookie::TokenCookie;
use origin::SameOrigin;
use routes::Routes;

/// What the builder collects for HTTP.
pub(crate) struct HttpSettings<U: Authenticated> {
    respond: Arc<dyn Respond<U>>,
    tenant: Option<TenantOf<U>>,
}

/// Reads the tenant out of a request.
type TenantOf<U> = Arc<dyn Fn(&::http::request::Parts) -> Option<<U as Authenticated>::Tenant> + Send + Sync>;

impl<U: Authenticated> HttpSettings<U> {
    pub(crate) fn set_tenant(
        &mut self,
        of: impl Fn(&::http::request::Parts) -> Option<U::Tenant> + Send + Sync + 'static,
    ) {
        self.tenant = Some(Arc::new(of));
    }

    /// Whether there is somebody to ask for the tenant of a request.
    pub(crate) fn knows_tenants(&self) -> bool {
        self.tenant.is_some()
    }

    pub(crate) fn set_respond(&mut self, respond: impl Respond<U>) {
        self.respond = Arc::new(respond);
    }

    /// Builds everything that stays the same from request to request.
    pub(crate) fn start(self, public_url: Option<&Url>, development: bool) -> Http<U> {
        let subject_name = U::SETTINGS.subject_name;
        Http {
            respond: self.respond,
            tenant: self.tenant,
            routes: Routes::new(
                subject_name,
                U::STRATEGIES,
                U::ADD_ONS,
                U::SETTINGS.tokens.refresh.is_some(),
            ),
            cookie: TokenCookie::session(subject_name, development),
            remember_cookie: U::SETTINGS
                .remember_me
                .map(|config| TokenCookie::remember_me(config.cookie_name, development)),
            browser: TokenCookie::browser(subject_name, development),
            origin: SameOrigin::new(public_url),
        }
    }
}

impl<U: Authenticated> Default for HttpSettings<U> {
    fn default() -> Self {
        Self {
            respond: Arc::new(respond::Defaults),
            tenant: None,
        }
    }
}

/// The HTTP side of a started resource.
pub(crate) struct Http<U: Authenticated> {
    respond: Arc<dyn Respond<U>>,
    tenant: Option<TenantOf<U>>,
    routes: Routes,
    cookie: TokenCookie,
    remember_cookie: Option<TokenCookie>,
    browser: TokenCookie,
    origin: SameOrigin,
}

impl<U: Authenticated> Http<U> {
    /// The tenant that a request is for.
    pub(crate) fn tenant_of(&self, head: &::http::request::Parts) -> Option<U::Tenant> {
        self.tenant.as_ref().and_then(|of| of(head))
    }
}

impl<U: Authenticated> fmt::Debug for Http<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").finish_non_exhaustive()
    }
}
