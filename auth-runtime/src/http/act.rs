#[cfg(feature = "axum")]
use http::Method;
use http::{HeaderMap, header, request::Parts};
use secrecy::ExposeSecret;
use time::Duration;

use super::{
    Answer, AuthRequest, Http,
    answer::told,
    body::{Body, Sent},
    callback,
    handle::refused,
    header::sole,
    metadata::metadata,
    path::Segment,
    respond::Activity,
    routes::Route,
};
#[cfg(feature = "axum")]
use super::{answer::seal, callback::Response, pages};
use crate::{
    authentication::Authentication,
    context::{Browser, Context},
    error::{Code, Failure},
    strategy::{ActionOutcome, Input, PhaseMethod},
    user::Authenticated,
};

/// How long a browser keeps the secret that something was bound to: as long as the longest link lives.
const KNOWN_FOR: Duration = Duration::days(3);

/// Who makes a browser begin something by a GET (promise SE-08), or end it.
enum Start {
    /// A page of this site, the person, or a program.
    Own,
    /// Another site has led the person here.
    FromElsewhere,
    /// A page wants it as a picture or the like.
    Embedded,
}

fn start(head: &Parts) -> Start {
    let of = |name| sole(&head.headers, name);
    match (of("sec-fetch-site"), of("sec-fetch-dest")) {
        (Ok(_), Ok(Some(dest))) if dest != "document" => Start::Embedded,
        (Ok(None | Some("same-origin" | "none")), Ok(_)) => Start::Own,
        (Ok(Some(_)), Ok(_)) => Start::FromElsewhere,
        _ => Start::Embedded,
    }
}

/// What a phase is asked for.
enum Asked {
    /// To act.
    Act(Body),
    /// To make the browser send a provider's response once more, from a page of ours.
    #[cfg(feature = "axum")]
    Reflect(Response),
    /// To ask the person, whom another site has sent.
    #[cfg(feature = "axum")]
    Ask,
}

impl<U: Authenticated> Authentication<U> {
    /// Runs a phase.
    pub(super) async fn act(
        &self,
        head: &Parts,
        body: Sent<'_>,
        route: &Route,
        segment: Option<Segment<'_>>,
    ) -> Answer {
        let http = self.http();
        let mut request = AuthRequest::new(head, Some(route.activity));
        if route.method.acts_on_get() {
            request.set_acts();
        }
        let context = Context::new(self.clone(), metadata(head, U::SETTINGS.client_ip));
        let prepared = match http.read(head, body, route, segment) {
            #[cfg(feature = "axum")]
            Ok(Asked::Reflect(response)) => return http.reflect(head, &request, &response),
            #[cfg(feature = "axum")]
            Ok(Asked::Ask) => return seal(pages::before_leaving(head)),
            Ok(Asked::Act(body)) => self.load(head).await.map(|found| (body, found.session)),
            Err(failure) => Err(failure),
        };
        let (Body { arguments, return_to }, session) = match prepared {
            Ok(prepared) => prepared,
            Err(failure) => {
                let Activity { strategy, phase } = route.activity;
                let failure = refused(&context, strategy, phase, failure).await;
                return http.refuse(&request, &failure);
            }
        };
        let mut context = match session {
            Some(session) => context.with_session(session),
            None => context,
        }
        .in_browser(http.browser_of(&head.headers))
        .with_return_to(return_to.as_deref().unwrap_or_default());
        context.for_page = request.prefers_html();
        let result = run(&context, route, arguments).await;
        request.set_return_to(context.led_to().or(context.return_to()));
        match result {
            Ok(outcome) => {
                let mut answer = http.succeed(&request, &outcome);
                self.forget_somebody_else(head, &outcome, &mut answer);
                http.note_browser(head, context.browser(), &mut answer);
                answer
            }
            Err(failure) => http.refuse(&request, &failure),
        }
    }

