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
        apple {
            client_id: env("CLIENT_ID"),
            team_id: env("TEAM_ID"),
            private_key: env("KEY"),
            private_key_id: env("KEY_ID"),
            base_url: "https://apple.example.com",
            authorization_params { response_mode: "query" }
        }
    }
}

fn main() {}
