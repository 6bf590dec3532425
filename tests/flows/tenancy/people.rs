//! People of organisations, and what most tests do with them.

use auth_runtime::{authentication::Authentication, prelude::*};
use auth_tests::{mail::Mailer, secrets::secret};

use super::db::{Repo, World};

diesel::table! {
    staff (id) {
        id -> auth_runtime::db::SqlId,
        org_id -> BigInt,
        email -> Text,
        hashed_password -> Nullable<Text>,
    }
}

/// Somebody who works for an organisation.
#[derive(Debug, Clone, Queryable, Selectable, Authenticated)]
#[diesel(table_name = staff)]
pub(crate) struct Staff {
    pub(crate) id: Id,
    pub(crate) org_id: i64,
    pub(crate) email: String,
    #[auth(sensitive)]
    pub(crate) hashed_password: Option<String>,
}

/// Their tokens.
#[derive(Debug, TokenResource)]
pub(crate) struct Token;

authentication! {
    repo: Repo,
    tenant_field: org_id,
    tokens {
        token_resource: Token,
        signing_secret: |context: &_| secret(context),
    }
    strategies {
        password {
            identity_field: email,
            resettable { sender: Mailer }
        }
    }
}

/// Organisations by the first label of the host.
pub(crate) fn organisation(head: &axum::http::request::Parts) -> Option<i64> {
    let host = head.headers.get("host")?.to_str().ok()?;
    host.split('.').next()?.strip_prefix("org")?.parse().ok()
}

pub(crate) async fn start(world: &World) -> Authentication<Staff> {
    Staff::schema().create(&world.repo).await.unwrap();
    world
        .builder::<Staff>()
        .tenant(organisation)
        .start()
        .await
        .unwrap()
}

pub(crate) async fn register(
    cx: &Context<Staff>,
    email: &str,
    password: &str,
) -> Result<SignedIn<Staff>, Error> {
    let input = RegisterWithPassword {
        email: email.to_owned(),
        password: password.into(),
        password_confirmation: password.into(),
    };
    Staff::register_with_password(cx, input).await
}

pub(crate) async fn sign_in(
    cx: &Context<Staff>,
    email: &str,
    password: &str,
) -> Result<SignedIn<Staff>, Error> {
    let input = SignInWithPassword {
        email: email.to_owned(),
        password: password.into(),
    };
    Staff::sign_in_with_password(cx, input).await
}
