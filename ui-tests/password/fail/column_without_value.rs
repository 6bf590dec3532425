use auth_ui_tests::prelude::*;

diesel::table! {
    people (id) {
        id -> auth_runtime::db::SqlId,
        email -> Text,
        hashed_password -> Nullable<Text>,
        confirmed_at -> Nullable<auth_runtime::db::SqlTimestamp>,
        display_name -> Text,
        age -> Integer,
    }
}

#[derive(Debug, Clone, Authenticated)]
#[diesel(table_name = people)]
pub struct User {
    pub id: Id,
    pub email: String,
    #[auth(sensitive)]
    pub hashed_password: Option<String>,
    pub confirmed_at: Option<UtcTimestamp>,
    pub display_name: String,
    pub age: i32,
}

#[derive(TokenResource)]
pub struct Token;

authentication! {
    repo: Sqlite,
    tokens { token_resource: Token, signing_secret: env("TOKEN_SIGNING_SECRET") }
    strategies {
        password {
            identity_field: email,
            register_action_accept: [display_name],
        }
    }
}

fn main() {}
