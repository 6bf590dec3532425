use http::{HeaderValue, Response, StatusCode, header};
use serde_json::Value;

use crate::error::{Error, Failure};

/// A whole answer. Any framework can send it.
pub type Answer = Response<Vec<u8>>;

/// An answer with a JSON body.
#[must_use]
pub fn json(status: StatusCode, value: &Value) -> Answer {
    written(status, "application/json", value.to_string())
}

/// An answer that sends a browser on to `path` with a GET.
///
/// The path is written as it is: pass a constant or [`AuthRequest::return_to`](super::AuthRequest::return_to), which
/// never leaves the site (promise SE-09). Text that no header can hold leads to `/`.
#[must_use]
pub fn see_other(path: &str) -> Answer {
    let mut answer = Answer::new(Vec::new());
    *answer.status_mut() = StatusCode::SEE_OTHER;
    let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    answer.headers_mut().insert(header::LOCATION, location);
    answer
}

/// A page that can load nothing and send forms only to this site (promise SU-08).
#[cfg(feature = "axum")]
pub(super) fn page(status: StatusCode, html: String) -> Answer {
    const POLICY: HeaderValue = HeaderValue::from_static(
        "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    page_under(POLICY, status, html)
}

/// Such a page, and the one script in it that carries this nonce. `None` when no header can hold it.
#[cfg(feature = "axum")]
pub(super) fn page_with_script(status: StatusCode, html: String, nonce: &str) -> Option<Answer> {
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    Some(page_under(HeaderValue::from_str(&policy).ok()?, status, html))
}

#[cfg(feature = "axum")]
fn page_under(policy: HeaderValue, status: StatusCode, html: String) -> Answer {
    let mut answer = written(status, "text/html; charset=utf-8", html);
    answer
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, policy);
    answer
}

fn written(status: StatusCode, content_type: &'static str, body: String) -> Answer {
    let mut answer = Answer::new(body.into_bytes());
    *answer.status_mut() = status;
    answer
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}

/// Gives an answer, an application's own too, the headers that every answer of the library has.
///
/// The challenge on 401 does not depend on what was sent, so it tells nothing (promise EN-01).
pub(super) fn seal(mut answer: Answer) -> Answer {
    let challenged = answer.status() == StatusCode::UNAUTHORIZED;
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers
        .entry(header::REFERRER_POLICY)
        .or_insert(HeaderValue::from_static("no-referrer"));
    if challenged {
        headers
            .entry(header::WWW_AUTHENTICATE)
            .or_insert(HeaderValue::from_static("Bearer"));
    }
    answer
}

/// What the client is told about an error. What only the operator may know of a server-side one goes to the log.
pub(super) fn told(error: &Error, request_id: Option<&str>) -> Failure {
    let is_fault = matches!(
        error,
        Error::Storage(_) | Error::GuardFailed(_) | Error::Config(_) | Error::Internal(_)
    );
    // What a provider did wrong was logged where it is known which one it is.
    if is_fault {
        tracing::error!(cause = error.cause().as_str(), request_id, "{}", error.chain());
    }
    error.failure()
}
