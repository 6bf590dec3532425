#![deny(warnings)]

use auth_runtime::{context::Context, error::Error};
use auth_ui_tests::prelude::*;

#[derive(Debug, Clone, Queryable, Selectable, Insertable, Authenticated)]
#[diesel(table_name = users)]
pub struct User {
    pub id: Id,
    pub email: String,
    #[auth(sensitive)]
    pub hashed_password: Option<String>,
    #[auth(private)]
    pub confirmed_at: Option<UtcTimestamp>,
    pub display_name: Option<String>,
}

#[derive(TokenResource)]
pub struct Token;

#[derive(AuditLogResource)]
pub struct AuditLog;

#[derive(AuditLogResource)]
#[auth(
    table_name = "sign_ins",
    log_lifetime = "infinity",
    expunge_interval = "1 day",
    id = "event_id",
    logged_at = "at",
    resource = "kind",
    audit_log = "log",
    strategy = "method",
    action_name = "what",
    status = "outcome",
    cause = "why",
    subject = "who",
    identity = "typed",
    client_ip = "address",
    tenant = "customer",
    request_id = "request",
    extra_data = "more"
)]
pub struct SignIns;

authentication! {
    repo: Sqlite,
    tokens { token_resource: Token, signing_secret: env("S") }
    strategies {
        password { identity_field: email, register_action_accept: [display_name, confirmed_at] }
    }
    add_ons {
        audit_log {
            audit_log_resource: AuditLog,
            include_strategies: [password, session],
            include_actions: [*],
            exclude_strategies: [],
            exclude_actions: [sign_in_with_token],
            include_fields: [display_name, confirmed_at],
            allow(AU-02, reason = "support has to see it"),
            ip_privacy_mode: hash,
            ip_hash_key: env("AUDIT_IP_HASH_KEY"),
            mode: batched,
            batch_size: 50,
            batch_interval: 2 seconds,
            buffer_size: 1000,
        }
        audit_log sign_ins {
            audit_log_resource: SignIns,
            include_actions: [sign_in_with_password],
            ip_privacy_mode: truncate,
            ipv4_truncation_mask: 16,
            ipv6_truncation_mask: 32,
            mode: durable,
        }
    }
}

/// What an application asks.
pub async fn activity(cx: &Context<User>, subject: &str) -> Result<(), Error> {
    use auth_runtime::resources::audit_log::{LogFilter, Page, Status};
    let page = AuditLog::by_subject(cx, subject, Page::of(20)).await?;
    if let Some(cursor) = page.next {
        AuditLog::by_subject(cx, subject, Page::of(20).after(cursor)).await?;
    }
    let filter = LogFilter::new().status(Status::Failure).strategy("password");
    SignIns::entries(cx, filter, Page::default()).await?;
    Ok(())
}

fn main() {
    assert_eq!(User::schema().tables.len(), 6);
    let _ = activity;
}
