#![deny(warnings)]

use auth_ui_tests::prelude::*;

#[derive(Debug, Clone, Queryable, Selectable, Insertable, Authenticated)]
#[diesel(table_name = users)]
pub struct User {
    pub id: Id,
    pub email: String,
    #[auth(sensitive)]
    pub hashed_password: Option<String>,
    pub confirmed_at: Option<UtcTimestamp>,
    pub display_name: Option<String>,
}

diesel::table! {
    admins (id) {
        id -> BigInt,
        name -> Text,
        hashed_password -> Text,
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable, Authenticated)]
#[diesel(table_name = admins)]
pub struct Admin {
    pub id: i64,
    pub name: String,
    #[auth(sensitive)]
    pub hashed_password: String,
}

#[derive(TokenResource)]
pub struct Token;

authentication! {
    resource: User,
    repo: Sqlite,
    tokens { token_resource: Token, signing_secret: env("TOKEN_SIGNING_SECRET") }
    strategies {
        password { identity_field: email }
    }
}

authentication! {
    resource: Admin,
    repo: Sqlite,
    tokens { token_resource: Token, signing_secret: env("TOKEN_SIGNING_SECRET") }
    strategies {
        password { identity_field: name }
    }
}

fn main() {
    let _ = user_actions::SignInWithPassword { email: String::new(), password: String::new().into() };
    let _ = admin_actions::SignInWithPassword { name: String::new(), password: String::new().into() };
    assert_eq!(Admin::authentication_info().subject_name, "admin");
}
