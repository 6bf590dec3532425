use std::fmt;

use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::{OutboxRow, stamp};
use crate::{
    db::Id,
    error::Error,
    sender::MessageKind,
    session::subject,
    token::{Claims, subject_text},
    user::{Authenticated, Resource},
};

/// The kind of a row that leads to nothing.
pub(super) const NOTHING: &str = "nothing";

/// A message to be written into the outbox: what, to whom, and with which token.
///
/// The columns of `select_for_senders` are taken as they are now, so a notice reaches the address that was on file when
/// its cause happened (promise SU-10).
///
/// # Example
/// ```
/// # use auth_runtime::{authentication::Authentication, error::Error, sender::*, user::{Authenticated, Conn}};
/// async fn tell<U: Authenticated>(auth: &Authentication<U>, connection: &mut Conn<U>, user: &U) -> Result<Queued, Error> {
///     let letter = Letter::to_person(MessageKind::PasswordChanged, "password", user);
///     auth.enqueue(connection, letter).await
/// }
/// ```
#[derive(Clone)]
#[must_use = "a letter goes into the outbox with `enqueue`"]
pub struct Letter {
    kind: &'static str,
    strategy: &'static str,
    subject: Option<String>,
    identity: Option<String>,
    /// Nothing when the columns could not be written as JSON; they are then tried again at delivery.
    fields: Option<Map<String, Value>>,
    claims: Option<Claims>,
    data: Map<String, Value>,
}

impl Letter {
    /// A message to somebody with an account, from the strategy or add-on of that name.
    pub fn to_person<U: Authenticated>(kind: MessageKind, strategy: &'static str, user: &U) -> Self {
        Self {
            kind: kind.as_str(),
            strategy,
            subject: Some(subject(user)),
            identity: None,
            fields: user.sender_fields().ok(),
            claims: None,
            data: Map::new(),
        }
    }

    /// A message to somebody without an account: `identity` in its canonical form, under the name that the sender will
    /// ask for.
    pub fn to_identity(kind: MessageKind, strategy: &'static str, field: &str, identity: &str) -> Self {
        Self {
            kind: kind.as_str(),
            strategy,
            subject: None,
            identity: Some(identity.to_owned()),
            fields: Some(Map::from_iter([(field.to_owned(), identity.into())])),
            claims: None,
            data: Map::new(),
        }
    }

    /// No message, at the price of one: for people who do not exist (promise EN-02). `name` makes the subject, which
    /// must be nobody's.
    pub fn to_nobody<U: Authenticated>(strategy: &'static str, name: &str) -> Self {
        Self {
            kind: NOTHING,
            strategy,
            subject: Some(subject_text(
                U::SETTINGS.subject_name,
                <U as Resource>::KEY_COLUMN,
                name,
            )),
            identity: None,
            fields: Some(Map::new()),
            claims: None,
            data: Map::new(),
        }
    }

    /// Adds the one-time token with these claims. It is signed when the message is delivered; until then only the claims
    /// are kept.
    pub fn with_token(mut self, claims: Claims) -> Self {
        self.claims = Some(claims);
        self
    }

    /// Replaces a column of `select_for_senders`, for a message that goes to another address than the stored one.
    pub fn with_field(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields
            .get_or_insert_default()
            .insert(name.to_owned(), value.into());
        self
    }

    /// Adds something for [`Message::data`](crate::sender::Message::data). It is stored as it is and must not be a secret.
    pub fn with_data(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.data.insert(name.to_owned(), value.into());
        self
    }

    pub(super) fn row(
        self,
        subject_name: &str,
        id: Id,
        now: OffsetDateTime,
        next_attempt_at: OffsetDateTime,
        notice_expires_at: OffsetDateTime,
    ) -> Result<OutboxRow, Error> {
        let json = |map: &Map<String, Value>| serde_json::to_string(map).map_err(Error::internal);
        Ok(OutboxRow {
            id,
            subject_name: subject_name.to_owned(),
            kind: self.kind.to_owned(),
            strategy: self.strategy.to_owned(),
            subject: self.subject,
            identity: self.identity,
            fields: self.fields.as_ref().map(json).transpose()?,
            claims: self
                .claims
                .as_ref()
                .map(serde_json::to_string)
                .transpose()
                .map_err(Error::internal)?,
            data: json(&self.data)?,
            attempts: 0,
            next_attempt_at: stamp(next_attempt_at),
            claimed_until: None,
            expires_at: stamp(self.claims.as_ref().map_or(notice_expires_at, Claims::expires_at)),
            created_at: stamp(now),
        })
    }
}

impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Letter")
            .field("kind", &self.kind)
            .field("strategy", &self.strategy)
            .finish_non_exhaustive()
    }
}

/// A message in the outbox, whose transaction may not have committed yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "after the commit it is to be given to `deliver`"]
pub struct Queued {
    pub(super) id: Id,
}
