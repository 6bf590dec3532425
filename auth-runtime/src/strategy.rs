//! What every strategy looks like from outside: its name, phases, routes and actions, and how it answers.

mod act;
mod input;
mod perform;
mod redirect;
mod report;
pub(crate) mod request;

pub(crate) use act::Attempt;
pub use act::{Act, Sort};
pub use input::Input;
pub use perform::perform;
#[cfg_attr(
    not(feature = "oauth"),
    allow(unused_imports, reason = "only the strategies of features use it")
)]
pub(crate) use perform::perform_freely;
pub(crate) use perform::run;
pub use redirect::Redirect;
pub use report::Report;

use std::sync::Arc;

use http::Method;

use crate::{
    add_ons::audit_log::{Answered, Recording},
    context::Context,
    error::{Cause, Error},
    sender::Delivery,
    session::{Ended, SignedIn},
    user::Authenticated,
};

/// A strategy or add-on as it was declared.
#[derive(Debug, Clone, Copy)]
pub struct StrategyInfo {
    /// The name in the block, part of routes and action names.
    pub name: &'static str,
    /// The kind of strategy, such as `password`.
    pub kind: &'static str,
    /// Its HTTP phases that are switched on.
    pub phases: &'static [PhaseInfo],
    /// Its actions that are switched on.
    pub actions: &'static [ActionInfo],
    /// Whether it needs the `tokens` block.
    pub tokens_required: bool,
}

/// An action: what the strategy calls it and what it is called on the struct.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActionInfo {
    /// The strategy's own name for it, such as `sign_in`.
    pub kind: &'static str,
    /// Its name on the struct, such as `sign_in_with_password`.
    pub name: &'static str,
}

impl ActionInfo {
    /// The action behind a phase, under its name on the struct.
    #[must_use]
    pub const fn of(phase: PhaseInfo, name: &'static str) -> Self {
        Self {
            kind: phase.name,
            name,
        }
    }
}

/// One HTTP step of a strategy, at `/<subject>/<strategy><path>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhaseInfo {
    /// The phase's name.
    pub name: &'static str,
    /// What follows the strategy's name in the path; empty or starting with a slash.
    ///
    /// One segment may be `:name`. It stands for any one of at most 64 letters, digits, `-` and `_`, which the phase gets
    /// as the argument `name`. It is not the last one where a link leads to the phase.
    pub path: &'static str,
    /// How the phase is asked for.
    pub method: PhaseMethod,
}

/// The methods a phase answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhaseMethod {
    /// GET only: the phase reads and changes nothing (promise SU-06).
    Get,
    /// POST only.
    Post,
    /// POST only, with a one-time token among the arguments.
    PostToken {
        /// The field that carries the token.
        field: &'static str,
    },
    /// POST acts; GET shows a page with a form that posts the token, and changes nothing (promise SU-06).
    LandingThenPost {
        /// The field that carries the token.
        field: &'static str,
        /// Whether the form also asks if the browser is to be remembered.
        remembers: bool,
    },
    /// GET only, and it acts: a link begins something that only the browser which followed it can end. HEAD is not served.
    Begin {
        /// The query parameters that are its arguments. All others are ignored.
        fields: &'static [&'static str],
    },
    /// GET with a query and POST with a form, and both act: a provider sends a browser back.
    ///
    /// # Security
    /// Other sites may cause the POST, so the phase must refuse what no `state` shows to have begun in this browser
    /// (promise SE-08).
    Callback,
}

impl PhaseMethod {
    /// The HTTP methods, in order.
    #[must_use]
    pub const fn methods(self) -> &'static [Method] {
        match self {
            Self::Get | Self::Begin { .. } => &[Method::GET],
            Self::Post | Self::PostToken { .. } => &[Method::POST],
            Self::LandingThenPost { .. } => &[Method::POST, Method::GET],
            Self::Callback => &[Method::GET, Method::POST],
        }
    }

    /// Whether a GET acts.
    #[must_use]
    pub const fn acts_on_get(self) -> bool {
        matches!(self, Self::Begin { .. } | Self::Callback)
    }

    /// The field that carries a one-time token. A request may also send it as a top-level `token`.
    #[must_use]
    pub const fn token_field(self) -> Option<&'static str> {
        match self {
            Self::Get | Self::Post | Self::Begin { .. } | Self::Callback => None,
            Self::PostToken { field } | Self::LandingThenPost { field, .. } => Some(field),
        }
    }
}

/// What an action that succeeded has to say.
#[derive(Debug)]
#[non_exhaustive]
pub enum ActionOutcome<U> {
    /// Somebody is signed in now.
    SignedIn(SignedIn<U>),
    /// A request was taken; the answer is the same whether or not anything will be delivered.
    Accepted(Accepted),
    /// An address is confirmed now.
    Confirmed(Confirmed<U>),
    /// A token that can be exchanged for a session, once and soon.
    SignInToken(secrecy::SecretString),
    /// Sessions were ended by their owner.
    SessionsEnded(Ended),
    /// The browser goes on elsewhere.
    Redirect(Redirect),
    /// What was found or done, in the strategy's own words.
    Report(Report),
}

