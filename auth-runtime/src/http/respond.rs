use std::fmt;

use http::{HeaderValue, Method, StatusCode, header, request::Parts};
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

#[cfg(feature = "axum")]
use super::pages;
use super::{
    Answer,
    answer::{json as json_answer, see_other},
    negotiation::prefers_html,
    return_to::same_origin,
};
use crate::{
    error::{Code, Failure},
    session::{Ended, SignedIn},
    strategy::{ActionOutcome, Redirect, Report},
    user::Authenticated,
};

/// What a request asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Activity {
    /// The strategy's name.
    pub strategy: &'static str,
    /// The phase's name.
    pub phase: &'static str,
}

/// A request as [`Respond`] sees it. Its body is gone by then, so an answer cannot repeat a secret out of it.
pub struct AuthRequest<'a> {
    head: &'a Parts,
    activity: Option<Activity>,
    prefers_html: bool,
    /// It asks to read, and nothing else.
    reads: bool,
    return_to: Option<String>,
}

impl<'a> AuthRequest<'a> {
    pub(super) fn new(head: &'a Parts, activity: Option<Activity>) -> Self {
        Self {
            head,
            activity,
            prefers_html: prefers_html(&head.headers),
            reads: head.method.is_safe(),
            return_to: None,
        }
    }

    /// Notes that it acts, although a browser sends it with GET.
    pub(super) const fn set_acts(&mut self) {
        self.reads = false;
    }

    /// Notes where a request wants to go; anywhere but on this site counts as nowhere (promise SE-09).
    pub(super) fn set_return_to(&mut self, target: Option<&str>) {
        self.return_to = target.and_then(same_origin);
    }

    /// Strategy and phase; `None` for sign-out, for requests that match no route, and outside the routes.
    #[must_use]
    pub const fn activity(&self) -> Option<Activity> {
        self.activity
    }

    /// Method, URI, headers and extensions. Under a prefix the URI is the one inside it.
    #[must_use]
    pub const fn head(&self) -> &'a Parts {
        self.head
    }

    /// Whether the client is a browser that shows pages.
    #[must_use]
    pub const fn prefers_html(&self) -> bool {
        self.prefers_html
    }

    /// Where a browser goes after success: the request's `return_to`, or that of the request which began what this one
    /// ends, if it is a path of this site; else `/`.
    #[must_use]
    pub fn return_to(&self) -> &str {
        self.return_to.as_deref().unwrap_or("/")
    }
}

/// Leaves out the headers, which hold credentials, and the query, which may.
impl fmt::Debug for AuthRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthRequest")
            .field("method", &self.head.method)
            .field("path", &self.head.uri.path())
            .field("activity", &self.activity)
            .field("prefers_html", &self.prefers_html)
            .finish_non_exhaustive()
    }
}

/// The application's own answers. Every method has a default.
///
/// An answer gets the session cookie and the headers of promises SE-02 and SU-08 afterwards, so it cannot forget
/// them; one with a 5xx status gets no cookie.
///
/// # Example
/// ```
/// use auth_runtime::{http::{Answer, AuthRequest, Respond, default_success, see_other}, strategy::ActionOutcome, user::Authenticated};
///
/// struct Pages;
/// impl<U: Authenticated> Respond<U> for Pages {
///     fn success(&self, request: &AuthRequest<'_>, outcome: &ActionOutcome<U>) -> Answer {
///         match outcome {
///             ActionOutcome::SignedIn(_) if request.prefers_html() => see_other("/home"),
///             _ => default_success(request, outcome),
///         }
///     }
/// }
/// ```
///
/// # Security
/// What a failure may say is in [`Failure`]; an answer that depends on anything else can tell who has an account
/// (promise EN-01).
pub trait Respond<U: Authenticated>: Send + Sync + 'static {
    /// A phase did what it was asked to. A [`Redirect`] does not come here: its answer is complete.
    fn success(&self, request: &AuthRequest<'_>, outcome: &ActionOutcome<U>) -> Answer {
        default_success(request, outcome)
    }

    /// A request was refused, or could not be served.
    fn failure(&self, request: &AuthRequest<'_>, failure: &Failure) -> Answer {
        default_failure(request, failure)
    }

    /// The session has ended.
    fn signed_out(&self, request: &AuthRequest<'_>) -> Answer {
        default_signed_out(request)
    }

    /// Whoever is signed in has ended one session or all others.
    fn sessions_ended(&self, request: &AuthRequest<'_>, ended: &Ended) -> Answer {
        default_sessions_ended(request, ended)
    }
}

