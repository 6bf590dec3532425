//! Shared pieces of the behaviour tests.
use auth_runtime::prelude::*;

diesel::table! {
    users (id) {
        id -> auth_runtime::db::SqlId,
        email -> Text,
        hashed_password -> Nullable<Text>,
        confirmed_at -> Nullable<auth_runtime::db::SqlTimestamp>,
        display_name -> Nullable<Text>,
    }
}

/// db
pub type Repo = auth_runtime::repo::Sqlite;

/// U
#[derive(Debug, Clone, Queryable, Selectable, Insertable, Authenticated)]
#[diesel(table_name = users)]
pub struct User {
    /// x
    pub id: Id,
    /// x
    pub email: String,
    /// x
    #[auth(sensitive)]
    pub hashed_password: Option<String>,
    /// x
    pub confirmed_at: Option<UtcTimestamp>,
    /// x
    pub display_name: Option<String>,
}
/// M
#[derive(Debug)]
pub struct Mailer;
impl<U: Send + Sync + 'static> Sender<U> for Mailer {
    async fn send(&self, _: Message<'_, U>, _: &SendContext) -> Result<(), SenderError> {
        Ok(())
    }
}
/// T
#[derive(TokenResource, Debug)]
#[auth(table_name = "tokens")]
pub struct Token;

authentication! {
    repo: Repo,
    tokens {
        token_resource: Token,
        signing_secret: env("TOKEN_SIGNING_SECRET"),
        token_lifetime: 14 days,
    }
    strategies {
        password {
            identity_field: email,
            register_action_accept: [display_name],
            resettable { sender: Mailer }
        }
    }
}
