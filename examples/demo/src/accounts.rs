//! Who people are and how they sign in: the whole of it.

use std::sync::OnceLock;

use auth_runtime::{
    prelude::*,
    secret::{SecretContext, SecretError},
};

use crate::outbox::Mailer;

#[cfg(feature = "postgres")]
pub type Repo = auth_runtime::repo::Postgres;
#[cfg(all(feature = "mysql", not(feature = "postgres")))]
pub type Repo = auth_runtime::repo::Mysql;
#[cfg(all(feature = "sqlite", not(any(feature = "postgres", feature = "mysql"))))]
pub type Repo = auth_runtime::repo::Sqlite;

diesel::table! {
    users (id) {
        id -> auth_runtime::db::SqlId,
        email -> Text,
        hashed_password -> Nullable<Text>,
        confirmed_at -> Nullable<auth_runtime::db::SqlTimestamp>,
        display_name -> Nullable<Text>,
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Authenticated)]
#[diesel(table_name = users)]
pub struct User {
    pub id: Id,
    pub email: String,
    #[auth(sensitive)]
    pub hashed_password: Option<String>,
    pub confirmed_at: Option<UtcTimestamp>,
    pub display_name: Option<String>,
}

#[derive(Debug, TokenResource)]
#[auth(table_name = "tokens")]
pub struct Token;

#[derive(Debug, ApiKeyResource)]
#[auth(table_name = "api_keys")]
pub struct ApiKey;

#[derive(Debug, UserIdentity)]
#[auth(table_name = "user_identities")]
pub struct Identity;

#[derive(Debug, AuditLogResource)]
#[auth(table_name = "audit_log")]
pub struct AuditLog;

authentication! {
    repo: Repo,
    client_ip: peer,

    tokens {
        token_resource: Token,
        signing_secret: SigningSecret,
        token_lifetime: 14 days,
    }

    strategies {
        password {
            identity_field: email,
            register_action_accept: [display_name],
            blocklist_words: ["demo"],
            remember_me: true,
            resettable { sender: Mailer::for_users() }
        }
        magic_link { identity_field: email, registration_enabled: true, sender: Mailer::for_users() }
        remember_me {}
        api_key { api_key_resource: ApiKey, prefix: "demo", scopes: [read] }
        // Each is on where its variables are set.
        oidc {
            optional: true,
            base_url: env("OIDC_ISSUER"),
            client_id: env("OIDC_CLIENT_ID"),
            client_secret: env("OIDC_CLIENT_SECRET"),
            identity_resource: Identity,
            scope: ["email", "profile"],
            // Whoever runs the site chose the provider.
            trust_email_verified: true,
            on_untrusted_email_match: confirm,
            user_info_to_attributes { display_name: name }
        }
        github {
            optional: true,
            client_id: env("GITHUB_CLIENT_ID"),
            client_secret: env("GITHUB_CLIENT_SECRET"),
            identity_resource: Identity,
            user_info_to_attributes { display_name: name }
        }
        google {
            optional: true,
            client_id: env("GOOGLE_CLIENT_ID"),
            client_secret: env("GOOGLE_CLIENT_SECRET"),
            identity_resource: Identity,
            user_info_to_attributes { display_name: name }
        }
    }

    add_ons {
        confirmation {
            monitor_fields: [email],
            auto_confirm_actions: [sign_in_with_magic_link],
            sender: Mailer::for_users(),
        }
        log_out_everywhere {}
        audit_log { audit_log_resource: AuditLog, ip_privacy_mode: truncate }
    }
}

/// `TOKEN_SIGNING_SECRET`; in development a random one for as long as the process runs.
pub struct SigningSecret;

impl Secret for SigningSecret {
    async fn secret_for(&self, _: &SecretContext) -> Result<Option<SecretString>, SecretError> {
        static RANDOM: OnceLock<String> = OnceLock::new();
        match std::env::var("TOKEN_SIGNING_SECRET") {
            Ok(secret) => Ok(Some(secret.into())),
            Err(_) if crate::is_development() => {
                let secret = RANDOM.get_or_init(|| {
                    println!("TOKEN_SIGNING_SECRET is not set: signing with a random one, sessions end with this process");
                    format!("{:032x}{:032x}", rand::random::<u128>(), rand::random::<u128>())
                });
                Ok(Some(secret.as_str().into()))
            }
            Err(_) => Ok(None),
        }
    }
}
