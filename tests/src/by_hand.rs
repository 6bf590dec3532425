//! What the macros write, by hand. (Temporary: the contract between runtime and macros.)
#![allow(missing_docs, unreachable_pub)]

use auth_runtime::db::{Id, UtcTimestamp};
use diesel::prelude::*;

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

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = users)]
pub struct User {
    pub id: Id,
    pub email: String,
    pub hashed_password: Option<String>,
    pub confirmed_at: Option<UtcTimestamp>,
    pub display_name: Option<String>,
}

pub struct Mailer;
impl auth_runtime::sender::Sender<User> for Mailer {
    async fn send(
        &self,
        _: auth_runtime::sender::Message<'_, User>,
        _: &auth_runtime::sender::SendContext,
    ) -> Result<(), auth_runtime::sender::SenderError> {
        Ok(())
    }
}

// ---------------------------------------------------------------- derive(TokenResource) on `pub struct Token;`
pub struct Token;
::auth_runtime::__token_resource! {
    Token;
    table "tokens";
    jti "jti";
    subject "subject";
    purpose "purpose";
    expires_at "expires_at";
    extra_data "extra_data";
    created_at "created_at";
    updated_at "updated_at";
}

// ---------------------------------------------------------------- derive(Authenticated)
const _: () = {
    #[automatically_derived]
    impl ::auth_runtime::user::Resource for User {
        type Key = Id;
        const TYPE_NAME: &'static str = "User";
        const KEY_COLUMN: &'static str = "id";
        fn key(&self) -> &Self::Key {
            &self.id
        }
        fn public_fields(
            &self,
        ) -> ::auth_runtime::__private::Result<
            ::auth_runtime::__private::Map<
                ::auth_runtime::__private::String,
                ::auth_runtime::__private::Value,
            >,
            ::auth_runtime::__private::serde_json::Error,
        > {
            // all columns but the sensitive and private ones; each `&self.x` with the span of the field
            ::auth_runtime::__private::Ok(
                [
                    ("id", ::auth_runtime::__private::serde_json::to_value(&self.id)?),
                    (
                        "email",
                        ::auth_runtime::__private::serde_json::to_value(&self.email)?,
                    ),
                    (
                        "confirmed_at",
                        ::auth_runtime::__private::serde_json::to_value(&self.confirmed_at)?,
                    ),
                    (
                        "display_name",
                        ::auth_runtime::__private::serde_json::to_value(&self.display_name)?,
                    ),
                ]
                .into_iter()
                .map(|(name, value)| (::auth_runtime::__private::String::from(name), value))
                .collect(),
            )
        }
        fn table() -> ::auth_runtime::db::Table {
            ::auth_runtime::db::Table::new("users")
                .column(::auth_runtime::db::Column::of::<users::id>())
                .column(::auth_runtime::db::Column::of::<users::email>())
                .column(::auth_runtime::db::Column::of::<users::hashed_password>())
                .column(::auth_runtime::db::Column::of::<users::confirmed_at>())
                .column(::auth_runtime::db::Column::of::<users::display_name>())
                .primary_key("id")
        }
    }
    impl ::auth_runtime::user::ColumnAt<0> for User {
        type Type = Id;
    }
    // … one per column
};

