use serde::Serialize;

use super::{STRATEGY, key_of, seen::idle_limit};
use crate::{
    authentication::Authentication,
    context::Context,
    db::UtcTimestamp,
    error::{AuthenticationFailed, Cause, Error},
    resources::token::{StoredToken, TokenStore},
    token::Purpose,
    user::Authenticated,
};

/// How many rows a list is made of. A person with more sees the newest.
pub(super) const LIMIT: i64 = 1000;

/// One session, as its owner sees it (promise SE-10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SessionInfo {
    /// Names the session for [`Context::end_session`]. It is no secret and no token can be made from it.
    pub id: String,
    /// Whether the request came with this session.
    pub current: bool,
    /// When the person signed in.
    pub signed_in_at: UtcTimestamp,
    /// When the session was last used, give or take five minutes.
    pub last_seen_at: UtcTimestamp,
    /// When it ends at the latest.
    pub expires_at: UtcTimestamp,
    /// The client by its own word: text from outside, at most 256 characters.
    pub user_agent: Option<String>,
    /// Where the client was when it last signed in or renewed the session.
    pub client_address: Option<String>,
}

impl<U: Authenticated> Context<U> {
    /// The live sessions of whoever is signed in, newest sign-in first (promise SE-10).
    ///
    /// Sessions that left no row (`store_all_tokens: false`) are not known.
    ///
    /// # Errors
    /// [`Error::AuthenticationFailed`] when nobody is signed in; [`Error::Storage`].
    pub async fn sessions(&self) -> Result<Vec<SessionInfo>, Error> {
        let session = self
            .session()
            .ok_or_else(|| AuthenticationFailed::new(STRATEGY, "list", Cause::NotSignedIn))?;
        self.auth.list(session.subject(), Some(session.jti())).await
    }
}

impl<U: Authenticated> Authentication<U> {
    /// The live sessions of a subject, such as `user?id=42`, for pages of administrators.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn sessions_of(&self, subject: &str) -> Result<Vec<SessionInfo>, Error> {
        self.list(subject, None).await
    }

    async fn list(&self, subject: &str, current: Option<&str>) -> Result<Vec<SessionInfo>, Error> {
        let Some(key) = key_of::<U>(subject) else {
            return Ok(Vec::new());
        };
        let (now, tenant) = (self.now(), self.tenant()?.clone());
        let subject = subject.to_owned();
        let rows = self
            .read(move |connection| {
                let (subject, key, tenant) = (subject.clone(), key.clone(), tenant.clone());
                Box::pin(async move {
                    let user = U::find(connection, &key).await?;
                    if user.is_none_or(|user| user.tenant() != tenant) {
                        return Ok(Vec::new());
                    }
                    let purposes = Purpose::OF_SESSIONS;
                    U::Tokens::live_of_subject(connection, &subject, purposes, now, LIMIT).await
                })
            })
            .await?;
        let mut sessions = sessions_in(&rows, current);
        if let Some(limit) = idle_limit::<U>() {
            sessions.retain(|session| now - session.last_seen_at.get() < limit);
        }
        Ok(sessions)
    }
}

/// The sessions that rows, newest first, belong to.
fn sessions_in(rows: &[StoredToken], current: Option<&str>) -> Vec<SessionInfo> {
    let mut sessions: Vec<SessionInfo> = Vec::new();
    for row in rows {
        let (id, is_current) = (row.session_id(), current == Some(row.jti.as_str()));
        let seen = row.last_seen_at.unwrap_or(row.created_at);
        match sessions.iter_mut().find(|session| session.id == id) {
            Some(session) => {
                session.current |= is_current;
                session.last_seen_at = session.last_seen_at.max(seen);
                session.expires_at = session.expires_at.max(row.expires_at);
            }
            None => sessions.push(SessionInfo {
                id: id.to_owned(),
                current: is_current,
                signed_in_at: row.signed_in_at.unwrap_or(row.created_at),
                last_seen_at: seen,
                expires_at: row.expires_at,
                user_agent: row.user_agent.clone(),
                client_address: row.client_address.clone(),
            }),
        }
    }
    sessions.sort_by_key(|session| std::cmp::Reverse(session.signed_in_at));
    sessions
}
