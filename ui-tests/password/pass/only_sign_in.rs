#![deny(warnings)]

use auth_ui_tests::prelude::*;

diesel::table! {
    people (id) {
        id -> auth_runtime::db::SqlId,
        email -> Text,
        hashed_password -> Nullable<Text>,
        confirmed_at -> Nullable<auth_runtime::db::SqlTimestamp>,
        display_name -> Text,
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable, Authenticated)]
#[diesel(table_name = people)]
pub struct User {
    pub id: Id,
    pub email: String,
    #[auth(sensitive)]
    pub hashed_password: Option<String>,
    pub confirmed_at: Option<UtcTimestamp>,
    pub display_name: String,
}

#[derive(TokenResource)]
pub struct Token;

authentication! {
    repo: Sqlite,
    tokens { token_resource: Token, signing_secret: env("TOKEN_SIGNING_SECRET") }
    strategies {
        password {
            identity_field: email,
            registration_enabled: false,
            sign_in_tokens_enabled: false,
            change_password_enabled: false,
        }
    }
}

fn main() {
    let info = User::authentication_info();
    let actions: Vec<&str> =
        info.strategies.iter().flat_map(|strategy| strategy.actions).map(|action| action.name).collect();
    assert_eq!(actions, ["sign_in_with_password"]);
}
