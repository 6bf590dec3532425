use std::{fmt, time::Duration};

use maud::{DOCTYPE, html};
use serde_json::{Map, Value};

use crate::{db::Id, sender::MessageKind};

/// A message as the texts see it.
#[non_exhaustive]
pub struct Mail<'a> {
    /// See [`Message::id`](crate::sender::Message::id).
    pub id: Id,
    /// What it is about.
    pub kind: MessageKind,
    /// The strategy or add-on that sends it.
    pub strategy: &'a str,
    /// The address that it goes to.
    pub to: &'a str,
    /// What the application is called.
    pub site: &'a str,
    /// The public URL of the application.
    pub home: &'a str,
    /// The link with the one-time token, for kinds that have one.
    pub link: Option<&'a str>,
    /// How much longer the link works.
    pub lifetime: Option<Duration>,
    /// What else the kind has to say; see [`Message::data`](crate::sender::Message::data).
    pub data: &'a Map<String, Value>,
    /// The columns of `select_for_senders`.
    pub fields: &'a Map<String, Value>,
}

impl Mail<'_> {
    /// The page that takes the token of such a message unless the application says otherwise.
    pub(super) const fn default_path(kind: MessageKind) -> Option<&'static str> {
        match kind {
            MessageKind::PasswordReset => Some("/reset"),
            MessageKind::Confirmation | MessageKind::ConfirmationChange => Some("/confirm"),
            MessageKind::MagicLink => Some("/magic-link"),
            MessageKind::IdentityLink => Some("/connect"),
            _ => None,
        }
    }

    /// The time that is left, such as `30 minutes`, rounded.
    #[must_use]
    pub fn lifetime_in_words(&self) -> Option<String> {
        const MINUTE: u64 = 60;
        const HOUR: u64 = 60 * MINUTE;
        const DAY: u64 = 24 * HOUR;
        let seconds = self.lifetime?.as_secs();
        let (unit, name) = match seconds {
            0..7_170 => (MINUTE, "minute"),
            7_170..172_800 => (HOUR, "hour"),
            _ => (DAY, "day"),
        };
        let count = ((seconds + unit / 2) / unit).max(1);
        Some(format!("{count} {name}{}", if count == 1 { "" } else { "s" }))
    }

    /// A text among [`data`](Self::data).
    #[must_use]
    pub fn datum(&self, name: &str) -> Option<&str> {
        self.data.get(name).and_then(Value::as_str)
    }
}

/// Leaves out the link, which is a credential, and whose it is.
impl fmt::Debug for Mail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// What a mail says. Plain text: it is escaped where it is put into HTML.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// The subject.
    pub subject: String,
    /// The paragraphs before the link, or all of them.
    pub before: Vec<String>,
    /// What the link is called.
    pub action: String,
    /// The paragraphs after the link.
    pub after: Vec<String>,
}

