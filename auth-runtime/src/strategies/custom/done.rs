use std::{fmt, future::Future, sync::Arc};

use futures_util::future::BoxFuture;

use super::At;
use crate::{
    context::Context,
    error::{AuthenticationFailed, Cause, Error},
    session::{FirstFactor, SignedIn, mint},
    strategy::{ActionOutcome, Report, Sort},
    token::ExtraClaims,
    user::{Authenticated, Conn},
};

/// Database work that belongs to an action. It may run more than once, when a transaction lost a race.
pub type Effect<U> = Arc<dyn for<'c> Fn(&'c mut Conn<U>) -> BoxFuture<'c, Result<(), Error>> + Send + Sync>;

mod sealed {
    pub trait Sealed {}
}

/// What an action comes to. Sealed: [`Proven`] and [`Answered`] are all there is.
#[diagnostic::on_unimplemented(
    message = "an action cannot come to `{Self}`",
    label = "expected `Proven<{U}>` or `Answered<{U}>`",
    note = "only the library makes sessions and tokens (promise MF-01)"
)]
pub trait Done<U: Authenticated>: sealed::Sealed + Send + 'static {
    /// Whether somebody is signed in by it.
    const SIGNS_IN: bool;

    /// What the function of the struct answers.
    type Output: Send;

    /// Whether it is more than an answer.
    fn changes_something(&self) -> bool {
        Self::SIGNS_IN
    }

    /// Makes it so, in one transaction.
    fn finish(
        self,
        context: &Context<U>,
        sort: Sort,
    ) -> impl Future<Output = Result<Self::Output, Error>> + Send;

    /// What the route answers.
    fn outcome(output: Self::Output) -> ActionOutcome<U>;
}

/// Somebody has shown a first factor. The library makes the session of it, if they may have one.
pub struct Proven<U: Authenticated> {
    user: Arc<U>,
    at: At,
    method: String,
    claims: ExtraClaims,
    effect: Option<Effect<U>>,
}

impl<U: Authenticated> Proven<U> {
    pub(super) fn new(user: Arc<U>, at: At, method: &str) -> Self {
        Self {
            user,
            at,
            method: method.to_owned(),
            claims: ExtraClaims::default(),
            effect: None,
        }
    }

    /// Claims that the session token carries. They win over the configured ones.
    #[must_use]
    pub fn with_claims(mut self, claims: ExtraClaims) -> Self {
        self.claims = self.claims.merged_with(claims);
        self
    }

    /// Does this in the transaction that makes the session, with the person's row locked: spend a one-time secret by a
    /// conditional write, and fail when its row count is not one (promise SU-02).
    #[must_use]
    pub fn in_transaction<F>(mut self, effect: F) -> Self
    where
        F: for<'c> Fn(&'c mut Conn<U>) -> BoxFuture<'c, Result<(), Error>> + Send + Sync + 'static,
    {
        self.effect = Some(Arc::new(effect));
        self
    }
}

impl<U: Authenticated> sealed::Sealed for Proven<U> {}

impl<U: Authenticated> Done<U> for Proven<U> {
    const SIGNS_IN: bool = true;
    type Output = SignedIn<U>;

    async fn finish(self, context: &Context<U>, _: Sort) -> Result<SignedIn<U>, Error> {
        let job = Arc::new((context.clone(), self));
        context
            .auth
            .write(move |connection| {
                let job = Arc::clone(&job);
                Box::pin(async move {
                    let (context, proven) = &*job;
                    let At { name, action, .. } = proven.at;
                    // The person first, as everywhere.
                    if U::lock(connection, proven.user.key()).await? == 0 {
                        return Err(AuthenticationFailed::new(name, action, Cause::NoSubject).into());
                    }
                    if let Some(effect) = &proven.effect {
                        effect(connection).await?;
                    }
                    let factor = FirstFactor::new(Arc::clone(&proven.user), name, action, &proven.method)
                        .with_claims(proven.claims.clone());
                    mint(context, connection, factor).await
                })
            })
            .await
    }

    fn outcome(output: SignedIn<U>) -> ActionOutcome<U> {
        ActionOutcome::SignedIn(output)
    }
}

/// The action is done and signs nobody in.
pub struct Answered<U: Authenticated> {
    report: Report,
    subject: Option<String>,
    effect: Option<Effect<U>>,
}

impl<U: Authenticated> Answered<U> {
    pub(super) fn new(report: Report, subject: Option<String>) -> Self {
        Self {
            report,
            subject,
            effect: None,
        }
    }

    /// Does this in the transaction that makes the action a success.
    #[must_use]
    pub fn in_transaction<F>(mut self, effect: F) -> Self
    where
        F: for<'c> Fn(&'c mut Conn<U>) -> BoxFuture<'c, Result<(), Error>> + Send + Sync + 'static,
    {
        self.effect = Some(Arc::new(effect));
        self
    }
}

impl<U: Authenticated> sealed::Sealed for Answered<U> {}

impl<U: Authenticated> Done<U> for Answered<U> {
    const SIGNS_IN: bool = false;
    type Output = Report;

    fn changes_something(&self) -> bool {
        self.effect.is_some()
    }

    async fn finish(self, context: &Context<U>, sort: Sort) -> Result<Report, Error> {
        let Self {
            report,
            subject,
            effect,
        } = self;
        // Of what somebody does with their own account nothing is counted that a success would take back.
        if effect.is_none() && sort == Sort::Account {
            return Ok(report);
        }
        let job = Arc::new((context.clone(), subject, effect));
        context
            .auth
            .write(move |connection| {
                let job = Arc::clone(&job);
                Box::pin(async move {
                    let (context, subject, effect) = &*job;
                    if let Some(effect) = effect {
                        effect(connection).await?;
                    }
                    context.succeed(connection, subject.as_deref()).await
                })
            })
            .await?;
        Ok(report)
    }

    fn outcome(output: Report) -> ActionOutcome<U> {
        ActionOutcome::Report(output)
    }
}

/// Leaves out the person, whose own `Debug` may show a hash (promise AU-05).
impl<U: Authenticated> fmt::Debug for Proven<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proven")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

impl<U: Authenticated> fmt::Debug for Answered<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answered")
            .field("report", &self.report)
            .finish_non_exhaustive()
    }
}
