//! A sender that hands messages to a mail server over SMTP (RFC 5321), with plain and HTML text.
//!
//! ```no_run
//! use auth_runtime::sender::{MessageKind, smtp::SmtpSender};
//!
//! fn mailer() -> SmtpSender {
//!     SmtpSender::from_env("SMTP_URL", "Shop <no-reply@shop.example>")
//!         .reply_to("help@shop.example")
//!         .link_path(MessageKind::PasswordReset, "/account/new-password")
//! }
//! ```
//! In the block it stands wherever a sender is wanted: `sender: mailer()`.

mod compose;
mod texts;

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Tokio1Executor,
    message::Mailbox,
    transport::smtp::{
        AsyncSmtpTransportBuilder, Error as SmtpError,
        client::{Tls, TlsParameters},
    },
};
use secrecy::ExposeSecret;
use tokio::sync::OnceCell;
use url::Url;

pub use texts::{Mail, MailTexts, StandardTexts, Words};

use super::{Message, MessageKind, SendContext, Sender, SenderError};
use crate::secret::{Env, Secret, SecretContext, SecretSource};

/// How long the server may take for each step.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Sends mail to the column `email` of `select_for_senders`.
///
/// One connection per message; each step of it is bounded to ten seconds, and the whole by
/// [`DeliveryOptions::attempt_deadline`](super::DeliveryOptions). What the server refuses for the time being (4xx), or
/// cannot take at all, is tried again; what it refuses for good (5xx) is given up, except where it refuses us and not the
/// message. Clones are one sender.
#[derive(Clone)]
pub struct SmtpSender {
    url: SecretSource,
    from: String,
    reply_to: Option<String>,
    field: &'static str,
    site: Option<String>,
    paths: HashMap<MessageKind, &'static str>,
    texts: Arc<dyn MailTexts>,
    unencrypted: bool,
    started: Arc<OnceCell<Started>>,
}

struct Started {
    transport: AsyncSmtpTransportBuilder,
    from: Mailbox,
    reply_to: Option<Mailbox>,
}

impl SmtpSender {
    /// A sender by way of the server that `url` names, with this address as sender, such as
    /// `Shop <no-reply@shop.example>`.
    ///
    /// The URL is `smtps://user:password@host` for TLS from the first byte (port 465 unless it says otherwise, RFC 8314)
    /// or `smtp://user:password@host` for STARTTLS (port 587), which is demanded: a server without it gets no mail. Only
    /// on a loopback address `smtp://` means no TLS. Special characters in user and password are percent-encoded.
    pub fn new(url: impl Secret, from: impl Into<String>) -> Self {
        Self {
            url: SecretSource::new(url, SecretContext::new(&["smtp", "url"], ""), ""),
            from: from.into(),
            reply_to: None,
            field: "email",
            site: None,
            paths: HashMap::new(),
            texts: Arc::new(StandardTexts),
            unencrypted: false,
            started: Arc::default(),
        }
    }

    /// As [`new`](Self::new), with the URL in an environment variable.
    pub fn from_env(variable: &'static str, from: impl Into<String>) -> Self {
        Self::new(Env(variable), from)
    }

    /// Where answers go.
    #[must_use]
    pub fn reply_to(mut self, address: impl Into<String>) -> Self {
        self.reply_to = Some(address.into());
        self
    }

    /// The column of `select_for_senders` that holds the address; `email` by default.
    #[must_use]
    pub const fn address_field(mut self, field: &'static str) -> Self {
        self.field = field;
        self
    }

    /// What the application is called in the texts; the host of its public URL by default.
    #[must_use]
    pub fn site_name(mut self, name: impl Into<String>) -> Self {
        self.site = Some(name.into());
        self
    }

    /// The page of the application that takes the token of this kind of message. By default `/reset`, `/confirm` for both
    /// kinds of confirmation, and `/magic-link`.
    #[must_use]
    pub fn link_path(mut self, kind: MessageKind, path: &'static str) -> Self {
        self.paths.insert(kind, path);
        self
    }

    /// The application's own texts.
    #[must_use]
    pub fn texts(mut self, texts: impl MailTexts) -> Self {
        self.texts = Arc::new(texts);
        self
    }

    /// Lets `smtp://` go without TLS to a server that is not on this machine.
    ///
    /// # Security
    /// Whoever can listen on the way reads links that work, and the password of the URL. For a server beside the
    /// application in a network of its own.
    #[must_use]
    pub const fn unencrypted(mut self, on: bool) -> Self {
        self.unencrypted = on;
        self
    }

