use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};
use time::OffsetDateTime;

use crate::db::{Id, UtcTimestamp};

/// What came of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It did what was asked.
    Success,
    /// It did not; the cause says why.
    Failure,
    /// It was given up before it came to an end, such as by a client that went away.
    Unknown,
}

impl Status {
    /// The status as it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Unknown => "unknown",
        }
    }

    /// What is neither of the first two counts as the third.
    fn of(text: &str) -> Self {
        match text {
            "success" => Self::Success,
            "failure" => Self::Failure,
            _ => Self::Unknown,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One event of an audit log.
///
/// # Security
/// `identity`, `subject`, `client_ip` and `extra_data` are personal data. `cause` tells whether an account exists.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LogEntry {
    /// The key. Among events of the same moment, greater keys are later.
    pub id: Id,
    /// When it happened, in UTC.
    #[serde(with = "time::serde::rfc3339")]
    pub logged_at: OffsetDateTime,
    /// The subject name of the resource, such as `user`.
    pub resource: String,
    /// The name of the add-on that recorded it.
    pub audit_log: String,
    /// The name of the strategy or add-on that owns the action; `session` for what belongs to none.
    pub strategy: String,
    /// The action: its name on the struct, or its kind where it has none, such as `sign_out`.
    pub action_name: String,
    /// What came of it.
    pub status: Status,
    /// Why it failed: the code of a [`Cause`](crate::error::Cause).
    pub cause: Option<String>,
    /// Whose action it was, such as `user?id=42`. Of a failure: whose account it concerned, where that is known.
    pub subject: Option<String>,
    /// The identity that was submitted, in its one form where it has one.
    pub identity: Option<String>,
    /// The client's address, as `ip_privacy_mode` lets it be known.
    pub client_ip: Option<String>,
    /// The tenant.
    pub tenant: Option<String>,
    /// The id of the request, as in the application's log.
    pub request_id: Option<String>,
    /// `actor`, `tenant`, `request` and `params`.
    pub extra_data: Map<String, Value>,
}

/// The columns of an event in the order of the table, as they are read.
#[doc(hidden)]
pub type Columns = (
    Id,
    UtcTimestamp,
    String,
    String,
    String,
    String,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    String,
);

impl LogEntry {
    /// The event with these columns. Data that is no JSON object, which nothing here writes, reads as none.
    #[doc(hidden)]
    #[must_use]
    pub fn of(columns: Columns) -> Self {
        let (
            id,
            logged_at,
            resource,
            audit_log,
            strategy,
            action_name,
            status,
            cause,
            subject,
            identity,
            client_ip,
            tenant,
            request_id,
            extra_data,
        ) = columns;
        Self {
            id,
            logged_at: logged_at.get(),
            resource,
            audit_log,
            strategy,
            action_name,
            status: Status::of(&status),
            cause,
            subject,
            identity,
            client_ip,
            tenant,
            request_id,
            extra_data: serde_json::from_str(&extra_data).unwrap_or_default(),
        }
    }

    /// `extra_data` as it is stored.
    #[doc(hidden)]
    #[must_use]
    pub fn extra_data_text(&self) -> String {
        Value::Object(self.extra_data.clone()).to_string()
    }

    /// `logged_at` as it is stored.
    #[doc(hidden)]
    #[must_use]
    pub fn timestamp(&self) -> UtcTimestamp {
        UtcTimestamp::new(self.logged_at)
    }
}