/// The answers of an application that has none of its own.
pub(super) struct Defaults;

impl<U: Authenticated> Respond<U> for Defaults {}

/// What [`Respond::success`] answers by default: the person's public fields and the token as JSON, with 201 for a
/// registration; for browsers a redirect.
#[must_use]
pub fn default_success<U: Authenticated>(request: &AuthRequest<'_>, outcome: &ActionOutcome<U>) -> Answer {
    match outcome {
        ActionOutcome::SignedIn(_) if request.prefers_html() => see_other(request.return_to()),
        ActionOutcome::SignedIn(signed_in) => match signed_in_json(signed_in) {
            Ok(body) => {
                let new = request
                    .activity()
                    .is_some_and(|activity| activity.phase == "register");
                json_answer(
                    if new { StatusCode::CREATED } else { StatusCode::OK },
                    &body.into(),
                )
            }
            Err(error) => unwritable::<U>(request, &error),
        },
        ActionOutcome::Confirmed(confirmed) if request.prefers_html() && confirmed.signed_in.is_some() => {
            see_other(request.return_to())
        }
        #[cfg(feature = "axum")]
        ActionOutcome::Confirmed(confirmed) if request.prefers_html() => {
            pages::confirmed(confirmed.credentials_voided)
        }
        ActionOutcome::Confirmed(confirmed) => {
            let body = confirmed
                .signed_in
                .as_ref()
                .map_or(Ok(Map::new()), signed_in_json);
            body.map_or_else(
                |error| unwritable::<U>(request, &error),
                |mut body| {
                    body.insert("status".to_owned(), "confirmed".into());
                    let voided = confirmed.credentials_voided.into();
                    body.insert("credentials_voided".to_owned(), voided);
                    json_answer(StatusCode::OK, &body.into())
                },
            )
        }
        #[cfg(feature = "axum")]
        ActionOutcome::Accepted(_) if request.prefers_html() => pages::accepted(),
        ActionOutcome::Accepted(_) => json_answer(StatusCode::OK, &json!({"status": "accepted"})),
        ActionOutcome::SessionsEnded(ended) => default_sessions_ended(request, ended),
        ActionOutcome::SignInToken(token) => {
            json_answer(StatusCode::OK, &json!({"token": token.expose_secret()}))
        }
        ActionOutcome::Redirect(redirect) => default_redirect(request, redirect),
        ActionOutcome::Report(report) => default_report(request, report),
    }
}

/// 302 after a GET. After a form a page that goes on by itself: the `form-action` of the page with the form would keep a
/// browser from following a redirect to another site. Programs read the address and go there themselves.
pub(super) fn default_redirect(request: &AuthRequest<'_>, redirect: &Redirect) -> Answer {
    let location = redirect.location().as_str();
    if request.head().method != Method::GET {
        #[cfg(feature = "axum")]
        if request.prefers_html() {
            return pages::elsewhere(location);
        }
        return json_answer(StatusCode::OK, &json!({"location": location}));
    }
    let Ok(mut location) = HeaderValue::from_str(location) else {
        return default_failure(request, &Failure::new(Code::Internal));
    };
    location.set_sensitive(true);
    let mut answer = Answer::new(Vec::new());
    *answer.status_mut() = StatusCode::FOUND;
    answer.headers_mut().insert(header::LOCATION, location);
    answer
}

fn unwritable<U: Authenticated>(request: &AuthRequest<'_>, error: &serde_json::Error) -> Answer {
    // The error's own text could quote a column.
    tracing::error!(
        resource = U::TYPE_NAME,
        line = error.line(),
        "the public fields of a person cannot be written as JSON"
    );
    default_failure(request, &Failure::new(Code::Internal))
}

