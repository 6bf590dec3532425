//! What the library is measured against: the same answers from handlers written by hand, with axum, Diesel and
//! jsonwebtoken and nothing else. They read by `get_result`, not by `first`: its `LIMIT` costs SQLite a new plan each
//! time, and a comparison should be with the best that can be written by hand.

use std::sync::Arc;

use auth_runtime::db::{Id, UtcTimestamp};
use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    routing::get,
};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, JoinOnDsl, OptionalExtension, QueryDsl, QueryResult,
    SelectableHelper,
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use time::OffsetDateTime;

use crate::{
    Failed,
    accounts::{Repo, SECRET, User, tokens, users},
};

#[derive(Deserialize)]
struct Claims {
    sub: String,
    jti: String,
}

struct Jwt {
    key: DecodingKey,
    validation: Validation,
}

impl Jwt {
    fn new() -> Result<Self, Failed> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_audience(&["load"]);
        validation.set_issuer(&["load"]);
        Ok(Self {
            key: DecodingKey::from_secret(std::env::var(SECRET)?.as_bytes()),
            validation,
        })
    }

    fn claims(&self, headers: &HeaderMap) -> Result<Claims, StatusCode> {
        headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "))
            .and_then(|token| jsonwebtoken::decode::<Claims>(token, &self.key, &self.validation).ok())
            .map(|token| token.claims)
            .ok_or(StatusCode::UNAUTHORIZED)
    }
}

impl Claims {
    fn key(&self) -> Result<Id, StatusCode> {
        let key = self.sub.rsplit_once("?id=").map(|(_, key)| key);
        key.and_then(|key| key.parse().ok())
            .ok_or(StatusCode::UNAUTHORIZED)
    }
}

fn answer(found: QueryResult<Option<User>>) -> Result<String, StatusCode> {
    match found {
        Ok(user) => user.map(|user| user.email).ok_or(StatusCode::UNAUTHORIZED),
        Err(_) => Err(StatusCode::SERVICE_UNAVAILABLE),
    }
}

/// The token is checked and nothing else; the answer has the length of an address.
pub fn decode_only() -> Result<Router, Failed> {
    let jwt = Arc::new(Jwt::new()?);
    let handler = async |State(jwt): State<Arc<Jwt>>, headers: HeaderMap| {
        jwt.claims(&headers)
            .map(|claims| claims.sub.chars().take(20).collect::<String>())
    };
    Ok(Router::new().route("/me", get(handler)).with_state(jwt))
}

/// The one person with this key. A macro because the two drivers have traits of their own for the same methods.
macro_rules! person {
    ($claims:ident) => {
        users::table
            .filter(users::id.eq($claims.key()?))
            .select(User::as_select())
    };
}

/// The person and the live token, joined.
macro_rules! session {
    ($claims:ident) => {{
        let live = tokens::jti
            .eq(&$claims.jti)
            .and(tokens::purpose.eq("user"))
            .and(tokens::expires_at.gt(UtcTimestamp::new(OffsetDateTime::now_utc())));
        users::table
            .inner_join(tokens::table.on(live))
            .filter(users::id.eq($claims.key()?))
            .select((User::as_select(), tokens::extra_data))
    }};
}

type Session = (User, Option<String>);

/// On the pool of the library.
pub mod on_repo {
    use auth_runtime::repo::Repo as _;
    use diesel_async::RunQueryDsl;

    use super::*;

    struct App {
        jwt: Jwt,
        repo: Repo,
    }

    pub async fn session(url: &str) -> Result<Router, Failed> {
        let app = App {
            jwt: Jwt::new()?,
            repo: Repo::connect(url).await?,
        };
        Ok(Router::new().route("/me", get(read)).with_state(Arc::new(app)))
    }

    async fn read(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<String, StatusCode> {
        let claims = app.jwt.claims(&headers)?;
        let connection = app.repo.get().await;
        let mut connection = connection.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
        let found: QueryResult<Session> = session!(claims).get_result(&mut *connection).await;
        answer(found.optional().map(|found| found.map(|(user, _)| user)))
    }
}

/// SQLite as it is fastest: on the worker thread, over a handful of open connections.
#[cfg(not(any(feature = "postgres", feature = "mysql")))]
pub mod own_pool {
    use std::sync::{Mutex, PoisonError};

