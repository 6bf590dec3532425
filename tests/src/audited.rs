//! People whose actions are recorded, declared once for each database.

macro_rules! audited {
    ($(#[$doc:meta])* $database:ident) => {
        $(#[$doc])*
        #[allow(missing_docs, reason = "columns and arguments speak for themselves")]
        pub mod $database {
            pub use crate::$database::{Repo, World};

            /// Four logs, each with a privacy mode and a selection of its own.
            pub mod watched {
                use auth_runtime::prelude::*;
                use crate::{mail::Mailer, schema::users, secrets::secret};

                /// A person.
                #[derive(Debug, Clone, Queryable, Selectable, Authenticated)]
                #[diesel(table_name = users)]
                pub struct User {
                    pub id: Id,
                    pub email: String,
                    #[auth(sensitive)]
                    pub hashed_password: Option<String>,
                    pub display_name: Option<String>,
                    #[auth(private)]
                    pub nickname: Option<String>,
                }

                /// Everything, with addresses.
                #[derive(Debug, AuditLogResource)]
                pub struct AuditLog;

                /// Networks only, and not everything.
                #[derive(Debug, AuditLogResource)]
                #[auth(table_name = "truncated", log_lifetime = "10 days", expunge_interval = "1 hour")]
                pub struct TruncatedLog;

                /// Hashes only, of one strategy, under other names of the columns, for ever.
                #[derive(Debug, AuditLogResource)]
                #[auth(
                    log_lifetime = "infinity",
                    id = "event_id", logged_at = "at", action_name = "what", status = "outcome", client_ip = "address"
                )]
                pub struct HashedLog;

                /// No addresses, of one action.
                #[derive(Debug, AuditLogResource)]
                pub struct ExcludedLog;

                /// Their tokens.
                #[derive(Debug, TokenResource)]
                #[auth(table_name = "tokens")]
                pub struct Token;

                authentication! {
                    repo: super::Repo,
                    tokens {
                        token_resource: Token,
                        signing_secret: |context| secret(context),
                    }
                    strategies {
                        password {
                            identity_field: email,
                            register_action_accept: [display_name, nickname],
                            resettable { sender: Mailer }
                        }
                    }
                    add_ons {
                        audit_log {
                            audit_log_resource: AuditLog,
                            include_fields: [nickname],
                            allow(AU-02, reason = "the tests look for it"),
                        }
                        audit_log truncated {
                            audit_log_resource: TruncatedLog,
                            ip_privacy_mode: truncate,
                            exclude_actions: [request_password_reset_with_password, sign_out],
                        }
                        audit_log hashed {
                            audit_log_resource: HashedLog,
                            ip_privacy_mode: hash,
                            ip_hash_key: |context| secret(context),
                            include_strategies: [session],
                        }
                        audit_log excluded {
                            audit_log_resource: ExcludedLog,
                            ip_privacy_mode: exclude,
                            include_actions: [sign_in_with_password],
                        }
                    }
                }
            }

            /// A log whose events are written together.
            pub mod batched {
                use auth_runtime::prelude::*;
                use crate::{mail::Mailer, schema::users, secrets::secret};
                use super::watched::AuditLog;

                /// A person.
                #[derive(Debug, Clone, Queryable, Selectable, Authenticated)]
                #[diesel(table_name = users)]
                pub struct User {
                    pub id: Id,
                    pub email: String,
                    #[auth(sensitive)]
                    pub hashed_password: Option<String>,
                    pub display_name: Option<String>,
                    #[auth(private)]
                    pub nickname: Option<String>,
                }

                /// Their tokens.
                #[derive(Debug, TokenResource)]
                #[auth(table_name = "tokens")]
                pub struct Token;

                authentication! {
                    repo: super::Repo,
                    tokens {
                        token_resource: Token,
                        signing_secret: |context| secret(context),
                    }
                    strategies {
                        password { identity_field: email, resettable { sender: Mailer } }
                    }
                    add_ons {
                        audit_log {
                            audit_log_resource: AuditLog,
                            mode: batched,
                            batch_size: 10,
                            batch_interval: 60 seconds,
                            buffer_size: 25,
                        }
                    }
                }
            }
        }
    };
}

audited! {
    /// On SQLite.
    sqlite
}
#[cfg(feature = "postgres")]
audited! {
    /// On PostgreSQL.
    postgres
}
#[cfg(feature = "mysql")]
audited! {
    /// On MySQL.
    mysql
}