/// A browser that acts has nothing to read in a report, unless there is a secret in it.
fn default_report(request: &AuthRequest<'_>, report: &Report) -> Answer {
    if request.prefers_html() && !request.reads {
        match report.secret() {
            None => return see_other(request.return_to()),
            #[cfg(feature = "axum")]
            Some((name, secret)) => return pages::secret(name, secret, request.return_to()),
            #[cfg(not(feature = "axum"))]
            Some(_) => {}
        }
    }
    let status = if report.is_created() {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    json_answer(status, &report.to_json())
}

fn signed_in_json<U: Authenticated>(
    signed_in: &SignedIn<U>,
) -> Result<Map<String, Value>, serde_json::Error> {
    let mut body = Map::new();
    let fields = signed_in.user.public_fields()?;
    body.insert(U::SETTINGS.subject_name.to_owned(), Value::Object(fields));
    if let Some(token) = &signed_in.token {
        body.insert("token".to_owned(), token.expose_secret().into());
    }
    if let (Some(token), Some(claims)) = (&signed_in.refresh_token, &signed_in.claims) {
        body.insert("refresh_token".to_owned(), token.expose_secret().into());
        body.insert("expires_in".to_owned(), (claims.exp - claims.iat).into());
    }
    Ok(body)
}

/// What [`Respond::failure`] answers by default: [`Failure::to_json`], or a small page with the same content.
#[must_use]
pub fn default_failure(request: &AuthRequest<'_>, failure: &Failure) -> Answer {
    #[cfg(feature = "axum")]
    let mut answer = if request.prefers_html() {
        pages::failure(failure)
    } else {
        json_answer(failure.status(), &failure.to_json())
    };
    #[cfg(not(feature = "axum"))]
    let mut answer = {
        let _ = request;
        json_answer(failure.status(), &failure.to_json())
    };
    if let Some(delay) = failure.retry_after {
        let seconds = delay.as_secs() + u64::from(delay.subsec_nanos() > 0);
        answer
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    }
    answer
}

/// What [`Respond::signed_out`] answers by default.
#[must_use]
pub fn default_signed_out(request: &AuthRequest<'_>) -> Answer {
    if request.prefers_html() {
        see_other(request.return_to())
    } else {
        json_answer(StatusCode::OK, &json!({"status": "signed_out"}))
    }
}

/// What [`Respond::sessions_ended`] answers by default.
#[must_use]
pub fn default_sessions_ended(request: &AuthRequest<'_>, ended: &Ended) -> Answer {
    if request.prefers_html() {
        see_other(request.return_to())
    } else {
        json_answer(
            StatusCode::OK,
            &json!({"status": "ended", "sessions": ended.sessions}),
        )
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    const HTML: (&str, &str) = ("accept", "text/html");
    const JSON: (&str, &str) = ("accept", "application/json");

    fn head(method: &str, (name, value): (&str, &str)) -> Parts {
        let request = http::Request::builder().method(method).uri("/user/github");
        request.header(name, value).body(()).unwrap().into_parts().0
    }

    fn redirected(method: &str, accept: (&str, &str)) -> Answer {
        let head = head(method, accept);
        let location = Url::parse("https://provider.example/authorize?state=s&scope=a+b").unwrap();
        default_redirect(&AuthRequest::new(&head, None), &Redirect::new(location))
    }

    #[test]
    fn a_redirect_is_sent_in_the_way_of_its_request() {
        let elsewhere = "https://provider.example/authorize?state=s&scope=a+b";
        for accept in [HTML, JSON] {
            let answer = redirected("GET", accept);
            assert_eq!(answer.status(), StatusCode::FOUND);
            assert_eq!(answer.headers()[header::LOCATION], elsewhere);
            assert!(answer.headers()[header::LOCATION].is_sensitive());
        }
        let answer = redirected("POST", JSON);
        assert_eq!(answer.status(), StatusCode::OK);
        let body: Value = serde_json::from_slice(answer.body()).unwrap();
        assert_eq!(body, json!({"location": elsewhere}));
        assert!(!answer.headers().contains_key(header::LOCATION));
    }

    #[cfg(feature = "axum")]
    #[test]
    fn a_form_is_sent_on_by_a_page() {
        let answer = redirected("POST", HTML);
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(!answer.headers().contains_key(header::LOCATION));
        let page = String::from_utf8(answer.into_body()).unwrap();
        let elsewhere = "https://provider.example/authorize?state=s&amp;scope=a+b";
        assert!(
            page.contains(&format!("content=\"0; url={elsewhere}\"")),
            "{page}"
        );
        assert!(page.contains(&format!("href=\"{elsewhere}\"")), "{page}");
    }

    #[cfg(feature = "axum")]
    #[test]
    fn a_browser_that_acts_goes_on_and_one_that_reads_reads() {
        let report = Report::new().member("status", "linked");
        let head = head("GET", HTML);
        let mut request = AuthRequest::new(&head, None);
        assert_eq!(default_report(&request, &report).status(), StatusCode::OK);
        request.set_acts();
        request.set_return_to(Some("/me"));
        let answer = default_report(&request, &report);
        assert_eq!(
            (answer.status(), &answer.headers()[header::LOCATION]),
            (StatusCode::SEE_OTHER, &HeaderValue::from_static("/me"))
        );
    }
}
