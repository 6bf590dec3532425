#![deny(warnings)]
#![allow(non_camel_case_types, dead_code)]

// Whatever an application calls its own things, generated code means what it says.
use auth_ui_tests::prelude::*;

pub struct Password;
pub struct String_;
pub struct Vec;
pub struct Box;
pub enum Result {}
pub struct Context;
pub struct Parts;

#[derive(Debug, Clone, Queryable, Selectable, Insertable, Authenticated)]
#[diesel(table_name = users)]
pub struct Password2 {
    pub id: Id,
    pub email: String,
    #[auth(sensitive)]
    pub hashed_password: Option<String>,
    pub confirmed_at: Option<UtcTimestamp>,
    pub display_name: Option<String>,
}

#[derive(TokenResource)]
pub struct Token;

authentication! {
    repo: Sqlite,
    subject_name: "user",
    tokens { token_resource: Token, signing_secret: env("TOKEN_SIGNING_SECRET") }
    strategies {
        password { identity_field: email, resettable { sender: Mailer } }
    }
}

fn main() {}
