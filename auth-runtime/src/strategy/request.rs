//! Requests for a link: the one way in which a one-time token gets into a message.
//!
//! Known and unknown people cost the same writes, go one after the other, and are answered at the same time (promise
//! EN-02).

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use tokio::{
    sync::{Mutex, MutexGuard},
    time::Instant,
};

use super::Accepted;
use crate::{
    context::Context,
    db::DEADLINE,
    digest,
    error::{Cause, Error},
    resources::token::{NewTokenRow, TokenStore},
    sender::{Letter, MessageKind, Queued},
    session::subject,
    token::{NewToken, Purpose, subject_text},
    user::{Authenticated, Conn, Resource},
};

/// The turn of requests. They go one after the other in a process: requests for one person would otherwise wait for each
/// other at that person's row, and requests for nobody would not.
#[derive(Debug, Default)]
pub(crate) struct RequestTurn(Mutex<()>);

impl RequestTurn {
    /// A request is answered this long after it came in, or later if the database is slow: what little differs between
    /// known and unknown people happens well within it.
    pub(crate) const ANSWER_AFTER: Duration = Duration::from_millis(60);

    /// Runs `prepare` in a transaction, delivers what it queued, and answers when it is time.
    pub(crate) async fn answer<U, F>(&self, cx: &Context<U>, prepare: F) -> Result<Accepted, Error>
    where
        U: Authenticated,
        F: for<'c> Fn(&'c Context<U>, &'c mut Conn<U>) -> BoxFuture<'c, Result<Option<Queued>, Error>>
            + Send
            + Sync
            + 'static,
    {
        let answer_at = Instant::now() + Self::ANSWER_AFTER;
        let turn = self.take().await?;
        let job = Arc::new((cx.clone(), prepare));
        let outcome = cx
            .auth
            .write(move |connection| {
                let job = Arc::clone(&job);
                Box::pin(async move { (job.1)(&job.0, connection).await })
            })
            .await;
        drop(turn);
        // The delivery starts within the wait, not beside the answer, where it would slow down the answers to known people.
        let accepted = outcome.map(|queued| Accepted(cx.auth.deliver_if(queued)));
        tokio::time::sleep_until(answer_at).await;
        accepted
    }

    pub(crate) async fn take(&self) -> Result<MutexGuard<'_, ()>, Error> {
        tokio::time::timeout(DEADLINE, self.0.lock())
            .await
            .map_err(|_| Error::Overloaded {
                retry_after: Duration::from_secs(1),
            })
    }
}

/// Whom a link is for.
pub(crate) enum Addressee<'a, U> {
    /// Somebody with an account.
    Person(&'a U),
    /// Somebody without one who may register: the field and the canonical identity that was typed.
    Newcomer { field: &'static str, identity: &'a str },
    /// Nobody. It costs the same and leads to nothing.
    Nobody,
    /// Nobody gets a link, but this letter goes out in its place.
    Other(Box<Letter>),
}

/// The one-time token of a link, and the message that carries it.
pub(crate) struct Link {
    /// The strategy or add-on.
    pub(crate) strategy: &'static str,
    pub(crate) purpose: Purpose,
    pub(crate) kind: MessageKind,
    /// The action that it may be spent on.
    pub(crate) act: &'static str,
    pub(crate) lifetime: Duration,
    /// The canonical identity that the token names.
    pub(crate) identity: Option<String>,
    /// Where the message goes, if that is not what is stored: a field and its value.
    pub(crate) to: Option<(&'static str, String)>,
    /// What else the message says.
    pub(crate) data: Vec<(&'static str, String)>,
    /// What the server keeps about it.
    pub(crate) kept: Kept,
}

/// What the server keeps about a link, beside its token's row. None of it is in the token.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// The add-on that it belongs to, where several share a purpose.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) add_on: Option<String>,
    /// The value that it proves.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) value: Option<String>,
    /// The value takes the place of the stored one.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub(crate) changes: bool,
    /// The digest of the browser that asked for it, or registered.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) browser: Option<String>,
}

impl Kept {
    pub(crate) fn read(stored: Option<&str>) -> Option<Self> {
        match stored {
            None => Some(Self::default()),
            Some(stored) => serde_json::from_str(stored).ok(),
        }
    }

