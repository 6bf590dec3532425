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
    tokens { token_resource: Token, signing_secret: env("TOKEN_SIGNING_SECRET"), token_lifetime: 10 }
    strategies {
        password {
            identity_field: emial,
            minimum_lenght: 20,
            hash_provider: bcrypt,
            resettable { token_lifetime: 1 hour }
        }
        magic_link {}
    }
}

async fn use_it(repo: Sqlite) -> Result<(), Box<dyn std::error::Error>> {
    let auth = User::authentication(repo).start().await?;
    let cx = auth.context();
    let input = SignInWithPassword { email: String::new(), password: String::new().into() };
    let session = User::sign_in_with_password(&cx, input).await?;
    let again = User::get_by_subject(&cx, &session.subject()).await?;
    println!("{:?} {}", again.map(|user| user.email), User::authentication_info().subject_name);
    Ok(())
}

fn needs_a_resource<U: auth_runtime::user::Authenticated>() {}

fn main() {
    needs_a_resource::<User>();
    let _ = use_it;
}
