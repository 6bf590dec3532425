//! One server, in a process of its own.

use std::net::SocketAddr;

use auth_runtime::{prelude::*, user::Authenticated};
use axum::{Router, routing::get};
use tokio::{io::AsyncReadExt, net::TcpListener};

use crate::{
    Failed,
    accounts::{Repo, Stateless, User},
    bare,
};

/// Which server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The library, with stored sessions.
    Ours,
    /// The library, with sessions that are a signature only.
    OursStateless,
    /// By hand: the token alone.
    BareDecode,
    /// By hand: the token and one keyed read of the person.
    BarePerson,
    /// By hand: the token and one joined read of the stored session and the person.
    BareSession,
    /// The same on the pool of the library.
    BareSessionOnRepo,
}

impl Kind {
    const ALL: &[Self] = &[
        Self::Ours,
        Self::OursStateless,
        Self::BareDecode,
        Self::BarePerson,
        Self::BareSession,
        Self::BareSessionOnRepo,
    ];

    /// Its name on the command line.
    pub fn name(self) -> String {
        format!("{self:?}")
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

/// Serves until standard input ends, so that no server outlives the one who started it.
pub async fn serve(kind: Kind, url: &str) -> Result<(), Failed> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    let router = match kind {
        Kind::Ours => ours(User::authentication(Repo::connect(url).await?), port).await?,
        Kind::OursStateless => ours(Stateless::authentication(Repo::connect(url).await?), port).await?,
        Kind::BareDecode => bare::decode_only()?,
        Kind::BarePerson => bare::own_pool::person(url).await?,
        Kind::BareSession => bare::own_pool::session(url).await?,
        Kind::BareSessionOnRepo => bare::on_repo::session(url).await?,
    };
    println!("{port}");
    let server = async move {
        match kind {
            Kind::Ours | Kind::OursStateless => {
                let service = router.into_make_service_with_connect_info::<SocketAddr>();
                axum::serve(listener, service).await
            }
            _ => axum::serve(listener, router).await,
        }
    };
    let mut input = tokio::io::stdin();
    tokio::select! {
        outcome = server => Ok(outcome?),
        _ = input.read_u8() => Ok(()),
    }
}

trait HasEmail {
    fn email(&self) -> &str;
}

impl HasEmail for User {
    fn email(&self) -> &str {
        &self.email
    }
}

impl HasEmail for Stateless {
    fn email(&self) -> &str {
        &self.email
    }
}

async fn ours<U: Authenticated + HasEmail>(
    builder: auth_runtime::authentication::Builder<U>,
    port: u16,
) -> Result<Router, Failed> {
    let auth = builder
        .development(true)
        .public_url(format!("http://127.0.0.1:{port}"))
        .start()
        .await?;
    Ok(Router::new()
        .route("/me", get(me::<U>))
        .route("/subject", get(subject::<U>))
        .nest("/auth", auth.router())
        .layer(auth.layer()))
}

async fn me<U: Authenticated + HasEmail>(user: CurrentUser<U>) -> String {
    user.email().to_owned()
}

async fn subject<U: Authenticated>(claims: SessionClaims<U>) -> String {
    claims.sub.chars().take(20).collect()
}
