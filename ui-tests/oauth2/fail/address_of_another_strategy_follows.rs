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
        github { client_id: env("GITHUB_CLIENT_ID"), client_secret: env("GITHUB_CLIENT_SECRET") }
        discord {
            client_id: env("DISCORD_CLIENT_ID"),
            client_secret: env("DISCORD_CLIENT_SECRET"),
            identity_field: display_name,
            identity_format: name,
            user_info_to_attributes { email: email }
            update_on_sign_in: [email],
        }
    }
}

fn main() {}