    async fn prepare(&self) -> Result<Started, SenderError> {
        let url = match self.url.resolve().await {
            Ok(Some(url)) => url,
            Ok(None) => return Err(SenderError::new("the URL of the mail server has no value")),
            Err(error) => return Err(SenderError::new(error)),
        };
        Ok(Started {
            transport: transport(url.expose_secret(), self.unencrypted)?,
            from: mailbox(&self.from, "from")?,
            reply_to: self
                .reply_to
                .as_deref()
                .map(|address| mailbox(address, "reply_to"))
                .transpose()?,
        })
    }

    fn path(&self, kind: MessageKind) -> Option<&'static str> {
        self.paths
            .get(&kind)
            .copied()
            .or_else(|| Mail::default_path(kind))
    }
}

impl fmt::Debug for SmtpSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpSender")
            .field("from", &self.from)
            .finish_non_exhaustive()
    }
}

impl<U: Send + Sync + 'static> Sender<U> for SmtpSender {
    async fn send(&self, message: Message<'_, U>, context: &SendContext) -> Result<(), SenderError> {
        let started = self
            .started
            .get()
            .ok_or_else(|| SenderError::new("the mail sender was not started"))?;
        let to = context
            .field(self.field)
            .ok_or_else(|| SenderError::refused(format!("there is no address in `{}`", self.field)))?;
        let link = match message.token() {
            None => None,
            Some(token) => {
                let path = self
                    .path(message.kind())
                    .ok_or_else(|| SenderError::refused(format!("`{}` has no link path", message.kind())))?;
                Some(context.link(path, token))
            }
        };
        let home = context.public_url().map(Url::as_str).unwrap_or_default();
        let host = context.public_url().and_then(Url::host_str).unwrap_or_default();
        let mail = Mail {
            id: message.id(),
            kind: message.kind(),
            strategy: message.strategy(),
            to,
            site: self.site.as_deref().unwrap_or(host),
            home,
            link: link.as_deref(),
            lifetime: message.lifetime(),
            data: message.data(),
            fields: &context.fields,
        };
        let email = compose::compose(&mail, &*self.texts, &started.from, started.reply_to.as_ref())?;
        // A transport of its own: nothing of a delivery that was given up half-way is used again.
        let transport: AsyncSmtpTransport<Tokio1Executor> = started.transport.clone().build();
        match transport.send(email).await {
            Ok(_) => Ok(()),
            Err(error) => Err(refusal(&error, to)),
        }
    }

    async fn start(&self, context: &SendContext) -> Result<(), SenderError> {
        if context.public_url().is_none() {
            return Err(SenderError::new(
                "mail needs links, and links need `public_url` on the builder",
            ));
        }
        self.started.get_or_try_init(|| self.prepare()).await.map(drop)
    }
}

fn transport(url: &str, unencrypted: bool) -> Result<AsyncSmtpTransportBuilder, SenderError> {
    // The errors of both parsers may quote the password.
    let refuse = || {
        SenderError::new(
            "the URL of the mail server is not of the form `smtps://user:password@host:port` or `smtp://…`",
        )
    };
    let parsed = Url::parse(url).map_err(|_| refuse())?;
    let host = parsed.host_str().ok_or_else(refuse)?;
    if !matches!(parsed.scheme(), "smtp" | "smtps") || parsed.query().is_some() {
        return Err(refuse());
    }
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(|_| refuse())?;
    if parsed.scheme() == "smtp" {
        builder = builder.port(parsed.port().unwrap_or(587));
        if !unencrypted && !is_loopback(host) {
            let tls = TlsParameters::new(host.to_owned()).map_err(SenderError::new)?;
            builder = builder.tls(Tls::Required(tls));
        }
    }
    Ok(builder.timeout(Some(TIMEOUT)))
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

fn mailbox(text: &str, what: &str) -> Result<Mailbox, SenderError> {
    text.parse().map_err(|_| {
        SenderError::new(format!(
            "`{what}` is not an address such as `Shop <no-reply@shop.example>`"
        ))
    })
}

/// What the server said, without the address that it may repeat.
fn refusal(error: &SmtpError, to: &str) -> SenderError {
    let text = error.to_string().replace(to, "the recipient");
    match error.status().map(u16::from) {
        // Our name and password, or a full mailbox, can be another matter tomorrow.
        Some(530..=538 | 552) => SenderError::new(text),
        Some(500..=599) => SenderError::refused(text),
        _ => SenderError::new(text),
    }
}

#[cfg(test)]
mod tests;
