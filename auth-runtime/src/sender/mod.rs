//! Delivery of links, codes and notices: the application's side and ours.
//!
//! An action writes what it has to tell into the outbox, in its own transaction ([`Letter`]). A sender is called after
//! the commit, when the answer is decided, so neither a failing nor a slow one changes what a client sees, and a
//! process that dies loses nothing (promise FA-08). Building the link is the sender's job; the base of it comes from
//! [`SendContext::public_url`], never from a request header (promise SU-07).

mod context;
mod message;
pub(crate) mod outbox;
#[cfg(feature = "smtp")]
pub mod smtp;

use std::{fmt, future::Future, pin::Pin, sync::Arc};

pub(crate) use context::Extensions;
pub use context::SendContext;
pub use message::{Message, MessageKind, Recipient};
pub use outbox::{Delivery, DeliveryOptions, DeliveryReport, FailedDelivery, Letter, Queued};

/// The sender could not deliver.
#[derive(Debug, thiserror::Error)]
#[error("Sender failed")]
pub struct SenderError {
    source: Box<dyn std::error::Error + Send + Sync>,
    is_final: bool,
}

impl SenderError {
    /// Wraps the reason. It must not contain the secret that was to be delivered. The message is tried again.
    pub fn new(reason: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            source: reason.into(),
            is_final: false,
        }
    }

    /// As [`new`](Self::new), for a message that will not be accepted later either, such as one to a mailbox that does
    /// not exist. It is given up.
    pub fn refused(reason: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            source: reason.into(),
            is_final: true,
        }
    }

    /// Whether trying again is of no use.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        self.is_final
    }

    /// The reason and what led to it, in one line.
    pub(crate) fn reason(&self) -> String {
        let mut text = self.source.to_string();
        let mut cause = self.source.source();
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}

/// Delivers messages to people of type `U`: by mail, by text message, into a queue.
///
/// A message is delivered at least once: a process that dies after delivering and before noting it delivers again.
/// [`Message::id`] tells such a repetition.
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
    /// Delivers one message to the address that the context names.
    ///
    /// # Errors
    /// [`SenderError`] when it was not accepted for delivery.
    fn send(
        &self,
        message: Message<'_, U>,
        context: &SendContext,
    ) -> impl Future<Output = Result<(), SenderError>> + Send;

    /// Makes ready, once, before the application starts: reads secrets, checks settings. Whether a server can be reached
    /// is not asked, because an application should start without it. Does nothing by default.
    ///
    /// # Errors
    /// [`SenderError`] with what is wrong; it stops the start (promise FA-14).
    fn start(&self, _context: &SendContext) -> impl Future<Output = Result<(), SenderError>> + Send {
        std::future::ready(Ok(()))
    }
}

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

trait DynSender<U>: Send + Sync {
    fn send<'a>(
        &'a self,
        message: Message<'a, U>,
        context: &'a SendContext,
    ) -> BoxFuture<'a, Result<(), SenderError>>;

    fn start<'a>(&'a self, context: &'a SendContext) -> BoxFuture<'a, Result<(), SenderError>>;
}

impl<U: Sync + 'static, S: Sender<U>> DynSender<U> for S {
    fn send<'a>(
        &'a self,
        message: Message<'a, U>,
        context: &'a SendContext,
    ) -> BoxFuture<'a, Result<(), SenderError>> {
        Box::pin(Sender::send(self, message, context))
    }

    fn start<'a>(&'a self, context: &'a SendContext) -> BoxFuture<'a, Result<(), SenderError>> {
        Box::pin(Sender::start(self, context))
    }
}

/// A sender of any type, as the declaration holds it.
pub struct SharedSender<U>(Arc<dyn DynSender<U>>);

impl<U: Sync + 'static> SharedSender<U> {
    /// Wraps a sender.
    pub fn new(sender: impl Sender<U>) -> Self {
        Self(Arc::new(sender))
    }

    pub(crate) async fn start(&self, context: &SendContext) -> Result<(), SenderError> {
        self.0.start(context).await
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
