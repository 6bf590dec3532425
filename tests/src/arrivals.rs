//! People who come with an identity from elsewhere, declared once for each database.
#![allow(missing_docs, reason = "columns and arguments speak for themselves")]

diesel::table! {
    /// People with a password, or identities, or both.
    arrivals (id) {
        id -> auth_runtime::db::SqlId,
        email -> Nullable<Text>,
        hashed_password -> Nullable<Text>,
        confirmed_at -> Nullable<auth_runtime::db::SqlTimestamp>,
        display_name -> Nullable<Text>,
        city -> Nullable<Text>,
        language -> Text,
    }
}

diesel::table! {
    /// People who have nothing but identities, whose addresses nobody confirms.
    nomads (id) {
        id -> auth_runtime::db::SqlId,
        email -> Nullable<Text>,
        name -> Nullable<Text>,
    }
}

diesel::table! {
    /// People of organisations, each of which has a provider of its own.
    employees (id) {
        id -> auth_runtime::db::SqlId,
        house -> BigInt,
        email -> Text,
        confirmed_at -> Nullable<auth_runtime::db::SqlTimestamp>,
    }
}

diesel::table! {
    /// Numbered people in tenants, who are called by a name.
    guests_of_houses (id) {
        id -> BigInt,
        house -> BigInt,
        nickname -> Text,
    }
}

