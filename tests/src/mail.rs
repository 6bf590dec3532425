//! A sender that keeps what it is given.

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use auth_runtime::prelude::*;

/// One message that reached the sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The message, the same in every attempt.
    pub id: String,
    /// The kind of message.
    pub kind: &'static str,
    /// The stored address, out of `select_for_senders`.
    pub to: Option<String>,
    /// The column `display_name`, out of `select_for_senders`.
    pub name: Option<String>,
    /// The one-time token inside.
    pub token: Option<String>,
    /// The link that an application would send.
    pub link: Option<String>,
    /// The tenant that it is about.
    pub tenant: Option<String>,
}

/// What the sender does with the next messages.
#[derive(Debug, Clone, Copy, Default)]
pub enum Post {
    /// Accepts them.
    #[default]
    Works,
    /// Fails once, then accepts.
    FailsOnce,
    /// Fails with all.
    Fails,
    /// Refuses all for good.
    Refuses,
    /// Panics.
    Panics,
    /// Takes this long for each.
    Slow(Duration),
    /// Takes this long for each to that address.
    SlowTo(&'static str, Duration),
}

/// Everything that was sent.
#[derive(Debug, Clone, Default)]
pub struct Outbox(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    post: Post,
    attempts: usize,
    sent: Vec<Sent>,
}

impl Outbox {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Decides about the messages to come.
    pub fn set(&self, post: Post) {
        self.state().post = post;
    }

    /// How often the sender was called.
    #[must_use]
    pub fn attempts(&self) -> usize {
        self.state().attempts
    }

    /// The messages so far, oldest first.
    #[must_use]
    pub fn sent(&self) -> Vec<Sent> {
        self.state().sent.clone()
    }

    /// The messages of that kind so far.
    #[must_use]
    pub fn of_kind(&self, kind: &str) -> Vec<Sent> {
        let mut sent = self.sent();
        sent.retain(|sent| sent.kind == kind);
        sent
    }

    /// Waits until `count` messages of that kind are there; deliveries run beside the actions.
    ///
    /// # Panics
    /// When they do not come.
    pub async fn wait_for(&self, kind: &str, count: usize) -> Vec<Sent> {
        for _ in 0..2_000 {
            let sent = self.of_kind(kind);
            if sent.len() >= count {
                return sent;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("no {count} messages of kind {kind} came: {:?}", self.sent());
    }
}

/// Writes into the [`Outbox`] that the test gave to the builder.
#[derive(Debug)]
pub struct Mailer;

impl<U: Send + Sync + 'static> Sender<U> for Mailer {
    async fn send(&self, message: Message<'_, U>, context: &SendContext) -> Result<(), SenderError> {
        let Some(outbox) = context.extension::<Outbox>() else {
            return Err(SenderError::new("the test gave no outbox"));
        };
        let post = {
            let mut state = outbox.state();
            state.attempts += 1;
            let post = state.post;
            if let Post::FailsOnce = post {
                state.post = Post::Works;
            }
            post
        };
        match post {
            Post::Works => {}
            Post::FailsOnce | Post::Fails => return Err(SenderError::new("the post is on strike")),
            Post::Panics => panic!("the sender fell over"),
            Post::Refuses => return Err(SenderError::refused("nobody lives there")),
            Post::Slow(delay) => tokio::time::sleep(delay).await,
            Post::SlowTo(address, delay) => {
                if context.field("email") == Some(address) {
                    tokio::time::sleep(delay).await;
                }
            }
        }
        let token = message.token().map(str::to_owned);
        outbox.state().sent.push(Sent {
            id: message.id().to_string(),
            kind: message.kind().as_str(),
            to: context.field("email").map(str::to_owned),
            name: context.field("display_name").map(str::to_owned),
            tenant: context.tenant().map(str::to_owned),
            link: token.as_deref().map(|token| context.link("/reset", token)),
            token,
        });
        Ok(())
    }
}
