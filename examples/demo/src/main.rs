//! A small site with accounts. See README.md in this folder for how to run it.

mod accounts;
mod admin;
mod outbox;
mod pages;

use std::{net::SocketAddr, time::Duration};

use accounts::{
    AuditLog, ListApiKeys, ListGithubIdentities, ListGoogleIdentities, ListOidcIdentities, Repo, User,
};
use admin::Admin;
use auth_runtime::{
    api_key::AnyScope,
    oauth::Egress,
    prelude::*,
    resources::audit_log::{AuditLogResource, Page},
    user::Resource,
};
use axum::{
    Json, Router,
    extract::{Query, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use maud::Markup;
use outbox::{Outbox, Sent};
use serde::Deserialize;
use serde_json::{Value, json};

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Shows the outbox and signs with a random secret: on in debug builds unless `DEMO_DEV` says otherwise.
pub fn is_development() -> bool {
    std::env::var("DEMO_DEV").map_or(cfg!(debug_assertions), |value| value == "1")
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[tokio::main]
async fn main() -> Result<(), Failed> {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into()),
        )
        .init();

    let bind: SocketAddr = variable("BIND").as_deref().unwrap_or("127.0.0.1:3000").parse()?;
    let public_url = variable("PUBLIC_URL").unwrap_or_else(|| match bind.ip().is_unspecified() {
        true => format!("http://localhost:{}", bind.port()),
        false => format!("http://{bind}"),
    });
    let repo = Repo::connect(&database_url()?).await?;
    User::schema().create(&repo).await?;
    Admin::schema().create(&repo).await?;
    if let Some(email) =
        variable("DEMO_ADMIN").or_else(|| is_development().then(|| "admin@example.com".into()))
    {
        admin::appoint(&repo, &email).await?;
    }

    let outbox = Outbox::default();
    let local = public_url.starts_with("http:");
    let users = User::authentication(repo.clone())
        .development(local)
        .public_url(&public_url)
        .egress(egress()?)
        .extension(outbox.clone())
        .respond(pages::Pages)
        .start()
        .await?;
    let admins = Admin::authentication(repo)
        .development(local)
        .public_url(&public_url)
        .extension(outbox.clone())
        .hash_pool(users.hash_pool().clone())
        .respond(pages::AdminPages)
        .start()
        .await?;

    let auth = auth_runtime::application!(User => users.clone(), Admin => admins.clone());
    let app = site(outbox, pages::Providers::of(&users))
        .nest("/auth", auth.router())
        .layer(auth.layer());
    let app = app.layer(axum::middleware::map_response(with_security_headers));
    let listener = tokio::net::TcpListener::bind(bind).await?;
    println!("listening on {public_url}");
    if is_development() {
        println!("messages that would be mailed are at {public_url}/dev/outbox");
    }
    axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(stopped())
        .await?;
    let deadline = Duration::from_secs(10);
    let (one, other) = tokio::join!(users.shutdown(deadline), admins.shutdown(deadline));
    println!("stopped, {} tasks unfinished", one.unfinished + other.unfinished);
    Ok(())
}

fn database_url() -> Result<String, Failed> {
    match variable("DATABASE_URL") {
        Some(url) => Ok(url),
        None if cfg!(any(feature = "postgres", feature = "mysql")) => Err(
            "DATABASE_URL is not set; it names the database, such as postgres://postgres@127.0.0.1/demo"
                .into(),
        ),
        None => Ok("sqlite://demo.db".to_owned()),
    }
}

/// The way out to identity providers. In development one may run on this machine, without TLS.
fn egress() -> Result<Egress, Failed> {
    let local: &[&str] = if is_development() {
        &["localhost", "127.0.0.1"]
    } else {
        &[]
    };
    Ok(Egress::allowing(local)?)
}

fn site(outbox: Outbox, providers: pages::Providers) -> Router {
    let mut site = Router::new()
        .route("/", get(home))
        .route("/sign-in", get(async move || pages::sign_in(None, providers)))
        .route("/register", get(|| async { pages::register(None) }))
        .route("/forgot", get(|| async { pages::forgot(None) }))
        .route(
            "/reset",
            get(async |Query(link): Query<Link>| pages::reset(&link.token)),
        )
        .route(
            "/confirm",
            get(async |Query(link): Query<Link>| pages::confirm(&link.token)),
        )
        .route(
            "/magic-link",
            get(async |Query(link): Query<Link>| pages::enter("user", &link.token)),
        )
        .route(
            "/admin/magic-link",
            get(async |Query(link): Query<Link>| pages::enter("admin", &link.token)),
        )
        .route(
            "/connect",
            get(async |Query(link): Query<Link>| pages::connect(&link.token)),
        )
        .route(
            "/account",
            get(async move |user: CurrentUser<User>, cx: Context<User>| account(user, cx, providers).await),
        )
        .route("/admin", get(admin_home))
        .route("/api/whoami", get(whoami))
        .route("/me", get(me))
        .route("/healthz", get(|| async { "ok" }))
        .route(
            "/style.css",
            get(|| async { ([(header::CONTENT_TYPE, "text/css")], pages::STYLE) }),
        );
    if is_development() {
        site = site.merge(
            Router::new()
                .route(
                    "/dev/outbox",
                    get(|State(o): State<Outbox>| async move { pages::outbox(&o.messages()) }),
                )
                .route(
                    "/dev/outbox.json",
                    get(|State(o): State<Outbox>| async move { Json::<Vec<Sent>>(o.messages()) }),
                )
                .with_state(outbox),
        );
    }
    site
}

async fn home(user: Option<CurrentUser<User>>) -> Markup {
    pages::home(user.as_deref())
}

/// Out of a message. The pages that it leads to do nothing with it but put it into a form.
#[derive(Deserialize)]
struct Link {
    token: String,
}

async fn account(
    user: CurrentUser<User>,
    cx: Context<User>,
    providers: pages::Providers,
) -> Result<Markup, StatusCode> {
    let subject = user.session().subject();
    let keys = User::list_api_keys(&cx, ListApiKeys {})
        .await
        .map_err(unavailable)?;
    let sessions = cx.sessions().await.map_err(unavailable)?;
    let mut identities = User::list_oidc_identities(&cx, ListOidcIdentities {})
        .await
        .map_err(unavailable)?;
    let github = User::list_github_identities(&cx, ListGithubIdentities {});
    identities.extend(github.await.map_err(unavailable)?);
    let google = User::list_google_identities(&cx, ListGoogleIdentities {});
    identities.extend(google.await.map_err(unavailable)?);
    let activity = AuditLog::by_subject(&cx, subject, Page::of(50))
        .await
        .map_err(unavailable)?;
    let ways_in = pages::identities(&identities, providers);
    Ok(pages::account(
        &user,
        &sessions,
        &keys,
        &ways_in,
        &activity.entries,
    ))
}

/// What went wrong lately, for those who look after the site.
async fn admin_home(admin: Option<CurrentUser<Admin>>, cx: Context<User>) -> Result<Markup, StatusCode> {
    let Some(admin) = admin else {
        return Ok(pages::admin_sign_in(None));
    };
    let failures = AuditLog::failures(&cx, Page::of(20)).await.map_err(unavailable)?;
    Ok(pages::admin(&admin, &failures.entries))
}

fn unavailable(error: Error) -> StatusCode {
    error.failure().status()
}

/// For machines: a key with any scope, and nothing else.
async fn whoami(caller: ApiKeyUser<User, AnyScope>) -> Json<Value> {
    Json(json!({ "email": caller.email }))
}

async fn me(user: CurrentUser<User>) -> Response {
    match user.public_fields() {
        Ok(fields) => Json::<Value>(json!({ "user": fields })).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// What the library leaves to the site: its pages load nothing from elsewhere, and links with a token stay here.
async fn with_security_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Ctrl-C or SIGTERM.
async fn stopped() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