macro_rules! arrivals {
    ($database:ident) => {
        pub mod $database {
            use auth_runtime::prelude::*;

            pub use crate::$database::{Repo, Token, World};

            /// The identities of everybody: kinds of people that share a table must still keep apart.
            #[derive(Debug, UserIdentity)]
            #[auth(table_name = "identities_of_all", uid = "subject_there")]
            pub struct Identity;

            pub mod arrival {
                use auth_runtime::prelude::*;

                use super::super::arrivals;
                use crate::{mail::Mailer, secrets::secret};

                #[derive(Debug, Clone, PartialEq, Queryable, Selectable, Authenticated)]
                #[diesel(table_name = arrivals)]
                pub struct Arrival {
                    pub id: Id,
                    pub email: Option<String>,
                    #[auth(sensitive)]
                    pub hashed_password: Option<String>,
                    pub confirmed_at: Option<UtcTimestamp>,
                    pub display_name: Option<String>,
                    pub city: Option<String>,
                    #[auth(default = "en".to_owned())]
                    pub language: String,
                }

                #[derive(Debug, AuditLogResource)]
                #[auth(table_name = "arrivals_log")]
                pub struct Log;

                authentication! {
                    repo: super::Repo,
                    encryption_key: |context| secret(context),
                    previous_encryption_keys: [|context| secret(context)],
                    tokens {
                        token_resource: super::Token,
                        signing_secret: |context| secret(context),
                    }
                    strategies {
                        password {
                            identity_field: email,
                            confirmation_required: false,
                            resettable { sender: Mailer }
                        }
                        magic_link { identity_field: email, sender: Mailer }
                        remember_me {}
                        oidc corporate {
                            base_url: |context| secret(context),
                            client_id: "our-client",
                            client_secret: |context| secret(context),
                            identity_resource: super::Identity,
                            trust_email_verified: true,
                            store_tokens: true,
                            remember_me: true,
                            scope: ["email", "profile"],
                            user_info_to_attributes {
                                display_name: name,
                                city: "address.locality",
                            }
                            update_on_sign_in: [city],
                        }
                        oidc asking {
                            base_url: |context| secret(context),
                            client_id: "our-client",
                            client_secret: |context| secret(context),
                            identity_resource: super::Identity,
                            on_untrusted_email_match: confirm,
                        }
                        oidc members {
                            base_url: |context| secret(context),
                            client_id: "our-client",
                            client_secret: |context| secret(context),
                            identity_resource: super::Identity,
                            trust_email_verified: true,
                            registration_enabled: false,
                            backchannel_logout: false,
                            limits { network_max_failures: 5 }
                        }
                        oauth2 plain {
                            base_url: |context| secret(context),
                            authorize_url: "/authorize",
                            token_url: "/token",
                            user_url: "/user",
                            client_id: "our-client",
                            client_secret: |context| secret(context),
                            identity_resource: super::Identity,
                            user_info_to_attributes {
                                display_name: |info| info.name().map(|name| name.to_uppercase()),
                            }
                        }
                    }
                    add_ons {
                        confirmation { monitor_fields: [email], sender: Mailer }
                        audit_log { audit_log_resource: Log }
                    }
                }
            }

            pub mod nomad {
                use auth_runtime::prelude::*;

                use super::super::nomads;
                use crate::secrets::secret;

                #[derive(Debug, Clone, Queryable, Selectable, Authenticated)]
                #[diesel(table_name = nomads)]
                pub struct Nomad {
                    pub id: Id,
                    pub email: Option<String>,
                    pub name: Option<String>,
                }

                authentication! {
                    repo: super::Repo,
                    tokens {
                        token_resource: super::Token,
                        signing_secret: |context| secret(context),
                    }
                    strategies {
                        oidc corporate {
                            base_url: |context| secret(context),
                            client_id: "our-client",
                            client_secret: |context| secret(context),
                            user_info_to_attributes { name: name }
                            update_on_sign_in: [name],
                        }
                        github {
                            optional: true,
                            client_id: |context| secret(context),
                            client_secret: |context| secret(context),
                        }
                    }
                }
            }

            pub mod employee {
                use auth_runtime::prelude::*;

                use super::super::employees;
                use crate::{mail::Mailer, secrets::secret};

                /// The providers of organisations.
                #[derive(Debug, OidcConnectionResource)]
                #[auth(table_name = "connections")]
                pub struct Connection;

                #[derive(Debug, Clone, Queryable, Selectable, Authenticated)]
                #[diesel(table_name = employees)]
                pub struct Employee {
                    pub id: Id,
                    pub house: i64,
                    pub email: String,
                    pub confirmed_at: Option<UtcTimestamp>,
                }

                authentication! {
                    repo: super::Repo,
                    tenant_field: house,
                    encryption_key: |context| secret(context),
                    previous_encryption_keys: [|context| secret(context)],
                    tokens {
                        token_resource: super::Token,
                        signing_secret: |context| secret(context),
                    }
                    strategies {
                        dynamic_oidc sso {
                            connection_resource: Connection,
                            identity_resource: super::Identity,
                            trust_email_verified: true,
                            store_tokens: true,
                        }
                        magic_link {
                            identity_field: email,
                            registration_enabled: false,
                            sender: Mailer,
                        }
                    }
                    add_ons {
                        confirmation { monitor_fields: [email], sender: Mailer }
                    }
                }
            }

            pub mod guest {
                use auth_runtime::prelude::*;

                use super::super::guests_of_houses;
                use crate::secrets::secret;

                #[derive(Debug, Clone, Queryable, Selectable, Authenticated)]
                #[diesel(table_name = guests_of_houses)]
                pub struct Guest {
                    pub id: i64,
                    pub house: i64,
                    pub nickname: String,
                }

                authentication! {
                    repo: super::Repo,
                    tenant_field: house,
                    tokens {
                        token_resource: super::Token,
                        signing_secret: |context| secret(context),
                    }
                    strategies {
                        oidc corporate {
                            base_url: |context| secret(context),
                            client_id: "our-client",
                            client_secret: |context| secret(context),
                            identity_resource: super::Identity,
                            identity_field: nickname,
                            identity_format: name,
                        }
                    }
                }
            }
        }
    };
}

arrivals!(sqlite);
#[cfg(feature = "postgres")]
arrivals!(postgres);
#[cfg(feature = "mysql")]
arrivals!(mysql);