    use diesel::{Connection, RunQueryDsl, SqliteConnection, connection::SimpleConnection};

    use super::*;

    struct App {
        jwt: Jwt,
        path: String,
        idle: Mutex<Vec<SqliteConnection>>,
    }

    impl App {
        fn new(url: &str) -> Result<Arc<Self>, Failed> {
            Ok(Arc::new(Self {
                jwt: Jwt::new()?,
                path: url.trim_start_matches("sqlite://").to_owned(),
                idle: Mutex::default(),
            }))
        }

        fn idle(&self) -> std::sync::MutexGuard<'_, Vec<SqliteConnection>> {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner)
        }

        fn get(&self) -> Result<SqliteConnection, StatusCode> {
            if let Some(connection) = self.idle().pop() {
                return Ok(connection);
            }
            let opened = SqliteConnection::establish(&self.path).ok();
            let mut connection = opened.ok_or(StatusCode::SERVICE_UNAVAILABLE)?;
            connection
                .batch_execute("PRAGMA busy_timeout = 20; PRAGMA synchronous = NORMAL;")
                .map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
            Ok(connection)
        }
    }

    pub async fn person(url: &str) -> Result<Router, Failed> {
        let handler = async |State(app): State<Arc<App>>, headers: HeaderMap| {
            let claims = app.jwt.claims(&headers)?;
            let query = person!(claims);
            let mut connection = app.get()?;
            let found = query.get_result::<User>(&mut connection).optional();
            app.idle().push(connection);
            answer(found)
        };
        Ok(Router::new()
            .route("/me", get(handler))
            .with_state(App::new(url)?))
    }

    pub async fn session(url: &str) -> Result<Router, Failed> {
        let handler = async |State(app): State<Arc<App>>, headers: HeaderMap| {
            let claims = app.jwt.claims(&headers)?;
            let query = session!(claims);
            let mut connection = app.get()?;
            let found = query.get_result::<Session>(&mut connection).optional();
            app.idle().push(connection);
            answer(found.map(|found| found.map(|(user, _)| user)))
        };
        Ok(Router::new()
            .route("/me", get(handler))
            .with_state(App::new(url)?))
    }
}

/// The pool that diesel-async comes with, without its query at each check-out.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub mod own_pool {
    use diesel_async::{
        RunQueryDsl,
        pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod, bb8::Pool},
    };

    use super::*;

    type Connection = <Repo as auth_runtime::repo::Repo>::Connection;

    struct App {
        jwt: Jwt,
        pool: Pool<Connection>,
    }

    impl App {
        async fn new(url: &str) -> Result<Arc<Self>, Failed> {
            let mut config = ManagerConfig::default();
            config.recycling_method = RecyclingMethod::Fast;
            let manager = AsyncDieselConnectionManager::new_with_config(url, config);
            let pool = Pool::builder().max_size(10).build(manager).await?;
            let jwt = Jwt::new()?;
            Ok(Arc::new(Self { jwt, pool }))
        }
    }

    pub async fn person(url: &str) -> Result<Router, Failed> {
        let handler = async |State(app): State<Arc<App>>, headers: HeaderMap| {
            let claims = app.jwt.claims(&headers)?;
            let query = person!(claims);
            let connection = app.pool.get().await;
            let mut connection = connection.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
            answer(query.get_result::<User>(&mut *connection).await.optional())
        };
        let app = App::new(url).await?;
        Ok(Router::new().route("/me", get(handler)).with_state(app))
    }

    pub async fn session(url: &str) -> Result<Router, Failed> {
        let handler = async |State(app): State<Arc<App>>, headers: HeaderMap| {
            let claims = app.jwt.claims(&headers)?;
            let query = session!(claims);
            let connection = app.pool.get().await;
            let mut connection = connection.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
            let found = query.get_result::<Session>(&mut *connection).await.optional();
            answer(found.map(|found| found.map(|(user, _)| user)))
        };
        let app = App::new(url).await?;
        Ok(Router::new().route("/me", get(handler)).with_state(app))
    }
}
