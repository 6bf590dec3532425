#![deny(warnings)]

use auth_ui_tests::prelude::*;

#[derive(Queryable, Selectable, Authenticated)]
#[diesel(table_name = users)]
pub struct User {
    pub id: Id,
    pub email: String,
    #[auth(sensitive)]
    pub hashed_password: Option<String>,
}

#[derive(TokenResource)]
pub struct Token;

authentication! {
    repo: Sqlite,
    tokens {
        token_resource: Token,
        signing_secret: env("TOKEN_SIGNING_SECRET"),
    }
    strategies {
        password { identity_field: email }
    }
}

fn main() {
    assert!(User::authentication_info().promises_given_up.is_empty());
}
