//! People who are reached at their address: they sign in by links, and confirm it.
#![allow(missing_docs, reason = "columns and arguments speak for themselves")]

diesel::table! {
    /// People who need no password.
    readers (id) {
        id -> auth_runtime::db::SqlId,
        email -> Text,
        name -> Nullable<Text>,
        visits -> BigInt,
    }
}

diesel::table! {
    /// Numbered people whose links work in one browser.
    callers (id) {
        id -> BigInt,
        phone -> Text,
    }
}

diesel::table! {
    /// People with a password, a link and two addresses.
    friends (id) {
        id -> auth_runtime::db::SqlId,
        email -> Text,
        hashed_password -> Nullable<Text>,
        confirmed_at -> Nullable<auth_runtime::db::SqlTimestamp>,
        backup_email -> Nullable<Text>,
        backup_confirmed_at -> Nullable<auth_runtime::db::SqlTimestamp>,
        nickname -> Nullable<Text>,
    }
}

diesel::table! {
    /// People who sign in by name, before they have confirmed their address.
    writers (id) {
        id -> auth_runtime::db::SqlId,
        username -> Text,
        email -> Text,
        hashed_password -> Nullable<Text>,
        confirmed_at -> Nullable<auth_runtime::db::SqlTimestamp>,
    }
}

macro_rules! addressed {
    ($database:ident) => {
        pub mod $database {
            pub use crate::$database::{Repo, Token, World};

            pub mod reader {
                use super::super::readers;
                use crate::{mail::Mailer, secrets::secret};
                use auth_runtime::{prelude::*, token::ExtraClaims};

                #[derive(Debug, Clone, Queryable, Selectable, Authenticated)]
                #[diesel(table_name = readers)]
                pub struct Reader {
                    pub id: Id,
                    pub email: String,
                    pub name: Option<String>,
                    #[auth(default = 7)]
                    pub visits: i64,
                }

                authentication! {
                    repo: super::Repo,
                    tokens {
                        token_resource: super::Token,
                        signing_secret: |context| secret(context),
                    }
                    strategies {
                        magic_link {
                            identity_field: email,
                            sender: Mailer,
                            registration_enabled: true,
                            extra_claims: |reader| ExtraClaims::new([
                                ("visits", serde_json::json!(reader.visits)),
                                ("by", serde_json::json!("link")),
                            ])
                            .unwrap_or_default(),
                        }
                    }
                }
            }

            /// Somebody whose browser is remembered, and whose requests an audit log counts.
            pub mod subscriber {
                use super::super::readers;
                use crate::{mail::Mailer, secrets::secret};
                use auth_runtime::prelude::*;

                #[derive(Debug, Clone, Queryable, Selectable, Authenticated)]
                #[diesel(table_name = readers)]
                #[auth(subject_name = "reader")]
                pub struct Subscriber {
                    pub id: Id,
                    pub email: String,
                    pub name: Option<String>,
                    #[auth(default = 0)]
                    pub visits: i64,
                }

                #[derive(Debug, AuditLogResource)]
                pub struct AuditLog;

                #[derive(Debug, TokenResource)]
                #[auth(table_name = "tokens")]
                pub struct SubscriberToken;

                authentication! {
                    repo: super::Repo,
                    tokens {
                        token_resource: SubscriberToken,
                        signing_secret: |context| secret(context),
                    }
                    strategies {
                        magic_link {
                            identity_field: email,
                            sender: Mailer,
                            registration_enabled: true,
                            remember_me: true,
                            brute_force_strategy: audit_log(audit_log),
                            audit_log_max_failures: 3,
                            limits { network_max_messages: 8 }
                        }
                        remember_me {}
                    }
                    add_ons { audit_log { audit_log_resource: AuditLog } }
                }
            }

            pub mod caller {
                use super::super::callers;
                use crate::{mail::Mailer, secrets::secret};
                use auth_runtime::prelude::*;

                #[derive(Debug, Clone, Queryable, Selectable, Authenticated)]
                #[diesel(table_name = callers)]
                pub struct Caller {
                    pub id: i64,
                    pub phone: String,
                }

                authentication! {
                    repo: super::Repo,
                    select_for_senders: [phone],
                    tokens {
                        token_resource: super::Token,
                        signing_secret: |context| secret(context),
                    }
                    strategies {
                        magic_link sms {
                            identity_field: phone,
                            sender: Mailer,
                            token_lifetime: 2 minutes,
                            bind_to_browser: true,
                            token_param_name: ticket,
                        }
                    }
                }
            }

            pub mod friend {
                use super::super::friends;
                use crate::{mail::Mailer, secrets::secret};
                use auth_runtime::prelude::*;

                #[derive(Debug, Clone, Queryable, Selectable, Authenticated)]
                #[diesel(table_name = friends)]
                pub struct Friend {
                    pub id: Id,
                    pub email: String,
                    #[auth(sensitive)]
                    pub hashed_password: Option<String>,
                    pub confirmed_at: Option<UtcTimestamp>,
                    pub backup_email: Option<String>,
                    pub backup_confirmed_at: Option<UtcTimestamp>,
                    pub nickname: Option<String>,
                }

                #[derive(Debug, AuditLogResource)]
                #[auth(table_name = "friends_log")]
                pub struct AuditLog;

                authentication! {
                    repo: super::Repo,
                    tokens {
                        token_resource: super::Token,
                        signing_secret: |context| secret(context),
                    }
                    strategies {
                        password {
                            identity_field: email,
                            register_action_accept: [backup_email, nickname],
                            resettable { sender: Mailer }
                        }
                        magic_link {
                            identity_field: email,
                            sender: Mailer,
                            registration_enabled: true,
                        }
                    }
                    add_ons {
                        confirmation {
                            monitor_fields: [email],
                            sender: Mailer,
                            auto_confirm_actions: [sign_in_with_magic_link],
                        }
                        confirmation confirm_backup {
                            monitor_fields: [backup_email],
                            confirmed_at_field: backup_confirmed_at,
                            sender: Mailer,
                            token_lifetime: 1 hour,
                        }
                        audit_log { audit_log_resource: AuditLog }
                    }
                }
            }

            pub mod writer {
                use super::super::writers;
                use crate::{mail::Mailer, secrets::secret};
                use auth_runtime::prelude::*;

                #[derive(Debug, Clone, Queryable, Selectable, Authenticated)]
                #[diesel(table_name = writers)]
                pub struct Writer {
                    pub id: Id,
                    pub username: String,
                    pub email: String,
                    #[auth(sensitive)]
                    pub hashed_password: Option<String>,
                    pub confirmed_at: Option<UtcTimestamp>,
                }

                authentication! {
                    repo: super::Repo,
                    tokens {
                        token_resource: super::Token,
                        signing_secret: |context| secret(context),
                    }
                    strategies {
                        password {
                            register_action_accept: [email],
                            resettable { sender: Mailer }
                        }
                        magic_link {
                            identity_field: email,
                            sender: Mailer,
                        }
                    }
                    add_ons {
                        confirmation {
                            monitor_fields: [email],
                            sender: Mailer,
                        }
                    }
                }
            }
        }
    };
}

