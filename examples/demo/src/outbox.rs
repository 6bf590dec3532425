//! Stands in for a mail server: keeps what was sent and shows it at `/dev/outbox`.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use auth_runtime::prelude::*;
use serde::Serialize;

/// One message.
#[derive(Debug, Clone, Serialize)]
pub struct Sent {
    pub kind: &'static str,
    pub to: String,
    pub link: Option<String>,
    pub token: Option<String>,
}

/// The latest messages, newest first.
#[derive(Debug, Clone, Default)]
pub struct Outbox(Arc<Mutex<VecDeque<Sent>>>);

impl Outbox {
    const KEPT: usize = 200;

    fn keep(&self, sent: Sent) {
        let mut messages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        messages.push_front(sent);
        messages.truncate(Self::KEPT);
    }

    pub fn messages(&self) -> Vec<Sent> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .cloned()
            .collect()
    }
}

/// Delivers into the [`Outbox`] that `main` gave to the builder.
pub struct Mailer {
    /// The page where these people follow a link that signs in.
    magic_link: &'static str,
}

impl Mailer {
    pub const fn for_users() -> Self {
        Self {
            magic_link: "/magic-link",
        }
    }

    pub const fn for_admins() -> Self {
        Self {
            magic_link: "/admin/magic-link",
        }
    }

    /// The page of the site that a link of this kind leads to.
    fn path(&self, kind: MessageKind) -> &'static str {
        match kind {
            MessageKind::PasswordReset => "/reset",
            MessageKind::MagicLink => self.magic_link,
            MessageKind::IdentityLink => "/connect",
            _ => "/confirm",
        }
    }
}

impl<U: Send + Sync + 'static> Sender<U> for Mailer {
    async fn send(&self, message: Message<'_, U>, context: &SendContext) -> Result<(), SenderError> {
        let outbox: &Outbox = context
            .extension()
            .ok_or_else(|| SenderError::new("there is no outbox"))?;
        let path = self.path(message.kind());
        outbox.keep(Sent {
            kind: message.kind().as_str(),
            to: context.field("email").unwrap_or_default().to_owned(),
            link: message.token().map(|token| context.link(path, token)),
            token: message.token().map(str::to_owned),
        });
        Ok(())
    }
}
