use auth_runtime::limits::{AttemptGuard, GuardError, GuardedAttempt, Verdict};
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

pub struct Doorman {
    open: bool,
}

impl AttemptGuard for Doorman {
    async fn admit(&self, _: &GuardedAttempt<'_>) -> Result<Verdict, GuardError> {
        if self.open {
            Ok(Verdict::Admit)
        } else {
            Err(GuardError::new("closed"))
        }
    }
}

#[derive(TokenResource)]
pub struct Token;

authentication! {
    repo: Sqlite,
    tokens { token_resource: Token, signing_secret: env("TOKEN_SIGNING_SECRET") }
    strategies {
        password {
            identity_field: email,
            brute_force_strategy: preparation(Doorman { open: true }),
            limits { window: 10 minutes }
        }
    }
}

fn main() {}
