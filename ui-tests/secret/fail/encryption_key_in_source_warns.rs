#![deny(deprecated)]

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
    encryption_key: "a secret that everyone can read, 32b",
    previous_encryption_keys: [env("OLD"), "another one that everyone can read"],
}

fn main() {}
