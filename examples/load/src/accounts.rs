//! Two kinds of people on one table: with the default, stored sessions, and with sessions that are a signature only.

pub use person::User;
pub use stateless::Stateless;

#[cfg(feature = "postgres")]
pub type Repo = auth_runtime::repo::Postgres;
#[cfg(all(feature = "mysql", not(feature = "postgres")))]
pub type Repo = auth_runtime::repo::Mysql;
#[cfg(all(feature = "sqlite", not(any(feature = "postgres", feature = "mysql"))))]
pub type Repo = auth_runtime::repo::Sqlite;

/// The variable with the signing secret, which the children get from their parent.
pub const SECRET: &str = "LOAD_SIGNING_SECRET";

diesel::table! {
    users (id) {
        id -> auth_runtime::db::SqlId,
        email -> Text,
        hashed_password -> Nullable<Text>,
        display_name -> Nullable<Text>,
    }
}

diesel::table! {
    tokens (jti) {
        jti -> Text,
        subject -> Text,
        purpose -> Text,
        expires_at -> auth_runtime::db::SqlTimestamp,
        extra_data -> Nullable<Text>,
        created_at -> auth_runtime::db::SqlTimestamp,
        updated_at -> auth_runtime::db::SqlTimestamp,
    }
}

diesel::allow_tables_to_appear_in_same_query!(users, tokens);

mod person {
    use auth_runtime::prelude::*;

    use super::{Repo, users};

    #[derive(Debug, Clone, Queryable, Selectable, Insertable, Authenticated)]
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
            signing_secret: env("LOAD_SIGNING_SECRET"),
        }

        strategies {
            password { identity_field: email }
        }
    }
}

mod stateless {
    use auth_runtime::prelude::*;

    use super::{Repo, users};

    #[derive(Debug, Clone, Queryable, Selectable, Authenticated)]
    #[diesel(table_name = users)]
    pub struct Stateless {
        pub id: Id,
        pub email: String,
        #[auth(sensitive)]
        pub hashed_password: Option<String>,
        pub display_name: Option<String>,
    }

    #[derive(Debug, TokenResource)]
    #[auth(table_name = "stateless_tokens")]
    pub struct Token;

    authentication! {
        repo: Repo,
        session_identifier: unsafe,
        allow(TK-08, reason = "measures the cost of a signature alone"),

        tokens {
            token_resource: Token,
            signing_secret: env("LOAD_SIGNING_SECRET"),
            store_all_tokens: false,
            allow(SU-09, reason = "measures the cost of a signature alone"),
            require_token_presence_for_authentication: false,
        }

        strategies {
            password { identity_field: email }
        }
    }
}
