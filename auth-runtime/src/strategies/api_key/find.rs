use std::sync::Arc;

use subtle::ConstantTimeEq;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    ApiKey, Cx,
    format::{self, Material},
    noted::EVERY,
    parts::Ready,
};
use crate::{
    api_key::CurrentKey,
    db::{Id, Key},
    error::{AuthenticationFailed, Cause, Error},
    resources::api_key::{ApiKeyStore, StoredApiKey},
    session::key_of,
    strategy::Outcome,
    user::{Authenticated, Resource},
};

/// The action that a use of a key is recorded as.
const ACTION: &str = "authenticate";

impl<S: ApiKey> Ready<S> {
    /// The key with this text, if it counts. It costs no query, or two reads by primary key whatever comes of it
    /// (promises AK-01, AK-02).
    pub(super) async fn find_key(
        &self,
        cx: &Cx<S>,
        text: &str,
    ) -> Result<Option<CurrentKey<S::User>>, Error> {
        // Where nobody said which tenant, no key counts.
        let (Some(presented), Ok(tenant)) = (format::parse(text, S::CONFIG.prefix), cx.auth.tenant()) else {
            return Ok(None);
        };
        let (row, user) = look_up::<S>(cx, presented.id()).await?;
        let now = cx.auth.now();
        match judge::<S>(cx, tenant, &presented, row.as_ref(), user.as_ref()) {
            Ok(()) => {}
            Err(cause) => {
                self.tell_refused(cx, row.as_ref(), cause, now);
                return Ok(None);
            }
        }
        let (Some(row), Some(user)) = (row, user) else {
            return Ok(None);
        };
        self.note_use(cx, &row, now);
        Ok(Some(CurrentKey {
            user: Arc::new(user),
            subject: row.subject,
            id: row.id,
            name: row.name,
            strategy: S::CONFIG.name,
            scopes: declared::<S>(&row.scopes),
            expires_at: row.expires_at.get(),
        }))
    }

    /// Notes a use at most once in a while, beside the request. One note is one event.
    fn note_use(&self, cx: &Cx<S>, row: &StoredApiKey, now: OffsetDateTime) {
        let recent = row.last_used_at.is_some_and(|at| now - at.get() < EVERY);
        if recent || !self.used.first(row.id, now) {
            return;
        }
        let (cx, id, subject) = (cx.clone(), row.id, row.subject.clone());
        cx.auth.clone().in_background(async move {
            let noted = cx
                .auth
                .write(move |connection| {
                    Box::pin(async move { Ok(S::Keys::note_use(connection, id, now, now - EVERY).await?) })
                })
                .await;
            match noted {
                // Another process was first.
                Ok(0) => {}
                Ok(_) => record::<S>(&cx, &subject, Ok(())).await,
                Err(error) => tracing::warn!(%error, "the use of an API key could not be noted"),
            }
        });
    }

    /// Records that a key was refused, at most once in a while: whoever has an expired key tries it again and again.
    fn tell_refused(&self, cx: &Cx<S>, row: Option<&StoredApiKey>, cause: Cause, now: OffsetDateTime) {
        // All unknown keys are one, so that nobody fills a log with them.
        let id = row.map_or(Id::from_uuid(Uuid::nil()), |row| row.id);
        if !self.refused.first(id, now) {
            return;
        }
        let subject = row.map(|row| row.subject.clone()).unwrap_or_default();
        let cx = cx.clone();
        cx.auth.clone().in_background(async move {
            record::<S>(&cx, &subject, Err(cause)).await;
        });
    }
}

async fn record<S: ApiKey>(cx: &Cx<S>, subject: &str, result: Result<(), Cause>) {
    let name = S::CONFIG.name;
    let result = result.map_err(|cause| AuthenticationFailed::new(name, ACTION, cause).into());
    let mut outcome = Outcome::of(name, ACTION, result);
    if !subject.is_empty() {
        outcome.event.subject = Some(subject.into());
    }
    // The event is what this is for; the result is known.
    let _ = cx.record(outcome).await;
}

/// The row and its owner. Where there is none, somebody who does not exist is looked up instead.
async fn look_up<S: ApiKey>(cx: &Cx<S>, id: Id) -> Result<(Option<StoredApiKey>, Option<S::User>), Error> {
    let now = cx.auth.now();
    cx.auth
        .read(move |connection| {
            Box::pin(async move {
                let row = S::Keys::find(connection, id).await?;
                let key = row.as_ref().and_then(|row| key_of::<S::User>(&row.subject));
                let known = key.is_some();
                let user = match key.or_else(|| nobody::<S::User>(now)) {
                    Some(key) => <S::User as Authenticated>::find(connection, &key).await?,
                    None => None,
                };
                Ok((row, user.filter(|_| known)))
            })
        })
        .await
}

/// A key that nobody has, of whatever type keys are.
fn nobody<U: Resource>(now: OffsetDateTime) -> Option<U::Key> {
    U::Key::generate(now).or_else(|| U::Key::from_text("0"))
}

/// Whether the key counts. Every question is asked, whatever the answers were so far.
fn judge<S: ApiKey>(
    cx: &Cx<S>,
    tenant: &<S::User as Authenticated>::Tenant,
    presented: &Material,
    row: Option<&StoredApiKey>,
    user: Option<&S::User>,
) -> Result<(), Cause> {
    let now = cx.auth.now();
    let stored = row.map_or(&[0; 32][..], |row| &row.key_hash);
    let same = bool::from(presented.digest().as_slice().ct_eq(stored));
    let same = same & row.is_some_and(|row| row.prefix == S::CONFIG.prefix);
    let expired = row.is_some_and(|row| row.expires_at.get() <= now);
    let revoked = row.is_some_and(|row| row.revoked_at.is_some());
    // The owner's tenant is the key's (promise TN-01).
    let user = user.filter(|user| user.tenant() == *tenant);
    let admitted = user.map_or(Err(Cause::NoSubject), |user| cx.auth.admit(user));
    if !same {
        return Err(Cause::KeyInvalid);
    }
    if revoked {
        return Err(Cause::KeyRevoked);
    }
    if expired {
        return Err(Cause::KeyExpired);
    }
    admitted
}

/// The stored scopes that the block still declares.
fn declared<S: ApiKey>(stored: &str) -> Vec<&'static str> {
    let known = S::CONFIG.scopes.iter().copied();
    known
        .filter(|scope| stored.split_whitespace().any(|word| word == *scope))
        .collect()
}
