//! People on SQLite who get mail from a mail server.
#![allow(missing_docs, reason = "columns and arguments speak for themselves")]

use auth_runtime::{prelude::*, sender::smtp::SmtpSender};

use crate::secrets::Given;

diesel::table! {
    mailed (id) {
        id -> auth_runtime::db::SqlId,
        email -> Text,
        hashed_password -> Nullable<Text>,
    }
}

/// A person.
#[derive(Debug, Clone, Queryable, Selectable, Authenticated)]
#[diesel(table_name = mailed)]
pub struct Person {
    pub id: Id,
    pub email: String,
    #[auth(sensitive)]
    pub hashed_password: Option<String>,
}

/// Their tokens.
#[derive(Debug, TokenResource)]
#[auth(table_name = "mailed_tokens")]
pub struct Token;

authentication! {
    repo: crate::sqlite::Repo,
    tokens {
        token_resource: Token,
        signing_secret: Given,
    }
    strategies {
        password {
            identity_field: email,
            resettable { sender: mailer() }
        }
    }
}

/// Sends by way of the server whose URL is the secret `url`.
fn mailer() -> SmtpSender {
    SmtpSender::new(Given, "Shop <no-reply@shop.example>").reply_to("help@shop.example")
}
