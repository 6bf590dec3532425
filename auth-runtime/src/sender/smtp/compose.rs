//! From a mail to what goes over the wire.

use lettre::{
    Address,
    message::{
        Mailbox, Message as Email, MultiPart,
        header::{Header, HeaderName, HeaderValue},
    },
};

use super::{Mail, MailTexts};
use crate::sender::SenderError;

/// Longest subject, in characters.
const MAX_SUBJECT: usize = 200;

/// `Auto-Submitted: auto-generated` (RFC 3834): no vacation notice shall answer.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

pub(super) fn compose(
    mail: &Mail<'_>,
    texts: &dyn MailTexts,
    from: &Mailbox,
    reply_to: Option<&Mailbox>,
) -> Result<Email, SenderError> {
    // Exactly one address, whatever the column holds: the parser takes no list and no line break.
    let to: Address = mail
        .to
        .parse()
        .map_err(|_| SenderError::refused("the stored address is no mail address"))?;
    let mut builder = Email::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .subject(one_line(&texts.subject(mail)))
        // The same in every attempt, so that a mail that arrives twice is known to be one.
        .message_id(Some(format!("<{}@{}>", mail.id, from.email.domain())))
        .header(AutoSubmitted);
    if let Some(reply_to) = reply_to {
        builder = builder.reply_to(reply_to.clone());
    }
    builder
        .multipart(MultiPart::alternative_plain_html(
            texts.plain(mail),
            texts.html(mail),
        ))
        .map_err(SenderError::refused)
}

/// A header has one line: whatever the texts were made of, it cannot begin another one (promise IN-05).
fn one_line(text: &str) -> String {
    let visible = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().map(visible).take(MAX_SUBJECT).collect()
}
