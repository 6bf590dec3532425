//! People whose sessions end when they are left alone, declared once for each database.
#![allow(missing_docs, reason = "columns speak for themselves")]

diesel::table! {
    /// People with an idle limit.
    visitors (id) {
        id -> auth_runtime::db::SqlId,
        email -> Text,
        hashed_password -> Nullable<Text>,
        confirmed_at -> Nullable<auth_runtime::db::SqlTimestamp>,
    }
}

macro_rules! visitors {
    ($database:ident) => {
        /// Everybody of this kind.
        #[allow(missing_docs, reason = "columns and arguments speak for themselves")]
        pub mod $database {
            use auth_runtime::prelude::*;

            use crate::{secrets::secret, visitors::visitors};

            /// A person.
            #[derive(Debug, Clone, Queryable, Selectable, Authenticated)]
            #[diesel(table_name = visitors)]
            pub struct Visitor {
                pub id: Id,
                pub email: String,
                #[auth(sensitive)]
                pub hashed_password: Option<String>,
                pub confirmed_at: Option<UtcTimestamp>,
            }

            /// Their tokens.
            #[derive(Debug, TokenResource)]
            #[auth(
                table_name = "visitor_tokens",
                family = "session",
                last_seen_at = "used_at",
                client_address = "place"
            )]
            pub struct VisitorToken;

            authentication! {
                repo: crate::$database::Repo,
                tokens {
                    token_resource: VisitorToken,
                    signing_secret: |context| secret(context),
                    token_lifetime: 1 day,
                    session_idle_timeout: 1 hour,
                }
                strategies {
                    password { identity_field: email, confirmation_required: false }
                }
            }

            /// Registers somebody under [`crate::PASSWORD`].
            pub async fn register(cx: &Context<Visitor>, email: &str) -> SignedIn<Visitor> {
                let input = RegisterWithPassword {
                    email: email.to_owned(),
                    password: crate::PASSWORD.into(),
                };
                Visitor::register_with_password(cx, input).await.unwrap()
            }

            /// Signs in somebody whose password is [`crate::PASSWORD`].
            pub async fn sign_in(cx: &Context<Visitor>, email: &str) -> SignedIn<Visitor> {
                let input = SignInWithPassword {
                    email: email.to_owned(),
                    password: crate::PASSWORD.into(),
                };
                Visitor::sign_in_with_password(cx, input).await.unwrap()
            }
        }
    };
}

visitors!(sqlite);
#[cfg(feature = "postgres")]
visitors!(postgres);
#[cfg(feature = "mysql")]
visitors!(mysql);
