//! What a declaration needs: `use auth_runtime::prelude::*;`.

#[cfg(feature = "axum")]
pub use crate::http::{ApiKeyUser, Caller, CurrentUser, SessionClaims};
#[cfg(feature = "macros")]
pub use crate::{ApiKeyResource, AuditLogResource, Authenticated, TokenResource, authentication};
#[cfg(all(feature = "macros", feature = "oauth"))]
pub use crate::{OidcConnectionResource, UserIdentity};
pub use crate::{
    api_key::{AnyScope, Scopes},
    authentication::Authentication,
    context::Context,
    db::{Id, UtcTimestamp},
    error::Error,
    resources::audit_log::AuditLogResource,
    secret::Secret,
    sender::{Message, MessageKind, SendContext, Sender, SenderError},
    session::SignedIn,
};
pub use diesel::prelude::{Insertable, Queryable, Selectable};
pub use secrecy::{ExposeSecret, SecretString};
