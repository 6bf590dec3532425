//! People who look after the site: another table, another block, sign-in by link only.

use auth_runtime::prelude::*;

use crate::{
    accounts::{AuditLog, Repo, SigningSecret},
    outbox::Mailer,
};

diesel::table! {
    admins (id) {
        id -> auth_runtime::db::SqlId,
        email -> Text,
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable, Authenticated)]
#[diesel(table_name = admins)]
pub struct Admin {
    pub id: Id,
    pub email: String,
}

#[derive(Debug, TokenResource)]
#[auth(table_name = "admin_tokens")]
pub struct AdminToken;

authentication! {
    repo: Repo,
    client_ip: peer,

    tokens {
        token_resource: AdminToken,
        signing_secret: SigningSecret,
        token_lifetime: 1 hour,
    }
    strategies {
        magic_link { identity_field: email, sender: Mailer::for_admins() }
    }
    add_ons {
        audit_log { audit_log_resource: AuditLog, ip_privacy_mode: truncate }
    }
}

/// Makes sure that somebody can look after the site.
pub async fn appoint(repo: &Repo, email: &str) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    use auth_runtime::{db::Repo as _, identity::canonical_email};
    use diesel::{QueryDsl, SelectableHelper};
    use diesel_async::RunQueryDsl;

    let email = canonical_email(email)?;
    let mut connection = repo.get_writer().await?;
    let known: Vec<Admin> = QueryDsl::select(admins::table, Admin::as_select())
        .load(&mut *connection)
        .await?;
    if known.iter().all(|admin| admin.email != email) {
        let admin = Admin {
            id: Id::new(time::OffsetDateTime::now_utc()),
            email,
        };
        diesel::insert_into(admins::table)
            .values(admin)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}
