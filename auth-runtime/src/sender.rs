//! Delivery of links, codes and notices: the application's side and ours.
//!
//! A sender is called after the action has committed and the answer is decided, so neither a failing nor a slow
//! one changes what a client sees (promise FA-08). Building the link is the sender's job; the base of it comes from
//! [`SendContext::public_url`], never from a request header (promise SU-07).

use std::{any::Any, collections::HashMap, fmt, future::Future, pin::Pin, sync::Arc, time::Duration};

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use tracing::Instrument;
use url::Url;

/// The sender could not deliver.
#[derive(Debug, thiserror::Error)]
#[error("Sender failed")]
pub struct SenderError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl SenderError {
    /// Wraps the reason. It must not contain the secret that was to be delivered.
    pub fn new(reason: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(reason.into())
    }
}

/// Something to tell a person. Strategies add their own kinds.
#[non_exhaustive]
pub enum Message<'a, U> {
    /// A way to choose a new password, asked for by whoever typed the identity.
    PasswordReset {
        /// Whom to tell.
        user: &'a U,
        /// The one-time token that belongs into the link.
        token: &'a SecretString,
        /// How long it works.
        lifetime: Duration,
    },
    /// A notice that the password was changed or reset just now (promise SU-10).
    PasswordChanged {
        /// Whom to tell.
        user: &'a U,
    },
}

/// Leaves out the person, whose own `Debug` may show a hash (promise AU-05).
impl<U> fmt::Debug for Message<'_, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Message").field(&self.kind()).finish()
    }
}

impl<U> Message<'_, U> {
    /// The kind of message in snake case, for logs and tests.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::PasswordReset { .. } => "password_reset",
            Self::PasswordChanged { .. } => "password_changed",
        }
    }

    /// The one-time secret inside, if this kind carries one.
    ///
    /// # Security
    /// The text is the only copy outside the recipient's mailbox. It belongs into the message and nowhere else.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        match self {
            Self::PasswordReset { token, .. } => Some(token.expose_secret()),
            Self::PasswordChanged { .. } => None,
        }
    }
}

/// What a sender may know besides the message.
#[derive(Clone, Default)]
pub struct SendContext {
    pub(crate) public_url: Option<Url>,
    pub(crate) extensions: Extensions,
    pub(crate) fields: Map<String, Value>,
}

impl SendContext {
    /// The configured base URL of the application.
    #[must_use]
    pub const fn public_url(&self) -> Option<&Url> {
        self.public_url.as_ref()
    }

    /// `path` on the application's own site, with `token` as its only query parameter.
    ///
    /// Without a configured base URL the link is relative, which is of use in development only.
    #[must_use]
    pub fn link(&self, path: &str, token: &str) -> String {
        let query: String = form_urlencoded::Serializer::new(String::new())
            .append_pair("token", token)
            .finish();
        match self.public_url.as_ref().and_then(|base| base.join(path).ok()) {
            Some(mut url) => {
                url.set_query(Some(&query));
                url.into()
            }
            None => format!("{path}?{query}"),
        }
    }

    /// The text of a column that `select_for_senders` names, such as `email`.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).and_then(Value::as_str)
    }

    /// A value that the application gave to the builder with `extension`.
    #[must_use]
    pub fn extension<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.extensions.get()
    }
}

impl fmt::Debug for SendContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendContext")
            .field("public_url", &self.public_url)
            .finish_non_exhaustive()
    }
}

/// Application values by type.
#[derive(Clone, Default)]
pub(crate) struct Extensions(Arc<HashMap<std::any::TypeId, Arc<dyn Any + Send + Sync>>>);

impl Extensions {
    pub(crate) fn insert<T: Send + Sync + 'static>(&mut self, value: T) {
        Arc::make_mut(&mut self.0).insert(std::any::TypeId::of::<T>(), Arc::new(value));
    }

    fn get<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.0.get(&std::any::TypeId::of::<T>())?.downcast_ref()
    }
}

/// Delivers messages to people of type `U`: by mail, by text message, into a queue.
///
/// # Example
/// ```
/// use auth_runtime::sender::{Message, SendContext, Sender, SenderError};
///
/// struct Console;
/// impl<U: Send + Sync + 'static> Sender<U> for Console {
///     async fn send(&self, message: Message<'_, U>, context: &SendContext) -> Result<(), SenderError> {
///         if let Some(token) = message.token() {
///             println!("{}", context.link("/reset", token));
///         }
///         Ok(())
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot deliver messages to `{U}`",
    label = "expected a sender",
    note = "implement `auth_runtime::sender::Sender<{U}>` for it"
)]
pub trait Sender<U>: Send + Sync + 'static {
    /// Delivers one message to the address that is stored for the person.
    ///
    /// # Errors
    /// [`SenderError`] when it was not accepted for delivery.
    fn send(
        &self,
        message: Message<'_, U>,
        context: &SendContext,
    ) -> impl Future<Output = Result<(), SenderError>> + Send;
}

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

