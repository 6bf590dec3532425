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
        github tenant2 { client_id: env("ID"), client_secret: env("SECRET") }
        google tenant_2 { client_id: env("ID"), client_secret: env("SECRET") }
        gitlab r#type {
            client_id: env("ID"),
            client_secret: env("SECRET"),
            list_action_name: string,
        }
    }
}

fn main() {}