/// The texts of mails. Everything has a default: other words, such as those of another language, are one method; another
/// look is two more.
///
/// # Example
/// ```
/// use auth_runtime::sender::{MessageKind, smtp::{Mail, MailTexts, Words}};
///
/// struct German;
/// impl MailTexts for German {
///     fn language(&self) -> &str {
///         "de"
///     }
///
///     fn words(&self, mail: &Mail<'_>) -> Words {
///         match mail.kind {
///             MessageKind::PasswordReset => Words {
///                 subject: "Neues Passwort".to_owned(),
///                 before: vec![format!("Jemand möchte das Passwort bei {} neu setzen.", mail.site)],
///                 action: "Neues Passwort wählen".to_owned(),
///                 after: vec!["Waren Sie es nicht, so löschen Sie diese Nachricht.".to_owned()],
///             },
///             _ => Words::english(mail),
///         }
///     }
/// }
/// ```
pub trait MailTexts: Send + Sync + 'static {
    /// What the mail says; [`Words::english`] by default.
    fn words(&self, mail: &Mail<'_>) -> Words {
        Words::english(mail)
    }

    /// The language of the words, as HTML names it (BCP 47).
    fn language(&self) -> &str {
        "en"
    }

    /// The subject. Line breaks and control characters in it become spaces.
    fn subject(&self, mail: &Mail<'_>) -> String {
        self.words(mail).subject
    }

    /// The plain text.
    fn plain(&self, mail: &Mail<'_>) -> String {
        let words = self.words(mail);
        let mut paragraphs = words.before;
        if let Some(link) = mail.link {
            paragraphs.push(link.to_owned());
        }
        paragraphs.extend(words.after);
        let mut text = paragraphs.join("\n\n");
        text.push_str("\n\n-- \n");
        text.push_str(mail.site);
        text.push('\n');
        text.push_str(mail.home);
        text.push('\n');
        text
    }

    /// The HTML text: a document that loads nothing from elsewhere.
    ///
    /// # Security
    /// An override must escape what it puts in.
    fn html(&self, mail: &Mail<'_>) -> String {
        const BODY: &str = "margin:0;padding:24px;background:#ffffff;color:#1a1a1a;\
            font:16px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif";
        const BUTTON: &str = "display:inline-block;padding:12px 20px;background:#1d4ed8;color:#ffffff;\
            border-radius:6px;text-decoration:none;font-weight:600";
        let words = self.words(mail);
        html! {
            (DOCTYPE)
            html lang=(self.language()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (words.subject) }
                }
                body style=(BODY) {
                    main style="max-width:560px;margin:0 auto" {
                        h1 style="font-size:22px;line-height:1.3" { (words.subject) }
                        @for paragraph in &words.before { p { (paragraph) } }
                        @if let Some(link) = mail.link {
                            p { a href=(link) style=(BUTTON) { (words.action) } }
                            p style="font-size:14px;word-break:break-all" { (link) }
                        }
                        @for paragraph in &words.after { p { (paragraph) } }
                        p style="font-size:14px;color:#595959" { a href=(mail.home) style="color:#1d4ed8" { (mail.site) } }
                    }
                }
            }
        }
        .into_string()
    }
}

/// The texts in English.
#[derive(Debug, Clone, Copy, Default)]
pub struct StandardTexts;

impl MailTexts for StandardTexts {}

