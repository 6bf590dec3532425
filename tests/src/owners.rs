//! People who have API keys, declared once for each database.
#![allow(missing_docs, reason = "columns speak for themselves")]

diesel::table! {
    /// People with keys of two kinds, who must be confirmed.
    owners (id) {
        id -> auth_runtime::db::SqlId,
        email -> Text,
        hashed_password -> Nullable<Text>,
        confirmed_at -> Nullable<auth_runtime::db::SqlTimestamp>,
    }
}

diesel::table! {
    /// Others, numbered, whose keys lie in the same table.
    robots (id) {
        id -> BigInt,
        email -> Text,
        hashed_password -> Nullable<Text>,
    }
}

macro_rules! owners {
    ($database:ident) => {
        /// Everybody of this kind.
        #[allow(missing_docs, reason = "columns and arguments speak for themselves")]
        pub mod $database {
            use auth_runtime::prelude::*;

            /// The keys of everybody: resources that share a table must still keep apart.
            #[derive(Debug, ApiKeyResource)]
            #[auth(table_name = "keys_of_all", key_hash = "digest", name = "label")]
            pub struct ApiKey;

            pub mod owner {
                use auth_runtime::prelude::*;

                use crate::{mail::Mailer, owners::owners, secrets::secret};

                /// A person.
                #[derive(Debug, Clone, Queryable, Selectable, Authenticated)]
                #[diesel(table_name = owners)]
                pub struct Owner {
                    pub id: Id,
                    pub email: String,
                    #[auth(sensitive)]
                    pub hashed_password: Option<String>,
                    #[auth(default = Some(UtcTimestamp::new(time::OffsetDateTime::UNIX_EPOCH)))]
                    pub confirmed_at: Option<UtcTimestamp>,
                }

                authentication! {
                    repo: crate::$database::Repo,
                    tokens {
                        token_resource: crate::$database::Token,
                        signing_secret: |context| secret(context),
                    }
                    strategies {
                        password {
                            identity_field: email,
                            confirmation_required: false,
                            require_confirmed_with: confirmed_at,
                        }
                        api_key {
                            api_key_resource: super::ApiKey,
                            prefix: "acme",
                            scopes: [read, write_orders],
                            sender: Mailer,
                            maximum_keys: 3,
                        }
                        api_key deploy {
                            api_key_resource: super::ApiKey,
                            prefix: "acmedeploy",
                            header: "x-deploy-key",
                            scopes: [read],
                            default_lifetime: 1 day,
                            maximum_lifetime: 2 days,
                            list_action_name: deploy_keys,
                        }
                    }
                    add_ons {
                        log_out_everywhere { api_keys: true }
                    }
                }

                /// Registers somebody, and hands out a context on their behalf.
                pub async fn owner(cx: &Context<Owner>, email: &str) -> Context<Owner> {
                    let input = RegisterWithPassword {
                        email: email.to_owned(),
                        password: crate::PASSWORD.into(),
                    };
                    let signed_in = Owner::register_with_password(cx, input).await.unwrap();
                    crate::call::on_behalf_of(cx, &signed_in).await
                }

                /// Makes a key with this name and the scope `read`.
                pub async fn key(
                    cx: &Context<Owner>,
                    name: &str,
                ) -> auth_runtime::strategies::api_key::NewApiKey {
                    let input = CreateApiKey {
                        name: name.to_owned(),
                        scopes: Scopes::none().with::<api_key::Read>(),
                        lifetime: None,
                    };
                    Owner::create_api_key(cx, input).await.unwrap()
                }

                /// Whether a key counts.
                pub async fn works(cx: &Context<Owner>, key: &SecretString) -> bool {
                    cx.find_api_key(key.expose_secret())
                        .await
                        .unwrap()
                        .is_some()
                }
            }

            pub mod robot {
                use auth_runtime::prelude::*;

                use crate::{owners::robots, secrets::secret};

                /// A machine with people's manners.
                #[derive(Debug, Clone, Queryable, Selectable, Authenticated)]
                #[diesel(table_name = robots)]
                pub struct Robot {
                    pub id: i64,
                    pub email: String,
                    #[auth(sensitive)]
                    pub hashed_password: Option<String>,
                }

                authentication! {
                    repo: crate::$database::Repo,
                    tokens {
                        token_resource: crate::$database::Token,
                        signing_secret: |context| secret(context),
                    }
                    strategies {
                        password { identity_field: email, confirmation_required: false }
                        api_key { api_key_resource: super::ApiKey, prefix: "acme" }
                    }
                }
            }
        }
    };
}

owners!(sqlite);
#[cfg(feature = "postgres")]
owners!(postgres);
#[cfg(feature = "mysql")]
owners!(mysql);
