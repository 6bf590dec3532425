//! People with strategies and an add-on that are not the library's, declared once for each database.
#![allow(missing_docs, reason = "columns and arguments speak for themselves")]

diesel::table! {
    /// People who sign in in odd ways.
    drivers (id) {
        id -> auth_runtime::db::SqlId,
        username -> Text,
        hashed_password -> Nullable<Text>,
        ticket -> Nullable<Text>,
    }
}

/// Signs in whoever is called Marty.
#[derive(Debug)]
pub struct OnlyMarty {
    /// The argument with the name.
    pub name_field: &'static str,
    pub case_sensitive: bool,
}

/// Keeps some people out, and counts who comes.
#[derive(Debug)]
pub struct Curfew {
    pub keeps_out: &'static str,
    pub refuses_registration_of: &'static str,
}

/// The name is all the proof there is.
#[derive(Debug, Clone)]
pub struct SignIn {
    pub name: String,
}

/// A ticket is good once.
#[derive(Debug, Clone)]
pub struct UseTicket {
    pub ticket: String,
}

/// Gives whoever is signed in a ticket.
#[derive(Debug, Clone)]
pub struct TakeTicket {
    pub ticket: String,
}

/// Who is signed in.
#[derive(Debug, Clone)]
pub struct Whoami;

