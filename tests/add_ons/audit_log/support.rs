//! What the tests of one database share.

use auth_runtime::{
    authentication::Authentication,
    prelude::*,
    resources::audit_log::{AuditLogStore, LogEntry, LogFilter, Page},
    user::{Authenticated, Conn},
};
use auth_tests::{PASSWORD, call::*};
use serde_json::{Value, json};

/// Every event of a log, oldest first.
pub(crate) async fn events<L, U>(auth: &Authentication<U>) -> Vec<LogEntry>
where
    U: Authenticated,
    L: AuditLogStore<Conn<U>>,
{
    let mut events = Vec::new();
    let mut page = Page::of(Page::MOST);
    loop {
        let found = L::entries(&auth.context(), LogFilter::new(), page).await.unwrap();
        events.extend(found.entries);
        match found.next {
            Some(cursor) => page = page.after(cursor),
            None => break,
        }
    }
    events.reverse();
    events
}

/// Action, outcome and cause of every event of a log, oldest first.
pub(crate) async fn outline<L, U>(auth: &Authentication<U>) -> Vec<String>
where
    U: Authenticated,
    L: AuditLogStore<Conn<U>>,
{
    let events = events::<L, U>(auth).await;
    events
        .iter()
        .map(|event| {
            let cause = event.cause.as_deref().unwrap_or_default();
            format!("{} {} {cause}", event.action_name, event.status)
                .trim()
                .to_owned()
        })
        .collect()
}

/// The arguments of a registration.
pub(crate) fn newcomer(email: &str) -> Value {
    json!({"email": email, "password": PASSWORD, "password_confirmation": PASSWORD})
}

/// Registers somebody.
pub(crate) async fn register<U: Authenticated>(cx: &Context<U>, email: &str) -> SignedIn<U> {
    enter(cx, "register_with_password", newcomer(email))
        .await
        .unwrap()
}

/// Tries to sign in.
pub(crate) async fn sign_in<U: Authenticated>(
    cx: &Context<U>,
    email: &str,
    password: &str,
) -> Result<SignedIn<U>, Error> {
    enter(
        cx,
        "sign_in_with_password",
        json!({"email": email, "password": password}),
    )
    .await
}
