//! People whose clients renew their sessions with refresh tokens, declared once for each database.
#![allow(missing_docs, reason = "columns speak for themselves")]

diesel::table! {
    /// People with refresh tokens.
    roamers (id) {
        id -> auth_runtime::db::SqlId,
        email -> Text,
        hashed_password -> Nullable<Text>,
        confirmed_at -> Nullable<auth_runtime::db::SqlTimestamp>,
    }
}

macro_rules! roamers {
    ($database:ident) => {
        /// Everybody of this kind.
        #[allow(missing_docs, reason = "columns and arguments speak for themselves")]
        pub mod $database {
            use auth_runtime::{prelude::*, repo::Repo as _};
            use diesel::prelude::*;
            use diesel_async::RunQueryDsl;

            use crate::{mail::Mailer, roamers::roamers, secrets::secret};

            /// A person.
            #[derive(Debug, Clone, Queryable, Selectable, Authenticated)]
            #[diesel(table_name = roamers)]
            pub struct Roamer {
                pub id: Id,
                pub email: String,
                #[auth(sensitive)]
                pub hashed_password: Option<String>,
                #[auth(default = Some(UtcTimestamp::new(time::OffsetDateTime::UNIX_EPOCH)))]
                pub confirmed_at: Option<UtcTimestamp>,
            }

            /// Their tokens.
            #[derive(Debug, TokenResource)]
            #[auth(table_name = "roamer_tokens")]
            pub struct RoamerToken;

            authentication! {
                repo: crate::$database::Repo,
                tokens {
                    token_resource: RoamerToken,
                    signing_secret: |context| secret(context),
                    session_idle_timeout: 2 hours,
                    refresh {
                        access_token_lifetime: 5 minutes,
                        refresh_token_lifetime: 20 days,
                        reuse_grace: 20 seconds,
                        sender: Mailer,
                    }
                    extra_claims: |roamer| auth_runtime::token::ExtraClaims::new([
                        ("mail", serde_json::json!(roamer.email)),
                    ])
                    .unwrap_or_default(),
                }
                strategies {
                    password {
                        identity_field: email,
                        confirmation_required: false,
                        require_confirmed_with: confirmed_at,
                        resettable { sender: Mailer }
                    }
                }
                add_ons {
                    log_out_everywhere {
                        action_name: leave_everywhere,
                        exclude_purposes: [password_reset],
                    }
                }
            }

            /// Registers somebody under [`crate::PASSWORD`].
            pub async fn register(cx: &Context<Roamer>, email: &str) -> SignedIn<Roamer> {
                let input = RegisterWithPassword {
                    email: email.to_owned(),
                    password: crate::PASSWORD.into(),
                };
                Roamer::register_with_password(cx, input).await.unwrap()
            }

            /// Signs in somebody whose password is [`crate::PASSWORD`].
            pub async fn sign_in(cx: &Context<Roamer>, email: &str) -> SignedIn<Roamer> {
                let input = SignInWithPassword {
                    email: email.to_owned(),
                    password: crate::PASSWORD.into(),
                };
                Roamer::sign_in_with_password(cx, input).await.unwrap()
            }

            /// Takes somebody's confirmation away.
            pub async fn unconfirm(world: &crate::$database::World, email: &str) {
                let query = diesel::update(roamers::table.filter(roamers::email.eq(email)))
                    .set(roamers::confirmed_at.eq(None::<UtcTimestamp>));
                let mut connection = world.repo.get_writer().await.unwrap();
                assert_eq!(query.execute(&mut *connection).await.unwrap(), 1);
            }
        }
    };
}

roamers!(sqlite);
#[cfg(feature = "postgres")]
roamers!(postgres);
#[cfg(feature = "mysql")]
roamers!(mysql);
