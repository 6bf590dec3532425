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

#[derive(auth_runtime::ApiKeyResource)]
pub struct ApiKey;

authentication! {
    repo: Sqlite,
    tokens { token_resource: Token, signing_secret: env("S") }
    strategies {
        password { identity_field: email }
        api_key { api_key_resource: ApiKey, prefix: "acme" }
    }
    add_ons {
        log_out_everywhere leave {
            action_name: leave_everywhere,
            include_purposes: [user, refresh, remember_me],
            exclude_purposes: [sign_in],
            api_keys: true,
            apply_on_password_change: true,
        }
    }
}

fn main() {}
