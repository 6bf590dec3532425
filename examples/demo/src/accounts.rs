//! Who people are and how they sign in: the whole of it.

use std::sync::OnceLock;

use auth_runtime::{
    prelude::*,
    secret::{SecretContext, SecretError},
};

use crate::outbox::Mailer;

#[cfg(feature = "postgres")]
pub type Repo = auth_runtime::repo::Postgres;
#[cfg(all(feature = "mysql", not(feature = "postgres")))]
pub type Repo = auth_runtime::repo::Mysql;
#[cfg(all(feature = "sqlite", not(any(feature = "postgres", feature = "mysql"))))]
pub type Repo = auth_runtime::repo::Sqlite;

diesel::table! {
    users (id) {
        id -> auth_runtime::db::SqlId,
        email -> Text,
        hashed_password -> Nullable<Text>,
        display_name -> Nullable<Text>,
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Authenticated)]
#[diesel(table_name = users)]
pub struct User {
    pub id: Id,
    pub email: String,
    #[auth(sensitive)]
    pub hashed_password: Option<String>,
    pub display_name: Option<String>,
}

#[derive(Debug, TokenResource)]
#[auth(table_name = "tokens")]
pub struct Token;

authentication! {
    repo: Repo,

    tokens {
        token_resource: Token,
        signing_secret: SigningSecret,
        token_lifetime: 14 days,
    }

    strategies {
        password {
            identity_field: email,
            register_action_accept: [display_name],
            blocklist_words: ["demo"],
            resettable { sender: Mailer }
        }
    }
}

/// `TOKEN_SIGNING_SECRET`; in development a random one for as long as the process runs.
struct SigningSecret;

impl Secret for SigningSecret {
    async fn secret_for(&self, _: &SecretContext) -> Result<Option<SecretString>, SecretError> {
        static RANDOM: OnceLock<String> = OnceLock::new();
        match std::env::var("TOKEN_SIGNING_SECRET") {
            Ok(secret) => Ok(Some(secret.into())),
            Err(_) if crate::is_development() => {
                let secret = RANDOM.get_or_init(|| {
                    println!("TOKEN_SIGNING_SECRET is not set: signing with a random one, sessions end with this process");
                    format!("{:032x}{:032x}", rand::random::<u128>(), rand::random::<u128>())
                });
                Ok(Some(secret.as_str().into()))
            }
            Err(_) => Ok(None),
        }
    }
}
