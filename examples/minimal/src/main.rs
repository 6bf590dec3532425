//! The smallest complete application: the code that the README shows.

use auth_runtime::prelude::*;
use axum::{Router, routing::get};

type Repo = auth_runtime::repo::Sqlite;

diesel::table! {
    users (id) {
        id -> auth_runtime::db::SqlId,
        email -> Text,
        hashed_password -> Nullable<Text>,
    }
}

#[derive(Queryable, Selectable, Authenticated)]
#[diesel(table_name = users)]
struct User {
    id: Id,
    email: String,
    #[auth(sensitive)]
    hashed_password: Option<String>,
}

#[derive(TokenResource)]
struct Token;

authentication! {
    repo: Repo,
    tokens {
        token_resource: Token,
        signing_secret: env("TOKEN_SIGNING_SECRET"),
    }
    strategies {
        password {
            identity_field: email,
            resettable { sender: Console }
        }
    }
}

struct Console;
impl Sender<User> for Console {
    async fn send(&self, message: Message<'_, User>, context: &SendContext) -> Result<(), SenderError> {
        let link = message.token().map(|token| context.link("/reset", token));
        println!(
            "to {:?}: {} {}",
            context.field("email"),
            message.kind(),
            link.unwrap_or_default()
        );
        Ok(())
    }
}

async fn home(user: CurrentUser<User>) -> String {
    format!("hello {}", user.email)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let repo = Repo::connect("sqlite://minimal.db").await?;
    User::schema().create(&repo).await?;
    let auth = User::authentication(repo)
        .public_url("http://localhost:3000")
        .development(true)
        .start()
        .await?;
    let app = Router::new()
        .route("/", get(home))
        .nest("/auth", auth.router())
        .layer(auth.layer());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    axum::serve(listener, app).await?;
    Ok(())
}
