//! The declarations, written once and made for each database.

macro_rules! people {
    ($(#[$doc:meta])* $database:ident, $repo:ty, account key $account_key:ty as $account_column:ty) => {
        $(#[$doc])*
        #[allow(missing_docs, reason = "columns and arguments speak for themselves")]
        pub mod $database {
            /// The database.
            pub type Repo = $repo;
            /// What a test has to itself.
            pub type World = crate::World<Repo>;

            use auth_runtime::{clock::Clock, db::{Id, UtcTimestamp}, repo::Repo as _};
            use diesel::prelude::*;
            use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
            use crate::schema::TokenRow;

            /// The tokens of everybody: resources that share a table must still keep apart.
            #[derive(Debug, auth_runtime::TokenResource)]
            #[auth(table_name = "tokens")]
            pub struct Token;

            impl World {
                /// The stored hash of a user.
                pub async fn hash_of(&self, email: &str) -> Option<String> {
                    use crate::schema::users;
                    let query = users::table.filter(users::email.eq(email)).select(users::hashed_password);
                    let mut connection = self.repo.get_writer().await.unwrap();
                    query.first(&mut *connection).await.unwrap()
                }

                /// Overwrites the stored hash of a user.
                pub async fn set_hash(&self, email: &str, hash: Option<&str>) {
                    use crate::schema::users;
                    let query = diesel::update(users::table.filter(users::email.eq(email)))
                        .set(users::hashed_password.eq(hash));
                    let mut connection = self.repo.get_writer().await.unwrap();
                    assert_eq!(query.execute(&mut *connection).await.unwrap(), 1);
                }

                /// How many users there are.
                pub async fn count_users(&self) -> i64 {
                    let mut connection = self.repo.get_writer().await.unwrap();
                    crate::schema::users::table.count().get_result(&mut *connection).await.unwrap()
                }

                /// Removes a user and nothing else.
                pub async fn delete_user(&self, email: &str) {
                    use crate::schema::users;
                    let query = diesel::delete(users::table.filter(users::email.eq(email)));
                    let mut connection = self.repo.get_writer().await.unwrap();
                    assert_eq!(query.execute(&mut *connection).await.unwrap(), 1);
                }

                /// Writes an admin with this key, hash and state.
                pub async fn insert_admin(&self, id: Id, email: &str, hash: &str, confirmed: bool) {
                    use crate::schema::admins;
                    let confirmed = confirmed.then(|| UtcTimestamp::new(self.clock.now()));
                    let query = diesel::insert_into(admins::table).values((
                        admins::id.eq(id),
                        admins::email.eq(email),
                        admins::hashed_password.eq(hash),
                        admins::confirmed_at.eq(confirmed),
                    ));
                    let mut connection = self.repo.get_writer().await.unwrap();
                    assert_eq!(query.execute(&mut *connection).await.unwrap(), 1);
                }

                /// Sets whether an admin is confirmed.
                pub async fn confirm_admin(&self, email: &str, confirmed: bool) {
                    use crate::schema::admins;
                    let confirmed = confirmed.then(|| UtcTimestamp::new(self.clock.now()));
                    let query = diesel::update(admins::table.filter(admins::email.eq(email)))
                        .set(admins::confirmed_at.eq(confirmed));
                    let mut connection = self.repo.get_writer().await.unwrap();
                    assert_eq!(query.execute(&mut *connection).await.unwrap(), 1);
                }

                /// Writes an account with this key.
                pub async fn insert_account(&self, id: $account_key, email: &str, hash: &str) {
                    use account_schema::accounts;
                    let query = diesel::insert_into(accounts::table).values((
                        accounts::id.eq(id),
                        accounts::email.eq(email),
                        accounts::hashed_password.eq(hash),
                    ));
                    let mut connection = self.repo.get_writer().await.unwrap();
                    assert_eq!(query.execute(&mut *connection).await.unwrap(), 1);
                }

                /// The rows of users' and admins' tokens with this purpose.
                pub async fn tokens(&self, purpose: &str) -> Vec<TokenRow> {
                    use crate::schema::tokens;
                    let query = tokens::table
                        .filter(tokens::purpose.eq(purpose))
                        .order(tokens::jti)
                        .select(TokenRow::as_select());
                    let mut connection = self.repo.get_writer().await.unwrap();
                    query.load(&mut *connection).await.unwrap()
                }

                /// What the counters of attempts and messages stand at.
                pub async fn counters(&self) -> Vec<i64> {
                    use crate::schema::auth_limits;
                    let query = auth_limits::table.order(auth_limits::id).select(auth_limits::attempts);
                    let mut connection = self.repo.get_writer().await.unwrap();
                    query.load(&mut *connection).await.unwrap()
                }

                /// How many counted attempts are under way.
                pub async fn attempts_under_way(&self) -> i64 {
                    use crate::schema::auth_limits;
                    let query = auth_limits::table.select(auth_limits::pending);
                    let mut connection = self.repo.get_writer().await.unwrap();
                    let pending: Vec<i64> = query.load(&mut *connection).await.unwrap();
                    pending.into_iter().sum()
                }

                /// The keys of the counters.
                pub async fn counter_keys(&self) -> Vec<String> {
                    use crate::schema::auth_limits;
                    let mut connection = self.repo.get_writer().await.unwrap();
                    auth_limits::table.select(auth_limits::id).load(&mut *connection).await.unwrap()
                }

                /// Lets everybody start over, for tests of something else that take more attempts than are free.
                pub async fn forget_limits(&self) {
                    self.execute("DELETE FROM auth_limits").await;
                }

                /// Everything that the tables of this schema hold, as text; keys of 16 bytes left out.
                pub async fn texts(&self, schema: &auth_runtime::db::Schema) -> Vec<String> {
                    #[derive(diesel::QueryableByName)]
                    struct Row {
                        #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
                        value: Option<String>,
                    }
                    let text = match <Repo as crate::database::TestDatabase>::KEY {
                        "mysql" => "CHAR",
                        _ => "TEXT",
                    };
                    let mut connection = self.repo.get_writer().await.unwrap();
                    let mut texts = Vec::new();
                    for table in &schema.tables {
                        for column in &table.columns {
                            if column.ty == auth_runtime::db::ColumnType::Id {
                                continue;
                            }
                            let sql = format!("SELECT CAST({} AS {text}) AS value FROM {}", column.name, table.name);
                            let rows: Vec<Row> = diesel::sql_query(sql).load(&mut *connection).await.unwrap();
                            texts.extend(rows.into_iter().filter_map(|row| row.value));
                        }
                    }
                    texts
                }

                /// How many rows a table has.
                pub async fn count(&self, table: &str) -> i64 {
                    #[derive(diesel::QueryableByName)]
                    struct Row {
                        #[diesel(sql_type = diesel::sql_types::BigInt)]
                        count: i64,
                    }
                    let sql = format!("SELECT COUNT(*) AS count FROM {table}");
                    let mut connection = self.repo.get_writer().await.unwrap();
                    let row: Row = diesel::sql_query(sql).get_result(&mut *connection).await.unwrap();
                    row.count
                }

                /// Runs SQL.
                pub async fn execute(&self, sql: &str) {
                    let mut connection = self.repo.get_writer().await.unwrap();
                    connection.batch_execute(sql).await.unwrap();
                }
            }

            /// Things that most tests do with a [`user::User`].
            pub mod with_user {
                use super::user::*;
                use super::World;
                use auth_runtime::prelude::*;

                /// Registers somebody under [`crate::PASSWORD`].
                pub async fn register(cx: &Context<User>, email: &str) -> SignedIn<User> {
                    let input = RegisterWithPassword {
                        email: email.to_owned(),
                        password: crate::PASSWORD.into(),
                        password_confirmation: crate::PASSWORD.into(),
                        display_name: None,
                    };
                    User::register_with_password(cx, input).await.unwrap()
                }

                /// Signs in.
                pub async fn sign_in(cx: &Context<User>, email: &str, password: &str) -> Result<SignedIn<User>, Error> {
                    let input = SignInWithPassword { email: email.to_owned(), password: password.into() };
                    User::sign_in_with_password(cx, input).await
                }

                /// A sign-in token of somebody whose password is [`crate::PASSWORD`].
                pub async fn sign_in_token(cx: &Context<User>, email: &str) -> String {
                    let input = SignInWithPassword { email: email.to_owned(), password: crate::PASSWORD.into() };
                    let token = User::sign_in_token_with_password(cx, input).await.unwrap();
                    token.expose_secret().to_owned()
                }

                /// Exchanges a sign-in token.
                pub async fn exchange(cx: &Context<User>, token: &str) -> Result<SignedIn<User>, Error> {
                    User::sign_in_with_token(cx, SignInWithToken { token: token.into() }).await
                }

                /// Asks for a reset, and takes the token out of the mail.
                pub async fn reset_token(world: &World, cx: &Context<User>, email: &str) -> String {
                    let before = world.outbox.of_kind("password_reset").len();
                    let input = RequestPasswordResetWithPassword { email: email.to_owned() };
                    let accepted = User::request_password_reset_with_password(cx, input).await.unwrap();
                    accepted.delivered().await.unwrap();
                    let sent = world.outbox.wait_for("password_reset", before + 1).await;
                    sent[before].token.clone().unwrap()
                }

                /// Sets a new password.
                pub async fn reset(cx: &Context<User>, token: &str, password: &str) -> Result<SignedIn<User>, Error> {
                    let input = PasswordResetWithPassword {
                        reset_token: token.into(),
                        password: password.into(),
                        password_confirmation: password.into(),
                    };
                    User::password_reset_with_password(cx, input).await
                }

                /// Changes the password of whoever the context stands for.
                pub async fn change(cx: &Context<User>, current: &str, new: &str) -> Result<SignedIn<User>, Error> {
                    let input = ChangePassword {
                        current_password: current.into(),
                        password: new.into(),
                        password_confirmation: new.into(),
                    };
                    User::change_password(cx, input).await
                }
            }

            /// People with default settings.
            pub mod user {
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

                authentication! {
                    repo: super::Repo,
                    select_for_senders: [email, display_name],
                    tokens {
                        token_resource: super::Token,
                        signing_secret: |context| secret(context),
                    }
                    strategies {
                        password {
                            identity_field: email,
                            register_action_accept: [display_name],
                            resettable { sender: Mailer }
                        }
                    }
                }
            }

            /// People who must be confirmed before they can sign in. They share the secret and the table of tokens
            /// with [`user`].
            pub mod admin {
                use auth_runtime::prelude::*;
                use crate::{mail::Mailer, schema::admins, secrets::secret};

                /// A person.
                #[derive(Debug, Clone, Queryable, Selectable, Authenticated)]
                #[diesel(table_name = admins)]
                pub struct Admin {
                    pub id: Id,
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
                        extra_claims: |admin| auth_runtime::token::ExtraClaims::new([
                            ("role", serde_json::json!("admin")),
                            ("mail", serde_json::json!(admin.email)),
                        ])
                        .unwrap_or_default(),
                    }
                    strategies {
                        password {
                            identity_field: email,
                            require_confirmed_with: confirmed_at,
                            resettable { sender: Mailer }
                        }
                    }
                }
            }

            /// Numbered people with renamed columns and two passwords, whose session tokens leave no row.
            pub mod member {
                use auth_runtime::prelude::*;
                use crate::{mail::Mailer, schema::members, secrets::secret};

                /// A person.
                #[derive(Debug, Clone, Queryable, Selectable, Authenticated)]
                #[diesel(table_name = members, primary_key(member_no))]
                pub struct Member {
                    #[diesel(column_name = member_no)]
                    pub number: i64,
                    #[diesel(column_name = mail_address)]
                    pub email: String,
                    #[auth(sensitive)]
                    #[diesel(column_name = hash)]
                    pub hashed_password: Option<String>,
                    #[diesel(column_name = nick)]
                    #[auth(default = format!("member-{}", uuid::Uuid::new_v4().simple()))]
                    pub username: String,
                    #[auth(sensitive)]
                    #[diesel(column_name = phrase_hash)]
                    pub hashed_phrase: Option<String>,
                    #[auth(default = UtcTimestamp::new(time::OffsetDateTime::UNIX_EPOCH))]
                    pub joined_at: UtcTimestamp,
                    #[auth(default = 10)]
                    pub points: i64,
                }

                /// The renamed columns of the table of tokens.
                #[derive(Debug, TokenResource)]
                #[auth(table_name = "member_tokens", jti = "token_id", subject = "about", purpose = "kind")]
                pub struct MemberToken;

                authentication! {
                    repo: super::Repo,
                    session_identifier: jti,
                    encryption_key: |context| secret(context),
                    previous_encryption_keys: [|context| secret(context)],
                    tokens {
                        token_resource: MemberToken,
                        signing_secret: |context| secret(context),
                        previous_signing_secrets: [|context| secret(context)],
                        store_all_tokens: false,
                        allow(SU-09, reason = "members are told to sign out everywhere themselves"),
                        require_token_presence_for_authentication: false,
                        extra_claims: |member| auth_runtime::token::ExtraClaims::new([
                            ("points", serde_json::json!(member.points)),
                        ])
                        .unwrap_or_default(),
                    }
                    strategies {
                        password {
                            identity_field: email,
                            register_action_accept: [points],
                            resettable { sender: Mailer }
                        }
                        password phrase {
                            identity_field: username,
                            hashed_password_field: hashed_phrase,
                            registration_enabled: false,
                            confirmation_required: false,
                            password_field: phrase,
                            sign_in_with_token_action_name: sign_in_with_phrase_token,
                            change_password_action_name: change_phrase,
                            resettable { sender: Mailer }
                        }
                    }
                }
            }

            /// Machines: keyed by text, peppered, and nothing of their sessions is kept.
            pub mod device {
                use auth_runtime::prelude::*;
                use crate::{breaches::Breaches, schema::devices, secrets::{Given, secret}};

                /// A machine.
                #[derive(Debug, Clone, Queryable, Selectable, Authenticated)]
                #[diesel(table_name = devices)]
                pub struct Device {
                    pub id: String,
                    pub username: String,
                    #[auth(sensitive)]
                    pub hashed_password: String,
                }

                /// Its tokens.
                #[derive(Debug, TokenResource)]
                #[auth(table_name = "device_tokens")]
                pub struct DeviceToken;

                authentication! {
                    repo: super::Repo,
                    session_identifier: unsafe,
                    allow(TK-08, reason = "a machine never signs out"),
                    tokens {
                        token_resource: DeviceToken,
                        signing_secret: Given,
                        store_all_tokens: false,
                        allow(SU-09, reason = "a machine has one session"),
                        require_token_presence_for_authentication: false,
                        token_lifetime: 1 hour,
                    }
                    strategies {
                        password {
                            confirmation_required: false,
                            minimum_length: 8,
                            allow(PW-03, reason = "the secret is printed in the factory"),
                            pepper: Given,
                            previous_pepper: |context| secret(context),
                            breached_passwords { checker: Breaches, when_unreachable: refuse }
                        }
                    }
                }
            }

            /// People without tokens, who cannot register by themselves.
            pub mod account {
                use auth_runtime::prelude::*;
                use super::account_schema::accounts;

                /// A person.
                #[derive(Debug, Clone, Queryable, Selectable, Insertable, Authenticated)]
                #[diesel(table_name = accounts)]
                pub struct Account {
                    pub id: $account_key,
                    pub email: String,
                    #[auth(sensitive)]
                    pub hashed_password: String,
                }

                authentication! {
                    repo: super::Repo,
                    strategies {
                        password {
                            identity_field: email,
                            registration_enabled: false,
                            sign_in_tokens_enabled: false,
                            change_password_enabled: false,
                        }
                    }
                }
            }

            /// Diesel knows a UUID as a key on PostgreSQL only.
            pub mod account_schema {
                diesel::table! {
                    accounts (id) {
                        id -> $account_column,
                        email -> Text,
                        hashed_password -> Text,
                    }
                }
            }
        }
    };
}

people! {
    /// Everybody, on SQLite.
    sqlite, auth_runtime::repo::Sqlite, account key i32 as diesel::sql_types::Integer
}
#[cfg(feature = "postgres")]
people! {
    /// Everybody, on PostgreSQL.
    postgres, auth_runtime::repo::Postgres, account key uuid::Uuid as diesel::sql_types::Uuid
}
#[cfg(feature = "mysql")]
people! {
    /// Everybody, on MySQL.
    mysql, auth_runtime::repo::Mysql, account key i32 as diesel::sql_types::Integer
}
