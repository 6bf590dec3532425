//! People whose browsers are remembered, declared once for each database.
#![allow(missing_docs, reason = "columns speak for themselves")]

diesel::table! {
    /// People whose browsers are remembered.
    guests (id) {
        id -> auth_runtime::db::SqlId,
        email -> Text,
        hashed_password -> Nullable<Text>,
        confirmed_at -> Nullable<auth_runtime::db::SqlTimestamp>,
    }
}

macro_rules! guests {
    ($database:ident) => {
        /// Everybody of this kind.
        #[allow(missing_docs, reason = "columns and arguments speak for themselves")]
        pub mod $database {
            use auth_runtime::{prelude::*, repo::Repo as _};
            use diesel::prelude::*;
            use diesel_async::RunQueryDsl;

            use crate::{guests::guests, mail::Mailer, secrets::secret};

            /// A person.
            #[derive(Debug, Clone, Queryable, Selectable, Authenticated)]
            #[diesel(table_name = guests)]
            pub struct Guest {
                pub id: Id,
                pub email: String,
                #[auth(sensitive)]
                pub hashed_password: Option<String>,
                #[auth(default = Some(UtcTimestamp::new(time::OffsetDateTime::UNIX_EPOCH)))]
                pub confirmed_at: Option<UtcTimestamp>,
            }

            /// Their tokens, in the table of everybody.
            #[derive(Debug, TokenResource)]
            #[auth(table_name = "tokens")]
            pub struct GuestToken;

            authentication! {
                repo: crate::$database::Repo,
                tokens {
                    token_resource: GuestToken,
                    signing_secret: |context| secret(context),
                    token_lifetime: 2 days,
                }
                strategies {
                    password {
                        identity_field: email,
                        confirmation_required: false,
                        require_confirmed_with: confirmed_at,
                        remember_me: true,
                        resettable { sender: Mailer }
                    }
                    remember_me { token_lifetime: 20 days, reuse_grace: 20 seconds, sender: Mailer }
                }
                add_ons {
                    log_out_everywhere { apply_on_password_change: true, sender: Mailer }
                }
            }

            /// Registers somebody under [`crate::PASSWORD`].
            pub async fn register(cx: &Context<Guest>, email: &str) -> SignedIn<Guest> {
                let input = RegisterWithPassword {
                    email: email.to_owned(),
                    password: crate::PASSWORD.into(),
                };
                Guest::register_with_password(cx, input).await.unwrap()
            }

            /// Signs in somebody whose password is [`crate::PASSWORD`].
            pub async fn sign_in(cx: &Context<Guest>, email: &str, remember_me: bool) -> SignedIn<Guest> {
                let input = SignInWithPassword {
                    email: email.to_owned(),
                    password: crate::PASSWORD.into(),
                    remember_me,
                };
                Guest::sign_in_with_password(cx, input).await.unwrap()
            }

            /// Signs in with the token out of a cookie.
            pub async fn come_back(
                cx: &Context<Guest>,
                token: &SecretString,
            ) -> Result<SignedIn<Guest>, Error> {
                let input = SignInWithRememberMe {
                    token: token.clone(),
                };
                Guest::sign_in_with_remember_me(cx, input).await
            }

            /// Takes somebody's confirmation away.
            pub async fn unconfirm(world: &crate::$database::World, email: &str) {
                let query = diesel::update(guests::table.filter(guests::email.eq(email)))
                    .set(guests::confirmed_at.eq(None::<UtcTimestamp>));
                let mut connection = world.repo.get_writer().await.unwrap();
                assert_eq!(query.execute(&mut *connection).await.unwrap(), 1);
            }
        }
    };
}

guests!(sqlite);
#[cfg(feature = "postgres")]
guests!(postgres);
#[cfg(feature = "mysql")]
guests!(mysql);