macro_rules! drivers {
    ($database:ident) => {
        /// Everybody of this kind.
        pub mod $database {
            use auth_runtime::{
                error::Cause,
                prelude::*,
                repo::Repo as _,
                strategies::custom::{Action, Answered, Call, Custom, Proven},
                strategy::{Input, PhaseMethod, Report, Sort},
                user::Conn,
            };
            use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper};
            use diesel_async::RunQueryDsl;

            pub use super::{Curfew, OnlyMarty, SignIn, TakeTicket, UseTicket, Whoami};
            use crate::{drivers::drivers, mail::Mailer, secrets::secret};

            /// A person.
            #[derive(Debug, Clone, Queryable, Selectable, Authenticated)]
            #[diesel(table_name = drivers)]
            pub struct Driver {
                pub id: Id,
                pub username: String,
                #[auth(sensitive)]
                pub hashed_password: Option<String>,
                #[auth(sensitive)]
                pub ticket: Option<String>,
            }

            /// What they do.
            #[derive(Debug, AuditLogResource)]
            pub struct AuditLog;

            authentication! {
                repo: crate::$database::Repo,
                tokens {
                    token_resource: crate::$database::Token,
                    signing_secret: |context| secret(context),
                }
                strategies {
                    password { confirmation_required: false }
                    custom marty {
                        strategy: OnlyMarty { name_field: "name", case_sensitive: false },
                        actions: [SignIn, UseTicket, TakeTicket],
                        sender: Mailer,
                        limits { max_failures: 3 }
                    }
                    custom strict {
                        strategy: OnlyMarty { name_field: "exact_name", case_sensitive: true },
                        actions: [SignIn],
                        brute_force_strategy: audit_log(audit_log),
                        audit_log_max_failures: 2,
                    }
                }
                add_ons {
                    custom curfew {
                        add_on: Curfew { keeps_out: "marty_biff", refuses_registration_of: "griff" },
                        actions: [Whoami],
                    }
                    audit_log { audit_log_resource: AuditLog }
                }
            }

            impl Custom<Driver> for OnlyMarty {
                const TOKENS_REQUIRED: bool = true;

                async fn start(&mut self) -> Result<(), Error> {
                    assert!(!self.name_field.is_empty());
                    Ok(())
                }

                async fn void_credentials(
                    &self,
                    _: &Context<Driver>,
                    connection: &mut Conn<Driver>,
                    user: &Driver,
                ) -> Result<(), Error> {
                    let row = drivers::table.filter(drivers::id.eq(user.id));
                    let query = diesel::update(row).set(drivers::ticket.eq(None::<String>));
                    query.execute(connection).await?;
                    Ok(())
                }
            }

            impl Action<Driver, OnlyMarty> for SignIn {
                type Done = Proven<Driver>;
                const SORT: Sort = Sort::Proof;
                const PATH: Option<&'static str> = Some("");

                fn read(strategy: &OnlyMarty, input: &mut Input) -> Option<Self> {
                    Some(Self {
                        name: input.text(strategy.name_field, 100),
                    })
                }

                fn about(&self, _: &OnlyMarty) -> Option<String> {
                    Some(self.name.clone())
                }

                async fn run(self, call: Call<'_, Driver, OnlyMarty>) -> Result<Proven<Driver>, Error> {
                    let mut connection = call.context().authentication().repo().get().await?;
                    let query = drivers::table
                        .filter(drivers::username.eq(self.name))
                        .select(Driver::as_select());
                    let user: Option<Driver> = query.first(&mut *connection).await.optional()?;
                    let user = user.ok_or_else(|| call.refuse(Cause::NoUser))?;
                    let is_marty = if call.strategy().case_sensitive {
                        user.username.starts_with("Marty")
                    } else {
                        user.username.to_lowercase().starts_with("marty")
                    };
                    if !is_marty {
                        return Err(call.refuse(Cause::Custom("not_marty")));
                    }
                    Ok(call.proven(user, "user"))
                }
            }

            impl Action<Driver, OnlyMarty> for UseTicket {
                type Done = Proven<Driver>;
                const SORT: Sort = Sort::Proof;

                fn read(_: &OnlyMarty, input: &mut Input) -> Option<Self> {
                    Some(Self {
                        ticket: input.text("ticket", 100),
                    })
                }

                async fn run(self, call: Call<'_, Driver, OnlyMarty>) -> Result<Proven<Driver>, Error> {
                    let mut connection = call.context().authentication().repo().get().await?;
                    let query = drivers::table
                        .filter(drivers::ticket.eq(self.ticket.clone()))
                        .select(Driver::as_select());
                    let user: Option<Driver> = query.first(&mut *connection).await.optional()?;
                    let user = user.ok_or_else(|| call.refuse(Cause::NoUser))?;
                    let (id, spent, name) = (user.id, self.ticket, "marty");
                    Ok(call.proven(user, "otp").in_transaction(move |connection| {
                        let spent = spent.clone();
                        Box::pin(async move {
                            let unspent = drivers::table
                                .filter(drivers::id.eq(id))
                                .filter(drivers::ticket.eq(spent));
                            let query = diesel::update(unspent).set(drivers::ticket.eq(None::<String>));
                            if query.execute(connection).await? == 1 {
                                return Ok(());
                            }
                            let spent = auth_runtime::error::AuthenticationFailed::new(
                                name,
                                "use_ticket",
                                Cause::TokenSpent,
                            );
                            Err(spent.into())
                        })
                    }))
                }
            }

            impl Action<Driver, OnlyMarty> for TakeTicket {
                type Done = Answered<Driver>;
                const SORT: Sort = Sort::Account;

                fn read(_: &OnlyMarty, input: &mut Input) -> Option<Self> {
                    Some(Self {
                        ticket: input.text("ticket", 100),
                    })
                }

                async fn run(self, call: Call<'_, Driver, OnlyMarty>) -> Result<Answered<Driver>, Error> {
                    let (user, ticket) = (call.session()?.user(), self.ticket);
                    let id = user.id;
                    let report = Report::new().created().member("status", "taken");
                    let letter = call
                        .letter(user)?
                        .with_data("text", "Your ticket is ready.");
                    let context = call.context().clone();
                    Ok(call.answer(report).in_transaction(move |connection| {
                        let (ticket, letter, context) = (ticket.clone(), letter.clone(), context.clone());
                        Box::pin(async move {
                            context.send(connection, letter).await?;
                            let row = drivers::table.filter(drivers::id.eq(id));
                            diesel::update(row)
                                .set(drivers::ticket.eq(ticket))
                                .execute(connection)
                                .await?;
                            Ok(())
                        })
                    }))
                }
            }

            impl Custom<Driver> for Curfew {
                fn admits(&self, user: &Driver) -> Result<(), Cause> {
                    if user.username == self.keeps_out {
                        return Err(Cause::Custom("curfew"));
                    }
                    Ok(())
                }

                async fn registered(
                    &self,
                    _: &Context<Driver>,
                    _: &mut Conn<Driver>,
                    user: &Driver,
                ) -> Result<(), Error> {
                    if user.username == self.refuses_registration_of {
                        return Err(Error::internal("not him"));
                    }
                    Ok(())
                }

                async fn void_credentials(
                    &self,
                    _: &Context<Driver>,
                    _: &mut Conn<Driver>,
                    _: &Driver,
                ) -> Result<(), Error> {
                    Ok(())
                }
            }

            impl Action<Driver, Curfew> for Whoami {
                type Done = Answered<Driver>;
                const SORT: Sort = Sort::Account;
                const METHOD: PhaseMethod = PhaseMethod::Get;

                fn read(_: &Curfew, _: &mut Input) -> Option<Self> {
                    Some(Self)
                }

                async fn run(self, call: Call<'_, Driver, Curfew>) -> Result<Answered<Driver>, Error> {
                    let name = call.session()?.user().username.clone();
                    let answer = call.answer(Report::new().member("username", name.as_str()));
                    Ok(match name.as_str() {
                        // Somebody for whom it goes wrong: it wants to write, although it answers GET.
                        "scribe" => answer.in_transaction(|_| Box::pin(async { Ok(()) })),
                        _ => answer,
                    })
                }
            }
        }
    };
}

drivers!(sqlite);
#[cfg(feature = "postgres")]
drivers!(postgres);
#[cfg(feature = "mysql")]
drivers!(mysql);
