use super::{refused, way};
use crate::{
    error::{Cause, Error},
    oauth::AuthorizeOptions,
    strategies::oauth2::{
        Cx, OAuth2, Request,
        attempt::{self, Attempt, ForSession},
    },
    strategy::{Act, Outcome, Redirect, Sort, perform},
};

/// The longest hint that is passed on, in bytes.
const HINT_LIMIT: usize = 255;

/// Begins a sign-in: says where the browser has to go, and keeps the server's half of the attempt for it.
///
/// # Errors
/// [`Error::AuthenticationFailed`] for a connection that cannot be used, whatever the reason; [`Error::Provider`] when the
/// provider's metadata cannot be had; [`Error::Storage`]; [`Error::Internal`] where nothing tells browsers apart.
pub async fn request<S: OAuth2>(cx: &Cx<S>, input: Request) -> Outcome<Redirect> {
    let act = Act::new(S::CONFIG.name, "request", Sort::Begin);
    perform(cx, act, |cx| async move {
        let options = AuthorizeOptions {
            login_hint: input.login_hint.filter(|hint| hint.len() <= HINT_LIMIT),
            ..AuthorizeOptions::default()
        };
        let wanted = Wanted {
            action: "request",
            connection_id: input.connection_id,
            remembers: input.remember_me,
            link: None,
        };
        begin::<S>(&cx, wanted, &options).await
    })
    .await
}

/// What an attempt is for.
pub(super) struct Wanted {
    pub(super) action: &'static str,
    pub(super) connection_id: Option<String>,
    pub(super) remembers: bool,
    pub(super) link: Option<ForSession>,
}

pub(super) async fn begin<S: OAuth2>(
    cx: &Cx<S>,
    wanted: Wanted,
    options: &AuthorizeOptions,
) -> Result<Redirect, Error> {
    if cx.auth.tokens().is_none() {
        return Err(refused::<S>(wanted.action, Cause::NoSuchAction));
    }
    let bound = cx.browser().bind()?;
    let browser = bound.ok_or_else(|| {
        Error::internal("a sign-in at a provider is bound to a browser and needs `Context::with_browser`")
    })?;
    let way = way::<S>(cx, wanted.action, wanted.connection_id.as_deref()).await?;
    let started = way.provider.start(options, cx.auth.now()).await;
    let started = started.map_err(|error| way.failed(cx, error))?;
    let attempt = Attempt {
        strategy: S::CONFIG.name.to_owned(),
        tenant: cx.auth.tenant_text(),
        connection_id: way.connection_id,
        base_url: way.provider.base_url().to_owned(),
        pending: started.pending,
        return_to: cx.return_to().map(str::to_owned),
        remembers: wanted.remembers,
        link: wanted.link,
    };
    let job = std::sync::Arc::new((cx.clone(), attempt, browser));
    cx.auth
        .write(move |connection| {
            let job = std::sync::Arc::clone(&job);
            Box::pin(async move {
                let (cx, attempt, browser) = &*job;
                attempt::keep::<S>(cx, connection, attempt, browser).await?;
                cx.succeed(
                    connection,
                    attempt.link.as_ref().map(|link| link.subject.as_str()),
                )
                .await
            })
        })
        .await?;
    Ok(Redirect::new(started.url))
}