addressed!(sqlite);
#[cfg(feature = "postgres")]
addressed!(postgres);
#[cfg(feature = "mysql")]
addressed!(mysql);

/// Sends a request to the routes of a resource, as a JSON client does.
pub async fn post<U: auth_runtime::user::Authenticated>(
    auth: &auth_runtime::authentication::Authentication<U>,
    path: &str,
    body: &serde_json::Value,
    cookie: Option<&str>,
) -> Answer {
    let mut request = http::Request::builder()
        .method("POST")
        .uri(path)
        .header("content-type", "application/json")
        .header("sec-fetch-site", "same-origin");
    if let Some(cookie) = cookie {
        request = request.header("cookie", cookie);
    }
    let (head, ()) = request.body(()).unwrap().into_parts();
    Answer::of(auth.handle(&head, body.to_string().as_bytes()).await)
}

/// Fetches a page of the routes, as a browser or a program that looks at links does.
pub async fn fetch<U: auth_runtime::user::Authenticated>(
    auth: &auth_runtime::authentication::Authentication<U>,
    method: &str,
    uri: &str,
) -> Answer {
    let request = http::Request::builder()
        .method(method)
        .uri(uri)
        .header("accept", "text/html");
    let (head, ()) = request.body(()).unwrap().into_parts();
    Answer::of(auth.handle(&head, b"").await)
}

/// An answer as a client sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: String,
    /// Every header but cookies, in order.
    pub headers: Vec<(String, String)>,
    /// The cookies that are set: names and values.
    pub cookies: Vec<(String, String)>,
}

impl Answer {
    /// What a client sees of an answer.
    pub fn of(answer: auth_runtime::http::Answer) -> Self {
        let mut headers = Vec::new();
        let mut cookies = Vec::new();
        for (name, value) in answer.headers() {
            let value = value.to_str().unwrap().to_owned();
            if name.as_str() == "set-cookie" {
                let (name, value) = value.split(';').next().unwrap().split_once('=').unwrap();
                cookies.push((name.to_owned(), value.to_owned()));
            } else {
                headers.push((name.to_string(), value));
            }
        }
        headers.sort();
        cookies.sort();
        Self {
            status: answer.status().as_u16(),
            body: String::from_utf8(answer.into_body()).unwrap(),
            headers,
            cookies,
        }
    }

    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<String> {
        let (_, value) = self.headers.iter().find(|(known, _)| known == name)?;
        Some(value.clone())
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The cookie whose name ends so, as a browser sends it back.
    pub fn cookie(&self, suffix: &str) -> Option<String> {
        let (name, value) = self.cookies.iter().find(|(name, _)| name.ends_with(suffix))?;
        Some(format!("{name}={value}"))
    }

    /// The names of the cookies that are set.
    pub fn cookie_names(&self) -> Vec<&str> {
        self.cookies.iter().map(|(name, _)| name.as_str()).collect()
    }
}
