//! People on SQLite whose tokens are signed in different ways.
#![allow(missing_docs, reason = "columns and arguments speak for themselves")]

macro_rules! signed_with {
    ($algorithm:ident, $module:ident, $tokens:literal) => {
        /// People whose tokens are signed with this algorithm.
        pub mod $module {
            use crate::secrets::secret;
            use auth_runtime::prelude::*;

            diesel::table! {
                people (id) {
                    id -> auth_runtime::db::SqlId,
                    email -> Text,
                    hashed_password -> Text,
                }
            }

            /// A person.
            #[derive(Debug, Clone, Queryable, Selectable, Authenticated)]
            #[diesel(table_name = people)]
            pub struct Person {
                pub id: Id,
                pub email: String,
                #[auth(sensitive)]
                pub hashed_password: String,
            }

            /// Their tokens.
            #[derive(Debug, TokenResource)]
            #[auth(table_name = $tokens)]
            pub struct Token;

            authentication! {
                repo: crate::sqlite::Repo,
                tokens {
                    token_resource: Token,
                    signing_secret: |context| secret(context),
                    signing_algorithm: $algorithm,
                    issuer: "the issuer",
                    audience: "the audience",
                }
                strategies {
                    password { identity_field: email }
                }
            }
        }
    };
}

signed_with!(HS256, hs256, "tokens_hs256");
signed_with!(EdDSA, eddsa, "tokens_eddsa");
signed_with!(ES256, es256, "tokens_es256");
signed_with!(RS256, rs256, "tokens_rs256");
