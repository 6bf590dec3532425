use auth_runtime::{OidcConnectionResource, context::Context, error::Error};
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

#[derive(OidcConnectionResource)]
#[auth(tabel_name = "connections")]
pub struct Connection;

authentication! {
    repo: Sqlite,
    encryption_key: env("ENCRYPTION_KEY"),
    tokens { token_resource: Token, signing_secret: env("TOKEN_SIGNING_SECRET") }
    strategies {
        dynamic_oidc sso { connection_resource: Connection, scope: ["profile email"] }
    }
}

pub async fn page(cx: Context<User>, id: Id) -> Result<usize, Error> {
    User::enable_sso_connection(&cx, id, true).await?;
    User::delete_sso_connection(&cx, id).await?;
    let all = User::all_sso_connections(&cx).await?;
    Ok(all.len())
}

fn main() {}
