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

#[derive(TokenResource)]
pub struct Token;

authentication! {
    repo: Sqlite,
    tokens { token_resource: Token, signing_secret: env("TOKEN_SIGNING_SECRET") }
    strategies {
        password {
            identity_field: email,
            resettable { sender: Mailer }
            limits {
                max_failures: 3,
                window: 1 hour,
                network_max_failures: 1000,
                max_messages: 20,
                message_window: 1 day,
                network_max_messages: 10,
                allow(RL-01, reason = "a school shares one address"),
                allow(RL-05, reason = "people lose their phones a lot"),
            }
        }
    }
}

fn main() {}