trait DynSender<U>: Send + Sync {
    fn send<'a>(
        &'a self,
        message: Message<'a, U>,
        context: &'a SendContext,
    ) -> BoxFuture<'a, Result<(), SenderError>>;
}

impl<U: Sync, S: Sender<U>> DynSender<U> for S {
    fn send<'a>(
        &'a self,
        message: Message<'a, U>,
        context: &'a SendContext,
    ) -> BoxFuture<'a, Result<(), SenderError>> {
        Box::pin(Sender::send(self, message, context))
    }
}

/// A sender of any type, as the declaration holds it.
pub struct SharedSender<U>(Arc<dyn DynSender<U>>);

impl<U: Sync + 'static> SharedSender<U> {
    /// Wraps a sender.
    pub fn new(sender: impl Sender<U>) -> Self {
        Self(Arc::new(sender))
    }
}

impl<U> Clone for SharedSender<U> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<U> fmt::Debug for SharedSender<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedSender")
    }
}

/// A message with everything it needs, ready to be handed to a sender by a task of its own.
#[derive(Debug)]
pub(crate) enum Parcel {
    PasswordReset { token: SecretString, lifetime: Duration },
    PasswordChanged,
}

/// How often and how patiently a delivery is tried.
const ATTEMPTS: u32 = 3;
const ATTEMPT_DEADLINE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_secs(1);

/// A delivery under way. Dropping it does not stop the delivery.
#[derive(Debug)]
pub struct Delivery(Option<tokio::task::JoinHandle<Result<(), SenderError>>>);

#[cfg_attr(
    not(feature = "password"),
    allow(dead_code, reason = "only strategies start deliveries, and each is a feature")
)]
impl Delivery {
    /// There was nothing to deliver. To a client this looks the same.
    pub(crate) const fn nothing() -> Self {
        Self(None)
    }

    /// The delivery could not even begin.
    pub(crate) fn failed(error: SenderError) -> Self {
        Self(Some(tokio::spawn(std::future::ready(Err(error)))))
    }

    /// Waits until the sender has accepted or finally refused the message.
    ///
    /// # Errors
    /// [`SenderError`] when the last attempt failed.
    pub async fn delivered(self) -> Result<(), SenderError> {
        match self.0 {
            None => Ok(()),
            Some(task) => task
                .await
                .unwrap_or_else(|stopped| Err(SenderError::new(stopped))),
        }
    }
}

/// Starts delivering `parcel` to `user`. Each attempt runs in a task of its own, so a panic is a failed attempt.
pub(crate) fn deliver<U: Send + Sync + 'static>(
    tasks: &tokio_util::task::TaskTracker,
    sender: SharedSender<U>,
    user: Arc<U>,
    parcel: Parcel,
    context: SendContext,
) -> Delivery {
    let parcel = Arc::new(parcel);
    let task = async move {
        let mut attempt = 1;
        loop {
            let outcome = attempt_once(&sender, &user, &parcel, &context).await;
            match outcome {
                Ok(()) => return Ok(()),
                Err(error) if attempt == ATTEMPTS => {
                    tracing::error!(attempt, "a message was not delivered");
                    return Err(error);
                }
                Err(_) => tracing::warn!(attempt, "a delivery failed and will be tried again"),
            }
            tokio::time::sleep(PAUSE * attempt).await;
            attempt += 1;
        }
    };
    Delivery(Some(tasks.spawn(task.in_current_span())))
}

async fn attempt_once<U: Send + Sync + 'static>(
    sender: &SharedSender<U>,
    user: &Arc<U>,
    parcel: &Arc<Parcel>,
    context: &SendContext,
) -> Result<(), SenderError> {
    let (sender, user, parcel, context) = (
        sender.clone(),
        Arc::clone(user),
        Arc::clone(parcel),
        context.clone(),
    );
    let attempt = async move {
        let user = &*user;
        let message = match &*parcel {
            Parcel::PasswordReset { token, lifetime } => Message::PasswordReset {
                user,
                token,
                lifetime: *lifetime,
            },
            Parcel::PasswordChanged => Message::PasswordChanged { user },
        };
        sender.0.send(message, &context).await
    };
    let task = tokio::spawn(tokio::time::timeout(ATTEMPT_DEADLINE, attempt).in_current_span());
    match task.await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(elapsed)) => Err(SenderError::new(elapsed)),
        Err(stopped) => Err(SenderError::new(stopped)),
    }
}
