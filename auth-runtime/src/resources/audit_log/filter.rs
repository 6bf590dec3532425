use std::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{LogEntry, Status};
use crate::{
    db::{Id, UtcTimestamp},
    identity::{canonical_email, canonical_name},
};

/// Which events are wanted. A fresh one lets everything through; each setting narrows it.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct LogFilter {
    #[doc(hidden)]
    pub resource: Option<String>,
    #[doc(hidden)]
    pub audit_log: Option<String>,
    #[doc(hidden)]
    pub tenant: Option<String>,
    #[doc(hidden)]
    pub subject: Option<String>,
    #[doc(hidden)]
    pub identities: Option<Vec<String>>,
    #[doc(hidden)]
    pub strategy: Option<String>,
    #[doc(hidden)]
    pub action_name: Option<String>,
    #[doc(hidden)]
    pub status: Option<Status>,
    #[doc(hidden)]
    pub since: Option<UtcTimestamp>,
    #[doc(hidden)]
    pub until: Option<UtcTimestamp>,
}

impl LogFilter {
    /// Every event.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Events that name this subject.
    #[must_use]
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// Events under this identity, in whatever spelling.
    #[must_use]
    pub fn identity(mut self, identity: &str) -> Self {
        let mut spellings = vec![identity.to_owned()];
        spellings.extend(canonical_email(identity));
        spellings.extend(canonical_name(identity));
        spellings.dedup();
        self.identities = Some(spellings);
        self
    }

    /// Events of the strategy or add-on with this name.
    #[must_use]
    pub fn strategy(mut self, name: impl Into<String>) -> Self {
        self.strategy = Some(name.into());
        self
    }

    /// Events of the action with this name.
    #[must_use]
    pub fn action(mut self, name: impl Into<String>) -> Self {
        self.action_name = Some(name.into());
        self
    }

    /// Events that ended like this.
    #[must_use]
    pub const fn status(mut self, status: Status) -> Self {
        self.status = Some(status);
        self
    }

    /// Events recorded by the add-on with this name.
    #[must_use]
    pub fn audit_log(mut self, name: impl Into<String>) -> Self {
        self.audit_log = Some(name.into());
        self
    }

    /// Events of this moment or later.
    #[must_use]
    pub fn since(mut self, moment: OffsetDateTime) -> Self {
        self.since = Some(moment.into());
        self
    }

    /// Events before this moment.
    #[must_use]
    pub fn until(mut self, moment: OffsetDateTime) -> Self {
        self.until = Some(moment.into());
        self
    }

    /// Events of one resource of those that share the table, and of one of its tenants.
    pub(super) fn of_resource(mut self, subject_name: &str, tenant: Option<String>) -> Self {
        self.resource = Some(subject_name.to_owned());
        self.tenant = tenant;
        self
    }
}

/// Attempts of one strategy that did not succeed, those that were given up included: at one identity, or at one subject.
#[derive(Debug, Clone, Copy)]
pub struct FailureKey<'a> {
    /// The subject name of the resource.
    pub resource: &'a str,
    /// The tenant.
    pub tenant: Option<&'a str>,
    /// The strategy's name.
    pub strategy: &'a str,
    /// The identity in its one form. Not looked at where it is `None`.
    pub identity: Option<&'a str>,
    /// The subject. Not looked at where it is `None`.
    pub subject: Option<&'a str>,
    /// Since when.
    pub since: OffsetDateTime,
    /// Actions whose every run counts, by their names on the struct.
    pub every_run_of: &'a [&'a str],
    /// Causes that do not count, so that a refused attempt does not keep the next one refused for ever.
    pub except: &'a [&'a str],
}

/// Which part of a long answer is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    limit: u16,
    pub(super) after: Option<Cursor>,
}

impl Page {
    /// The most events on one page.
    pub const MOST: u16 = 200;

    /// The first so many events: 1 to [`Page::MOST`]; anything else counts as the nearest of the two.
    #[must_use]
    pub fn of(limit: u16) -> Self {
        Self {
            limit: limit.clamp(1, Self::MOST),
            after: None,
        }
    }

    /// The same number of events behind `cursor`.
    #[must_use]
    pub const fn after(mut self, cursor: Cursor) -> Self {
        self.after = Some(cursor);
        self
    }

    pub(super) fn limit(self) -> i64 {
        self.limit.into()
    }
}

impl Default for Page {
    /// The first 50.
    fn default() -> Self {
        Self::of(50)
    }
}

/// A page of events, newest first.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct LogPage {
    /// The events.
    pub entries: Vec<LogEntry>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<Cursor>,
}

impl LogPage {
    /// Cuts off what was read to learn whether there is more.
    pub(super) fn of(mut entries: Vec<LogEntry>, page: Page) -> Self {
        let limit = usize::from(page.limit);
        let more = entries.len() > limit;
        entries.truncate(limit);
        let next = entries.last().filter(|_| more).map(Cursor::behind);
        Self { entries, next }
    }
}

/// A place between two events. As text it fits into a link; it says when an event happened, and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    #[doc(hidden)]
    pub logged_at: UtcTimestamp,
    #[doc(hidden)]
    pub id: Id,
}

impl Cursor {
    fn behind(entry: &LogEntry) -> Self {
        Self {
            logged_at: entry.timestamp(),
            id: entry.id,
        }
    }
}

/// The text is no place in a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected the `next` of an earlier page")]
#[non_exhaustive]
pub struct CursorError;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanoseconds = self.logged_at.get().unix_timestamp_nanos();
        // A timestamp holds whole microseconds of years with four digits.
        let microseconds = i64::try_from(nanoseconds / 1000).map_err(|_| fmt::Error)?;
        let mut bytes = microseconds.to_be_bytes().to_vec();
        bytes.extend(self.id.as_uuid().as_bytes());
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| CursorError)?;
        let (moment, id) = bytes.split_first_chunk::<8>().ok_or(CursorError)?;
        let nanoseconds = i128::from(i64::from_be_bytes(*moment)) * 1000;
        let moment = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).map_err(|_| CursorError)?;
        if !(0..=9999).contains(&moment.year()) {
            return Err(CursorError);
        }
        Ok(Self {
            logged_at: moment.into(),
            id: Uuid::from_slice(id).map_err(|_| CursorError)?.into(),
        })
    }
}

impl serde::Serialize for Cursor {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Cursor {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_cursor_survives_a_link() {
        let moment = datetime!(2024-02-29 23:59:59.123456 UTC);
        let cursor = Cursor {
            logged_at: moment.into(),
            id: Id::new(moment),
        };
        let text = cursor.to_string();
        assert_eq!(text.len(), 32);
        assert_eq!(text.parse(), Ok(cursor));
    }

    #[test]
    fn a_text_that_is_no_cursor_is_refused() {
        let huge = URL_SAFE_NO_PAD.encode([[0x7f; 8].as_slice(), &[0; 16]].concat());
        for text in ["", "AAAA", "not base64!", &"A".repeat(33), &huge] {
            assert_eq!(text.parse::<Cursor>(), Err(CursorError), "{text}");
        }
    }

    #[test]
    fn an_identity_is_found_in_any_spelling() {
        let spellings = |text| LogFilter::new().identity(text).identities.unwrap();
        assert!(spellings(" Ada@Example.org ").contains(&"ada@example.org".to_owned()));
        assert_eq!(spellings("ada"), ["ada"]);
    }
}
