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
        password { identity_field: email }
        password back_office {
            identity_field: display_name,
            registration_enabled: false,
            sign_in_with_token_action_name: enter_back_office,
            change_password_action_name: change_back_office_password,
        }
    }
}

fn main() {
    let _ = (User::sign_in_with_password, User::sign_in_with_back_office, User::enter_back_office);
    assert_eq!(User::schema().tables[0].unique, [["email"], ["display_name"]]);
}
