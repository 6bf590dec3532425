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

authentication! {
    repo: Sqlite,
    strategies {
        password { identity_field: email, sign_in_tokens_enabled: false }
    }
}

fn main() {
    let info = User::authentication_info();
    assert!(info.strategy("password").is_some_and(|strategy| !strategy.tokens_required));
}