    fn json(&self) -> Result<Option<String>, Error> {
        if *self == Self::default() {
            return Ok(None);
        }
        serde_json::to_string(self).map(Some).map_err(Error::internal)
    }
}

/// The subject of somebody who may register. No person has it, and a newer link for the same identity voids an older one.
/// It fits its column however long the identity is, as an unknown person's must (promise EN-02).
pub(crate) fn newcomer<U: Authenticated>(cx: &Context<U>, identity: &str) -> String {
    let tenant = cx.auth.tenant_text().unwrap_or_default();
    let name = digest::of([&*tenant, identity]);
    subject_text(U::SETTINGS.subject_name, "newcomer", &name)
}

/// Voids earlier links of the same purpose, stores a fresh one and puts it into the outbox (promise SU-05). For nobody it
/// does the same with a subject that cannot exist; the token expires and is purged like any other, and nothing is sent.
/// Over the limit everybody is nobody, without a row.
pub(crate) async fn write_link<U: Authenticated>(
    cx: &Context<U>,
    connection: &mut Conn<U>,
    addressee: Addressee<'_, U>,
    link: Link,
) -> Result<Option<Queued>, Error> {
    let stored = store_link(cx, connection, addressee, link).await?;
    let subject = stored.as_ref().and_then(|stored| stored.subject.as_deref());
    if subject.is_none() {
        cx.fail_silently(Cause::NoUser);
    }
    cx.succeed(connection, subject).await?;
    Ok(stored.map(|stored| stored.queued))
}

/// A link in the outbox.
pub(crate) struct StoredLink {
    pub(crate) queued: Queued,
    /// The person that it is for.
    subject: Option<String>,
}

/// As [`write_link`], where something else makes the action a success.
pub(crate) async fn store_link<U: Authenticated>(
    cx: &Context<U>,
    connection: &mut Conn<U>,
    addressee: Addressee<'_, U>,
    link: Link,
) -> Result<Option<StoredLink>, Error> {
    let tokens = cx.auth.tokens().ok_or(Error::NoSuchAction)?;
    let now = cx.auth.now();
    // Over the limit nothing of anybody's is voided, stored or sent (promise RL-05).
    let addressee = if cx.may_send() {
        addressee
    } else {
        Addressee::Nobody
    };
    let is_person = matches!(addressee, Addressee::Person(_));
    let mut carries_token = true;
    let (subject, mut letter) = match addressee {
        Addressee::Person(user) => {
            U::lock(connection, user.key()).await?;
            (subject(user), Letter::to_person(link.kind, link.strategy, user))
        }
        Addressee::Newcomer { field, identity } => {
            let letter = Letter::to_identity(link.kind, link.strategy, field, identity);
            (newcomer(cx, identity), letter)
        }
        Addressee::Nobody => {
            let name = nobody()?;
            let letter = Letter::to_nobody::<U>(link.strategy, &name);
            (nobodys_subject::<U>(&name), letter)
        }
        Addressee::Other(letter) => {
            carries_token = false;
            (nobodys_subject::<U>(&nobody()?), *letter)
        }
    };
    void_links(
        cx,
        connection,
        &subject,
        link.purpose,
        link.kept.add_on.as_deref(),
    )
    .await?;
    let mut new = NewToken::new(link.purpose, subject);
    new.lifetime = Some(link.lifetime);
    new.act = Some(link.act.to_owned());
    new.identity = link.identity;
    let claims = tokens.mint(now, new)?.claims;
    let kept = link.kept.json()?;
    if !cx.may_send() {
        return Ok(None);
    }
    let row = NewTokenRow {
        extra_data: kept.as_deref(),
        ..NewTokenRow::of(&claims)
    };
    U::Tokens::store(connection, row, now).await?;
    let subject = is_person.then(|| claims.sub.clone());
    if let Some((field, value)) = link.to.filter(|_| carries_token) {
        letter = letter.with_field(field, value);
    }
    if carries_token {
        letter = link
            .data
            .into_iter()
            .fold(letter, |letter, (name, value)| letter.with_data(name, value));
        letter = letter.with_token(claims);
    }
    let queued = cx.auth.enqueue(connection, letter).await?;
    Ok(Some(StoredLink { queued, subject }))
}

fn nobody() -> Result<String, Error> {
    Ok(format!("nobody-{}", crate::random::identifier()?))
}

fn nobodys_subject<U: Authenticated>(name: &str) -> String {
    subject_text(U::SETTINGS.subject_name, <U as Resource>::KEY_COLUMN, name)
}

/// Voids the live links of a subject for a purpose: all of them, or those of one add-on.
pub(crate) async fn void_links<U: Authenticated>(
    cx: &Context<U>,
    connection: &mut Conn<U>,
    subject: &str,
    purpose: Purpose,
    add_on: Option<&str>,
) -> Result<(), Error> {
    let now = cx.auth.now();
    let Some(add_on) = add_on else {
        U::Tokens::revoke_subject(connection, subject, Some(purpose), now).await?;
        return Ok(());
    };
    for (jti, _) in links_of::<U>(cx, connection, subject, purpose, add_on).await? {
        U::Tokens::revoke(connection, &jti, now).await?;
    }
    Ok(())
}

/// The live links of a subject that belong to an add-on, each with what is kept about it.
pub(crate) async fn links_of<U: Authenticated>(
    cx: &Context<U>,
    connection: &mut Conn<U>,
    subject: &str,
    purpose: Purpose,
    add_on: &str,
) -> Result<Vec<(String, Kept)>, Error> {
    // A newer link voids an older one, so there are as many as there are add-ons.
    const MOST: i64 = 64;
    let live = U::Tokens::live_of_subject(connection, subject, &[purpose], cx.auth.now(), MOST).await?;
    let kept = live.into_iter().filter_map(|row| {
        let kept = Kept::read(row.extra_data.as_deref())?;
        (kept.add_on.as_deref() == Some(add_on)).then_some((row.jti, kept))
    });
    Ok(kept.collect())
}