    /// Takes a cookie away that remembers another person than the one who has just signed in.
    fn forget_somebody_else(&self, head: &Parts, outcome: &ActionOutcome<U>, answer: &mut Answer) {
        let (ActionOutcome::SignedIn(signed_in), Some(token)) = (outcome, self.http().remembered(head))
        else {
            return;
        };
        if signed_in.remember_me.is_none()
            && self.remembers_somebody_else(token, &signed_in.subject())
            && let Some(forget) = self.http().forget()
        {
            answer.headers_mut().append(header::SET_COOKIE, forget);
        }
    }
}

async fn run<U: Authenticated>(
    context: &Context<U>,
    route: &Route,
    arguments: Input,
) -> Result<ActionOutcome<U>, Failure> {
    let outcome = U::dispatch(context, route.index, route.activity.phase, arguments).await;
    context
        .record(outcome)
        .await
        .map_err(|error| told(&error, context.request().request_id.as_deref()))
}

impl<U: Authenticated> Http<U> {
    /// Reads what a request says in the way of the phase that it is for.
    fn read(
        &self,
        head: &Parts,
        body: Sent<'_>,
        route: &Route,
        segment: Option<Segment<'_>>,
    ) -> Result<Asked, Failure> {
        // What a provider makes a browser send comes from another site; its `state` is the defence.
        if !route.is_callback() {
            self.check_origin(head)?;
        }
        let body = body?;
        let mut read = match route.method {
            PhaseMethod::Begin { fields } => {
                match start(head) {
                    Start::Own => {}
                    #[cfg(feature = "axum")]
                    Start::FromElsewhere => return Ok(Asked::Ask),
                    _ => return Err(Failure::new(Code::CrossSite)),
                }
                Body::from_query(head, fields)?
            }
            PhaseMethod::Callback => {
                // Providers send a person back; a picture on some page would only use up what this network may try.
                if matches!(start(head), Start::Embedded) {
                    return Err(Failure::new(Code::CrossSite));
                }
                let response = callback::Response::read(head, body)?;
                #[cfg(feature = "axum")]
                if self.is_lost(head, &response) {
                    return Ok(Asked::Reflect(response));
                }
                Body {
                    arguments: response.into_arguments(),
                    return_to: None,
                }
            }
            PhaseMethod::Get
            | PhaseMethod::Post
            | PhaseMethod::PostToken { .. }
            | PhaseMethod::LandingThenPost { .. } => {
                let name = U::SETTINGS.subject_name;
                Body::read(&head.headers, body, name, route.method.token_field())?
            }
        };
        match segment {
            Some(Segment { name, value }) if !read.arguments.add(name, value) => {
                Err(Failure::new(Code::Malformed))
            }
            _ => Ok(Asked::Act(read)),
        }
    }

    /// Whether a response has come without the cookie that tells the browser, as a form of another site sends it, and our
    /// page has not tried yet.
    #[cfg(feature = "axum")]
    fn is_lost(&self, head: &Parts, response: &Response) -> bool {
        head.method == Method::POST && !response.is_marked() && !self.browser.is_in(&head.headers)
    }

    /// Makes the browser send a response once more, with its cookies. Writes nothing and sets no cookie.
    #[cfg(feature = "axum")]
    fn reflect(&self, head: &Parts, request: &AuthRequest<'_>, response: &Response) -> Answer {
        match pages::interstitial(head, response) {
            Ok(page) => seal(page),
            Err(failure) => self.refuse(request, &failure),
        }
    }

    /// The browser that sent a request. A cookie that is there twice tells nothing.
    fn browser_of(&self, headers: &HeaderMap) -> Browser {
        let mut values = self.browser.values(headers);
        let value = values.next().filter(|_| values.next().is_none());
        Browser::with_cookie(value.map(Into::into))
    }

    /// Lets a browser keep the secret that something was bound to.
    fn note_browser(&self, head: &Parts, browser: &Browser, answer: &mut Answer) {
        if let Some(secret) = browser.bound()
            && !answer.status().is_server_error()
            && let Ok(Some(cookie)) = self.browser.set(head, secret.expose_secret(), KNOWN_FOR)
        {
            answer.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
}
