//! People with limits of their own.
#![allow(missing_docs, reason = "columns and arguments speak for themselves")]

use auth_runtime::limits::{AttemptGuard, GuardError, GuardedAttempt, Verdict};

/// A guard that goes by the identity.
#[derive(Debug, Clone, Copy)]
pub struct Doorman;

impl AttemptGuard for Doorman {
    async fn admit(&self, attempt: &GuardedAttempt<'_>) -> Result<Verdict, GuardError> {
        tokio::task::yield_now().await;
        match attempt.identity {
            Some("refused@example.org") => Ok(Verdict::Refuse {
                retry_after: Some(std::time::Duration::from_secs(7)),
            }),
            Some("broken@example.org") => Err(GuardError::new("out of order")),
            _ => Ok(Verdict::Admit),
        }
    }
}

macro_rules! person {
    ($module:ident, $Person:ident, $repo:ty, { $($client_ip:tt)* }, { $($settings:tt)* } $(, { $($add_ons:tt)* })?) => {
        pub mod $module {
            use auth_runtime::prelude::*;
            use crate::{mail::Mailer, secrets::secret};

            diesel::table! {
                users (id) {
                    id -> auth_runtime::db::SqlId,
                    email -> Text,
                    hashed_password -> Nullable<Text>,
                }
            }

            #[derive(Debug, Clone, Queryable, Selectable, Authenticated)]
            #[diesel(table_name = users)]
            #[auth(subject_name = "user")]
            pub struct $Person {
                pub id: Id,
                pub email: String,
                #[auth(sensitive)]
                pub hashed_password: Option<String>,
            }

            #[derive(Debug, TokenResource)]
            #[auth(table_name = "tokens")]
            pub struct Token;

            #[derive(Debug, AuditLogResource)]
            pub struct AuditLog;

            authentication! {
                repo: $repo,
                $($client_ip)*
                tokens { token_resource: Token, signing_secret: |context| secret(context) }
                strategies {
                    password {
                        identity_field: email,
                        resettable { sender: Mailer }
                        $($settings)*
                    }
                }
                $($($add_ons)*)?
            }
        }
    };
}

macro_rules! limited {
    ($(#[$doc:meta])* $database:ident, $repo:ty) => {
        $(#[$doc])*
        pub mod $database {
            // Few networks fit, so that a test can fill one.
            person!(small, Small, $repo, {}, {
                limits { network_max_failures: 6, max_messages: 2, network_max_messages: 3 }
            });
            person!(proxied, Proxied, $repo, { client_ip: forwarded(1), }, {
                limits { network_max_failures: 3 }
            });
            person!(recorded, Recorded, $repo, {}, {
                brute_force_strategy: audit_log(audit_log),
                hash_provider: crate::held::Patient
            }, {
                add_ons { audit_log { audit_log_resource: AuditLog } }
            });
            person!(guarded, Guarded, $repo, {}, {
                brute_force_strategy: preparation(crate::limited::Doorman)
            });
        }
    };
}

limited! {
    /// On SQLite.
    sqlite, auth_runtime::repo::Sqlite
}
#[cfg(feature = "postgres")]
limited! {
    /// On PostgreSQL.
    postgres, auth_runtime::repo::Postgres
}
#[cfg(feature = "mysql")]
limited! {
    /// On MySQL.
    mysql, auth_runtime::repo::Mysql
}