/// An address is confirmed now.
#[derive(Debug)]
#[non_exhaustive]
pub struct Confirmed<U> {
    /// Whose it is.
    pub user: Arc<U>,
    /// The session, for the browser that registered (promise CF-04).
    pub signed_in: Option<SignedIn<U>>,
    /// Whether every credential and session from before was taken away, because nothing showed that they are the person's
    /// own (promise CF-01). A new password is then to be set, by way of a reset.
    pub credentials_voided: bool,
}

/// A request-style action was taken. Carries nothing that depends on a person's existence.
#[derive(Debug)]
#[must_use = "the delivery goes on by itself, but a caller may want to wait for it"]
pub struct Accepted(pub(crate) Delivery);

impl Accepted {
    /// Waits for the delivery, for callers inside the application.
    ///
    /// # Errors
    /// [`Error::SenderFailed`] when the sender refused the message for good.
    pub async fn delivered(self) -> Result<(), Error> {
        self.0.delivered().await.map_err(Error::from)
    }
}

/// What happened, for audit, logs and metrics. Every action answers with one (promise AU-01).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Event {
    /// The strategy's name.
    pub strategy: &'static str,
    /// The action's kind.
    pub action: &'static str,
    /// The subject, once it is proven.
    pub subject: Option<Arc<str>>,
    /// The canonical identity that was submitted, or the subject that acts.
    pub about: Option<Arc<str>>,
    /// Why it failed; `None` for success.
    pub cause: Option<Cause>,
}

/// The result of an action together with its event. [`Context::record`](crate::context::Context::record) is the
/// only way to the result.
#[derive(Debug)]
#[must_use = "an outcome must be recorded"]
pub struct Outcome<T> {
    pub(crate) result: Result<T, Error>,
    pub(crate) event: Event,
    /// The session that the request came with ended with a success.
    pub(crate) left_session: bool,
    /// The subject that has lost everything it held.
    pub(crate) voided: Option<Arc<str>>,
    /// The audit logs know of it.
    recorded: bool,
}

impl<T> Outcome<T> {
    /// What `action` of `strategy` came to.
    pub fn of(strategy: &'static str, action: &'static str, result: Result<T, Error>) -> Self {
        let cause = result.as_ref().err().map(Error::cause);
        Self {
            result,
            event: Event {
                strategy,
                action,
                subject: None,
                about: None,
                cause,
            },
            left_session: false,
            voided: None,
            recorded: false,
        }
    }

    /// What one run of an action came to.
    pub(crate) fn of_attempt(attempt: &Attempt, result: Result<T, Error>) -> Self {
        let mut outcome = Self::of(attempt.act.strategy, attempt.act.action, result);
        outcome.event.about.clone_from(&attempt.act.about);
        outcome.event.subject = attempt.subject();
        outcome.left_session = outcome.result.is_ok() && attempt.left_session();
        outcome.voided = attempt.voided().filter(|_| outcome.result.is_ok());
        outcome.event.cause = outcome.event.cause.or_else(|| attempt.silent_failure());
        outcome.recorded = true;
        outcome
    }

    /// The same outcome, with its events closed. A success whose event cannot be written is none (promise FA-09).
    pub(crate) async fn settled<U: Authenticated>(mut self, recording: Option<&Recording<U>>) -> Self {
        self.recorded = true;
        if let Some(recording) = recording {
            let answered = if self.result.is_ok() {
                Answered::Well
            } else {
                Answered::Badly
            };
            if let Err(error) = recording.settle(&self.event, answered).await {
                self.event.cause = Some(error.cause());
                self.result = Err(error);
            }
        }
        self
    }

    /// Opens and closes the events of an action that was refused before it began.
    pub(crate) async fn recorded<U: Authenticated>(self, context: &Context<U>) -> Self {
        if self.recorded || self.event.strategy.is_empty() {
            return self;
        }
        let mut act = Act::new(self.event.strategy, self.event.action, Sort::Proof);
        act.about.clone_from(&self.event.about);
        let attempt = Arc::new(Attempt::new(act));
        match Recording::begin(context, &attempt).await {
            Ok(recording) => self.settled(recording.as_deref()).await,
            Err(error) => Self {
                result: Err(error),
                ..self
            },
        }
    }

    /// There is no strategy at the index that was asked for.
    #[doc(hidden)]
    pub fn no_such_strategy() -> Self {
        Self::of("", "", Err(Error::NoSuchAction))
    }

    /// The same outcome with its result in another type.
    pub fn map<R>(self, change: impl FnOnce(T) -> R) -> Outcome<R> {
        Outcome {
            result: self.result.map(change),
            event: self.event,
            left_session: self.left_session,
            voided: self.voided,
            recorded: self.recorded,
        }
    }
}