// ---------------------------------------------------------------- authentication! { … }
const _: () = {
    type __Connection = <Repo as ::auth_runtime::db::Repo>::Connection;

    // One zero-sized type per strategy, named after it (`Password` for `password`, `BackOffice` for `password back_office`).
    struct Password;

    #[automatically_derived]
    impl ::auth_runtime::strategies::password::Password for Password {
        type User = User;
        // a tuple of the accepted columns' types, in order of declaration
        type Extras = (Option<String>,);

        const CONFIG: ::auth_runtime::strategies::password::Config =
            ::auth_runtime::strategies::password::Config {
                index: 0,
                name: "password",
                identity_field: "email",
                identity_format: ::auth_runtime::strategies::password::IdentityFormat::Email,
                password_field: "password",
                password_confirmation_field: "password_confirmation",
                confirmation_required: true,
                registration_enabled: true,
                sign_in_enabled: true,
                sign_in_tokens_enabled: true,
                sign_in_token_lifetime_seconds: 60,
                change_password_enabled: true,
                reauthentication_window_seconds: 900,
                minimum_length: 15,
                maximum_bytes: 1024,
                blocklist_words: &[],
                resettable: ::auth_runtime::__private::Some(
                    ::auth_runtime::strategies::password::Resettable {
                        token_lifetime_seconds: 1800,
                        request_password_reset_action_name: "request_password_reset_with_password",
                        password_reset_action_name: "password_reset_with_password",
                    },
                ),
                register_action_name: "register_with_password",
                sign_in_action_name: "sign_in_with_password",
                sign_in_with_token_action_name: "sign_in_with_token",
                change_password_action_name: "change_password",
            };

        fn extras(
            input: &mut ::auth_runtime::strategy::Input,
        ) -> ::auth_runtime::__private::Option<Self::Extras> {
            // every value is taken before `?`, so that all refused columns are reported at once
            let display_name = input.value::<Option<String>>("display_name");
            ::auth_runtime::__private::Some((display_name?,))
        }

        // `true` without require_confirmed_with
        fn is_confirmed(user: &Self::User) -> bool {
            user.confirmed_at.is_some() || true
        }

        ::auth_runtime::__password_queries! {
            user User;
            connection __Connection;
            table users::table;
            key users::id: Id;
            identity users::email;
            hash users::hashed_password;
            // accepted columns as (tuple index of the extras), then columns with #[auth(default = expr)]
            extras extras [users::display_name = extras.0];
        }
    }

    // The join of the one hot query. Spanned at the token resource.
    impl
        ::auth_runtime::__private::diesel::query_source::TableNotEqual<
            <Token as ::auth_runtime::resources::token::TokenTable>::Table,
        > for users::table
    {
    }
    impl ::auth_runtime::__private::diesel::query_source::TableNotEqual<users::table>
        for <Token as ::auth_runtime::resources::token::TokenTable>::Table
    {
    }

    #[automatically_derived]
    impl ::auth_runtime::user::Authenticated for User {
        type Repo = Repo;
        // `::auth_runtime::resources::token::NoTokens` without tokens
        type Tokens = Token;

        const SETTINGS: ::auth_runtime::user::Settings = ::auth_runtime::user::Settings {
            subject_name: "user",
            tokens: ::auth_runtime::user::TokenSettings {
                enabled: true,
                algorithm: ::auth_runtime::token::Algorithm::HS256,
                issuer: ::core::env!("CARGO_PKG_NAME"),
                audience: ::core::env!("CARGO_PKG_NAME"),
                lifetime_seconds: 1_209_600,
                leeway_seconds: 30,
                store_all: true,
                require_presence: true,
                expunge_interval_seconds: 43_200,
            },
            session_identifier: ::auth_runtime::user::SessionIdentifier::Jti,
            client_ip: ::auth_runtime::context::ClientIp::Peer,
            allowed: &[],
        };

        const STRATEGIES: &'static [::auth_runtime::strategy::StrategyInfo] = {
            use ::auth_runtime::strategies::password as p;
            &[::auth_runtime::strategy::StrategyInfo {
                name: "password",
                kind: "password",
                // only those that are switched on
                phases: &[
                    p::REGISTER,
                    p::SIGN_IN,
                    p::SIGN_IN_TOKEN,
                    p::SIGN_IN_WITH_TOKEN,
                    p::RESET_REQUEST,
                    p::RESET,
                    p::CHANGE,
                ],
                actions: &[
                    p::action(p::REGISTER, "register_with_password"),
                    p::action(p::SIGN_IN, "sign_in_with_password"),
                    p::action(p::SIGN_IN_TOKEN, "sign_in_token_with_password"),
                    p::action(p::SIGN_IN_WITH_TOKEN, "sign_in_with_token"),
                    p::action(p::RESET_REQUEST, "request_password_reset_with_password"),
                    p::action(p::RESET, "password_reset_with_password"),
                    p::action(p::CHANGE, "change_password"),
                ],
                tokens_required: true,
            }]
        };

        const ADD_ONS: &'static [::auth_runtime::strategy::StrategyInfo] = &[];

        fn declared() -> ::auth_runtime::authentication::Declared<Self> {
            ::auth_runtime::authentication::Declared::new()
                .signing_secret(::auth_runtime::secret::SecretSource::new(
                    // env("X") → Env("X"); "text" → Literal("text"); closure → Closure::new(closure); else the expression
                    ::auth_runtime::secret::Env("TOKEN_SIGNING_SECRET"),
                    ::auth_runtime::secret::SecretContext::new(
                        &["authentication", "tokens", "signing_secret"],
                        "user",
                    ),
                    "src/accounts.rs:34",
                ))
                .strategy(
                    ::auth_runtime::strategies::password::Parts::new(
                        <Password as ::auth_runtime::strategies::password::Password>::CONFIG,
                    )
                    // optional: .argon2id(params) .hash_provider(expr) .pepper(source) .previous_pepper(source)
                    // .breached_passwords(BreachCheck::new(expr, OnUnreachable::Refuse))
                    .sender(::auth_runtime::sender::SharedSender::<Self>::new(Mailer)),
                )
        }

        fn schema() -> ::auth_runtime::db::Schema {
            ::auth_runtime::db::Schema::new()
                .table(
                    <Self as ::auth_runtime::user::Resource>::table()
                        // once per distinct identity column
                        .unique(&[<users::email as ::auth_runtime::__private::diesel::Column>::NAME]),
                )
                .table(<Token as ::auth_runtime::resources::token::TokenStore<
                    __Connection,
                >>::table())
        }

        // extra_claims(&self): only with the setting; `fn(&Self) -> ExtraClaims`

        ::auth_runtime::__user_queries! {
            connection __Connection;
            table users::table;
            key users::id;
            tokens Token;
        }

        async fn dispatch(
            context: &::auth_runtime::context::Context<Self>,
            index: usize,
            phase: &str,
            input: ::auth_runtime::strategy::Input,
        ) -> ::auth_runtime::strategy::Outcome<::auth_runtime::strategy::ActionOutcome<Self>> {
            match index {
                0 => ::auth_runtime::strategies::password::dispatch::<Password>(context, phase, input).await,
                _ => ::auth_runtime::strategy::Outcome::no_such_strategy(),
            }
        }
    }

    impl User {
        /// Starts building the authentication of [`User`] on this database.
        pub fn authentication(repo: Repo) -> ::auth_runtime::authentication::Builder<Self> {
            ::auth_runtime::authentication::Builder::new(repo)
        }

        /// The tables that the database must have.
        pub fn schema() -> ::auth_runtime::db::Schema {
            <Self as ::auth_runtime::user::Authenticated>::schema()
        }

        /// Strategies, add-ons and given-up promises, as declared.
        pub fn authentication_info() -> ::auth_runtime::user::Info {
            ::auth_runtime::user::Info::of::<Self>()
        }

        /// The person with this subject (`get_by_subject_action_name`).
        ///
        /// # Errors …
        pub async fn get_by_subject(
            context: &::auth_runtime::context::Context<Self>,
            subject: &str,
        ) -> ::auth_runtime::error::Result<::auth_runtime::__private::Option<Self>> {
            ::auth_runtime::user::by_subject(context, subject).await
        }

        pub async fn register_with_password(
            context: &::auth_runtime::context::Context<Self>,
            input: RegisterWithPassword,
        ) -> ::auth_runtime::error::Result<::auth_runtime::session::SignedIn<Self>> {
            let input = ::auth_runtime::strategies::password::Register {
                identity: input.email,
                password: input.password,
                // `None` when confirmation_required is off
                confirmation: ::auth_runtime::__private::Some(input.password_confirmation),
                extras: (input.display_name,),
            };
            context
                .record(::auth_runtime::strategies::password::register::<Password>(context, input).await)
                .await
        }

        pub async fn sign_in_with_password(
            context: &::auth_runtime::context::Context<Self>,
            input: SignInWithPassword,
        ) -> ::auth_runtime::error::Result<::auth_runtime::session::SignedIn<Self>> {
            let input = ::auth_runtime::strategies::password::SignIn {
                identity: input.email,
                password: input.password,
            };
            context
                .record(::auth_runtime::strategies::password::sign_in::<Password>(context, input).await)
                .await
        }
        // sign_in_token_with_<name>(SignInWith…) -> Result<SecretString>          password::sign_in_token
        // sign_in_with_token(SignInWithToken { token }) -> Result<SignedIn>       password::exchange
        // request_password_reset_with_…({ email }) -> Result<Accepted>             password::request_reset
        // password_reset_with_…({ reset_token, password, password_confirmation })  password::reset
        // change_password({ current_password, password, password_confirmation })   password::change
    }
};