impl Words {
    /// The words in English.
    #[must_use]
    pub fn english(mail: &Mail<'_>) -> Self {
        let site = mail.site;
        let within = mail
            .lifetime_in_words()
            .map(|lifetime| format!("The link works once, within {lifetime}."))
            .unwrap_or_default();
        let not_you = |then: &str| format!("If it was not you, {then}");
        let look = format!(
            "look after your account at {} and choose a new password.",
            mail.home
        );
        let provider = mail.datum("provider").unwrap_or("sign-in");
        match mail.kind {
            MessageKind::PasswordReset => Self::asking(
                format!("Choose a new password for {site}"),
                [format!(
                    "Somebody, hopefully you, asked for a new password for your account at {site}."
                )],
                "Choose a new password",
                [within, not_you("ignore this message. Your password stays as it is.")],
            ),
            MessageKind::PasswordChanged => Self::telling(
                format!("Your password for {site} was changed"),
                [
                    format!("The password of your account at {site} was changed just now, and every other session was ended."),
                    not_you(&look),
                ],
            ),
            MessageKind::Confirmation => Self::asking(
                format!("Confirm your address for {site}"),
                [format!("Somebody, hopefully you, made an account at {site} with this address.")],
                "Confirm the address",
                [within, not_you("ignore this message. Without it the account has no proof that the address is its own.")],
            ),
            MessageKind::ConfirmationChange => Self::asking(
                format!("Confirm your new address for {site}"),
                [format!("Somebody, hopefully you, wants to use this address for an account at {site}.")],
                "Confirm the address",
                [within, not_you("ignore this message. The account keeps the address that it has.")],
            ),
            MessageKind::AddressChanged => Self::telling(
                format!("Your address for {site} was changed"),
                [
                    format!("Your account at {site} has another address from now on. Messages will not come here any more."),
                    not_you(&format!("write to those who run {} at once.", mail.home)),
                ],
            ),
            MessageKind::AccountExists => Self::telling(
                format!("You have an account at {site}"),
                [
                    format!("Somebody, hopefully you, wanted to register at {site} with this address. There is an account with it already, so nothing was changed."),
                    format!("Sign in at {}, and if you do not know your password any more, ask for a new one there.", mail.home),
                    not_you("ignore this message."),
                ],
            ),
            MessageKind::MagicLink => Self::asking(
                format!("Sign in to {site}"),
                [format!("Somebody, hopefully you, wants to sign in to {site}.")],
                "Sign in",
                [within, not_you("ignore this message, and give the link to nobody.")],
            ),
            MessageKind::SessionsEnded => Self::telling(
                format!("You were signed out of {site} everywhere"),
                [
                    format!("Every session of your account at {site} was ended."),
                    not_you(&look),
                ],
            ),
            MessageKind::ApiKeyCreated => Self::telling(
                format!("A new API key for {site}"),
                [
                    match mail.datum("name") {
                        Some(name) => format!("An API key named \"{name}\" was made for your account at {site}."),
                        None => format!("An API key was made for your account at {site}."),
                    },
                    not_you(&format!("revoke the key at {} and choose a new password.", mail.home)),
                ],
            ),
            MessageKind::IdentityLink => Self::asking(
                format!("Is this {provider} account yours?"),
                [
                    format!("Somebody signed in to {site} with the {provider} account {}, which has this address too.", mail.datum("account").unwrap_or("named below")),
                    format!("If that was you, sign in to {site} as you usually do, and then connect it with your account: it signs you in from then on."),
                ],
                "Connect",
                [within, not_you("ignore this message, and give the link to nobody.")],
            ),
            MessageKind::IdentityLinked => Self::telling(
                format!("{provider} now signs you in to {site}"),
                [
                    format!("A {provider} account was connected with your account at {site}."),
                    not_you(&look),
                ],
            ),
            MessageKind::IdentityUnlinked => Self::telling(
                format!("{provider} does not sign you in to {site} any more"),
                [
                    format!("A {provider} account was disconnected from your account at {site}."),
                    not_you(&look),
                ],
            ),
            MessageKind::TokenReuse => Self::telling(
                format!("A sign-in to {site} was ended"),
                [
                    format!("A token that keeps you signed in to {site} was used twice. Somebody may have copied it, so it does not work any more. Sign in again at {}.", mail.home),
                    format!("If you use several devices or a backup, this may be harmless. If you are in doubt, {look}"),
                ],
            ),
            MessageKind::TooManyAttempts => Self::telling(
                format!("Many failed sign-ins to {site}"),
                [
                    format!("Somebody tried to sign in to your account at {site} many times and failed. Further attempts are slowed down for a while."),
                    "If it was you, wait a little. If not, your password has held; make sure that you use it nowhere else.".to_owned(),
                ],
            ),
            MessageKind::Custom => Self::telling(
                match mail.datum("subject") {
                    Some(subject) => subject.to_owned(),
                    None => format!("A message from {site}"),
                },
                [mail.datum("text").unwrap_or_default().to_owned()],
            ),
        }
    }

    fn asking<const B: usize, const A: usize>(
        subject: String,
        before: [String; B],
        action: &str,
        after: [String; A],
    ) -> Self {
        Self {
            subject,
            before: before.into(),
            action: action.to_owned(),
            after: after.into_iter().filter(|text| !text.is_empty()).collect(),
        }
    }

    fn telling<const B: usize>(subject: String, before: [String; B]) -> Self {
        Self {
            subject,
            before: before.into(),
            ..Self::default()
        }
    }
}
