//! What the tests share: a schema, a sender, and the words that every block needs.

/// The names that an application would import.
pub mod prelude {
    pub use auth_runtime::{
        AuditLogResource, Authenticated, TokenResource, authentication,
        db::{Id, UtcTimestamp},
        repo::Sqlite,
        resources::audit_log::AuditLogResource,
    };
    pub use diesel::prelude::*;

    pub use crate::{Mailer, schema::users};
}

/// The application's tables.
pub mod schema {
    diesel::table! {
        /// People.
        users (id) {
            /// The key.
            id -> auth_runtime::db::SqlId,
            /// The identity.
            email -> Text,
            /// The hash.
            hashed_password -> Nullable<Text>,
            /// Set once the address is proven.
            confirmed_at -> Nullable<auth_runtime::db::SqlTimestamp>,
            /// A column that people fill.
            display_name -> Nullable<Text>,
        }
    }
}

/// Delivers nothing.
#[derive(Debug)]
pub struct Mailer;

impl<U: Send + Sync + 'static> auth_runtime::sender::Sender<U> for Mailer {
    async fn send(
        &self,
        _: auth_runtime::sender::Message<'_, U>,
        _: &auth_runtime::sender::SendContext,
    ) -> Result<(), auth_runtime::sender::SenderError> {
        Ok(())
    }
}