/// Arguments of the actions of [`User`].
pub mod user_actions {
    #[allow(unused_imports)]
    use super::*;

    /// Arguments of [`User::register_with_password`].
    #[derive(::core::fmt::Debug, ::core::clone::Clone)]
    pub struct RegisterWithPassword {
        pub email: ::auth_runtime::__private::String,
        pub password: ::auth_runtime::__private::SecretString,
        pub password_confirmation: ::auth_runtime::__private::SecretString,
        pub display_name: Option<String>,
    }

    /// Arguments of [`User::sign_in_with_password`].
    #[derive(::core::fmt::Debug, ::core::clone::Clone)]
    pub struct SignInWithPassword {
        pub email: ::auth_runtime::__private::String,
        pub password: ::auth_runtime::__private::SecretString,
    }
}
pub use user_actions::*;

#[cfg(test)]
mod tests {
    use super::*;
    #[tokio::test]
    async fn works() {
        // SAFETY-free: the signing secret comes from the environment of the test run.
        let dir = std::env::temp_dir().join(format!("byhand-{}.db", std::process::id()));
        let repo = Repo::connect(&format!("sqlite://{}", dir.display()))
            .await
            .unwrap();
        User::schema().create(&repo).await.unwrap();
        let auth = User::authentication(repo).start().await.unwrap();
        let cx = auth.context();
        let r = User::register_with_password(
            &cx,
            RegisterWithPassword {
                email: "Ada@Example.com".into(),
                password: "violet tapir under eleven moons".into(),
                password_confirmation: "violet tapir under eleven moons".into(),
                display_name: None,
            },
        )
        .await
        .unwrap();
        use secrecy::ExposeSecret;
        let s = auth.authenticate(r.token.unwrap().expose_secret()).await.unwrap();
        assert_eq!(s.unwrap().user().email, "ada@example.com");
        let s = User::sign_in_with_password(
            &cx,
            SignInWithPassword {
                email: "Ada@Example.com".into(),
                password: "violet tapir under eleven moons".into(),
            },
        )
        .await
        .unwrap();
        assert!(User::get_by_subject(&cx, &s.subject()).await.unwrap().is_some());
        std::fs::remove_file(dir).unwrap();
    }
}
