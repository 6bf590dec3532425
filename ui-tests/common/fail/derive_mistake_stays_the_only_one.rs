use auth_ui_tests::prelude::*;

#[derive(Debug, Clone, Queryable, Selectable, Insertable, Authenticated)]
#[diesel(table_name = users)]
pub struct User {
    pub id: Id,
    pub email: String,
    #[auth(sensitiv)]
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
    }
}

async fn use_it(repo: Sqlite, input: SignInWithPassword) -> Result<(), Box<dyn std::error::Error>> {
    let auth = User::authentication(repo).start().await?;
    let session = User::sign_in_with_password(&auth.context(), input).await?;
    println!("{:?}", session.user().email);
    Ok(())
}

fn main() {}
