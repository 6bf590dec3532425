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
        strava { client_id: env("STRAVA_CLIENT_ID"), auth_method: none }
        slack {
            client_id: env("SLACK_CLIENT_ID"),
            client_secret: env("SLACK_CLIENT_SECRET"),
            authorization_params { team: "T0123" }
        }
        github {
            client_id: "",
            client_secret: Some(env("GITHUB_CLIENT_SECRET")),
            base_url: "https://github.example.com/api/v3",
        }
    }
}

fn main() {}
