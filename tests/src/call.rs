//! Calling actions by name, and looking at what came of it.

use auth_runtime::{
    context::Context,
    error::{Error, FieldError},
    session::{CurrentSession, SignedIn},
    strategy::{ActionOutcome, Input},
    user::Authenticated,
};
use secrecy::ExposeSecret;
use serde_json::Value;
use std::sync::Arc;

/// Calls an action by its name with JSON arguments.
///
/// # Errors
/// The action's own.
///
/// # Panics
/// When the arguments are no object.
pub async fn call<U: Authenticated>(
    cx: &Context<U>,
    action: &str,
    arguments: Value,
) -> Result<ActionOutcome<U>, Error> {
    let Value::Object(fields) = arguments else {
        panic!("arguments are an object");
    };
    cx.authentication()
        .call(cx, action, Input::from_json(fields))
        .await
}

/// Calls an action that signs somebody in.
///
/// # Errors
/// The action's own.
///
/// # Panics
/// When it does something else.
pub async fn enter<U: Authenticated>(
    cx: &Context<U>,
    action: &str,
    arguments: Value,
) -> Result<SignedIn<U>, Error> {
    match call(cx, action, arguments).await? {
        ActionOutcome::SignedIn(signed_in) => Ok(signed_in),
        _ => panic!("{action} signs nobody in"),
    }
}

/// The session token inside.
///
/// # Panics
/// When there is none.
pub fn token<U>(signed_in: &SignedIn<U>) -> String {
    signed_in.token.as_ref().unwrap().expose_secret().to_owned()
}

/// The live session that a token stands for.
pub async fn session<U: Authenticated>(cx: &Context<U>, token: &str) -> Option<CurrentSession<U>> {
    cx.authentication().authenticate(token).await.unwrap()
}

/// The same context on behalf of whoever just signed in.
///
/// # Panics
/// When the token does not count.
pub async fn on_behalf_of<U: Authenticated>(cx: &Context<U>, signed_in: &SignedIn<U>) -> Context<U> {
    let session = session(cx, &token(signed_in)).await.unwrap();
    cx.clone().with_session(Arc::new(session))
}

/// What is wrong with each field, as code.
///
/// # Panics
/// When the error is another one.
pub fn field_errors(error: &Error) -> Vec<(String, FieldError)> {
    let Error::Invalid(fields) = error else {
        panic!("no fields were refused: {error:?}");
    };
    let of_field = |(field, errors): (&str, &[FieldError])| {
        let field = field.to_owned();
        errors
            .iter()
            .map(move |error| (field.clone(), *error))
            .collect::<Vec<_>>()
    };
    fields.iter().flat_map(of_field).collect()
}

/// Waits for something that happens beside the answers.
///
/// # Panics
/// When it does not happen.
pub async fn until(done: impl AsyncFn() -> bool) {
    let patience = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while !done().await {
        assert!(std::time::Instant::now() < patience, "it does not come");
        tokio::task::yield_now().await;
    }
}
