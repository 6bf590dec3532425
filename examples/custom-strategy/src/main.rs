//! A strategy of the application's own: it signs in whoever is called Marty.

use auth_runtime::{
    error::Cause,
    prelude::*,
    repo::Repo as _,
    strategies::custom::{Action, Call, Custom, Proven},
    strategy::{Input, Sort},
    user::Conn,
};
use axum::{Router, routing::get};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

type Repo = auth_runtime::repo::Sqlite;

diesel::table! {
    users (id) {
        id -> auth_runtime::db::SqlId,
        name -> Text,
    }
}

#[derive(Queryable, Selectable, Authenticated)]
#[diesel(table_name = users)]
struct User {
    id: Id,
    name: String,
}

#[derive(TokenResource)]
struct Token;

authentication! {
    repo: Repo,
    tokens {
        token_resource: Token,
        signing_secret: |_| Some("only an example may write its secret down".to_owned()),
    }
    strategies {
        custom marty {
            strategy: OnlyMarty { name_field: "name", case_sensitive: false },
            actions: [SignIn],
        }
    }
}

/// The settings.
struct OnlyMarty {
    /// The argument that carries the name.
    name_field: &'static str,
    case_sensitive: bool,
}

impl Custom<User> for OnlyMarty {
    async fn void_credentials(&self, _: &Context<User>, _: &mut Conn<User>, _: &User) -> Result<(), Error> {
        Ok(()) // There are none.
    }
}

/// The arguments of the action `sign_in`.
struct SignIn {
    name: String,
}

impl Action<User, OnlyMarty> for SignIn {
    type Done = Proven<User>;
    const SORT: Sort = Sort::Proof;
    const PATH: Option<&'static str> = Some("");

    fn read(strategy: &OnlyMarty, input: &mut Input) -> Option<Self> {
        Some(Self {
            name: input.text(strategy.name_field, 100),
        })
    }

    fn about(&self, _: &OnlyMarty) -> Option<String> {
        Some(self.name.clone())
    }

    async fn run(self, call: Call<'_, User, OnlyMarty>) -> Result<Proven<User>, Error> {
        let mut connection = call.context().authentication().repo().get().await?;
        let named = users::table.filter(users::name.eq(self.name));
        let mut found: Vec<User> = named.select(User::as_select()).load(&mut *connection).await?;
        let (Some(user), None) = (found.pop(), found.pop()) else {
            return Err(call.refuse(Cause::NoUser));
        };
        let is_marty = if call.strategy().case_sensitive {
            user.name.starts_with("Marty")
        } else {
            user.name.to_lowercase().starts_with("marty")
        };
        if !is_marty {
            return Err(call.refuse(Cause::Custom("not_marty")));
        }
        Ok(call.proven(user, "user"))
    }
}

async fn home(user: CurrentUser<User>) -> String {
    format!("hello {}", user.name)
}

/// Somebody to try it with.
async fn people(repo: &Repo) -> Result<(), Box<dyn std::error::Error>> {
    let mut connection = repo.get_writer().await?;
    let known: i64 = users::table.count().get_result(&mut *connection).await?;
    if known == 0 {
        for name in ["marty_mcfly", "doc_brown"] {
            let id = Id::new(std::time::SystemTime::now().into());
            let row = (users::id.eq(id), users::name.eq(name));
            diesel::insert_into(users::table)
                .values(row)
                .execute(&mut *connection)
                .await?;
        }
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let repo = Repo::connect("sqlite://custom.db").await?;
    User::schema().create(&repo).await?;
    people(&repo).await?;
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
    println!("http://127.0.0.1:3000");
    axum::serve(listener, app).await?;
    Ok(())
}
