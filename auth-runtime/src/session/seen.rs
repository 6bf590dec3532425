use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use time::{Duration, OffsetDateTime};

use super::end;
use crate::{
    authentication::Authentication,
    resources::token::{SessionRow, TokenStore},
    token::Claims,
    user::Authenticated,
};

/// The use of a session is noted at most once in this time.
const PAUSE: Duration = Duration::minutes(5);

/// How many notes may be under way at once. One that finds no place is left to the next request.
const AT_ONCE: usize = 256;

/// The sessions whose use is being noted by this process, so that parallel requests of one page write once.
#[derive(Debug, Default)]
pub(crate) struct Noting(Mutex<HashSet<String>>);

impl Noting {
    fn begin(&self, jti: &str) -> bool {
        let mut under_way = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.len() < AT_ONCE && under_way.insert(jti.to_owned())
    }

    fn end(&self, jti: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(jti);
    }
}

/// How long a session may lie unused.
pub(super) fn idle_limit<U: Authenticated>() -> Option<Duration> {
    let seconds = U::SETTINGS.tokens.session_idle_timeout_seconds?;
    Some(Duration::seconds(i64::try_from(seconds).unwrap_or(i64::MAX)))
}

/// The pause between two notes. A session that is used until just before the next note may end this much too early,
/// so a short limit is noted more often.
fn pause<U: Authenticated>() -> Duration {
    idle_limit::<U>().map_or(PAUSE, |limit| (limit / 10_i32).min(PAUSE))
}

impl<U: Authenticated> Authentication<U> {
    /// Whether a session was used recently enough (promise SE-04). Notes this use of it beside the request, now and
    /// then, and ends for good what was left alone for too long.
    pub(super) fn is_in_use(&self, claims: &Arc<Claims>, row: &SessionRow, now: OffsetDateTime) -> bool {
        let seen = row.last_seen_at.map_or_else(|| claims.issued_at(), |at| at.get());
        let unused = now - seen;
        let over = idle_limit::<U>().is_some_and(|limit| unused >= limit);
        if (over || unused >= pause::<U>()) && self.noting().begin(&claims.jti) {
            let (auth, claims, family) = (self.clone(), Arc::clone(claims), row.family.clone());
            self.in_background(async move {
                let noted = auth.note(&claims, family, over, now).await;
                auth.noting().end(&claims.jti);
                if let Err(error) = noted {
                    tracing::debug!(%error, "the use of a session could not be noted");
                }
            });
        }
        !over
    }

    async fn note(
        &self,
        claims: &Arc<Claims>,
        family: Option<String>,
        over: bool,
        now: OffsetDateTime,
    ) -> Result<(), crate::Error> {
        let job = Arc::new((Arc::clone(claims), family));
        self.write(move |connection| {
            let job = Arc::clone(&job);
            Box::pin(async move {
                let (claims, family) = &*job;
                if over {
                    end::token::<U>(connection, claims, now).await?;
                } else {
                    let before = now - pause::<U>() / 2;
                    U::Tokens::touch(connection, &claims.jti, family.as_deref(), now, before).await?;
                }
                Ok(())
            })
        })
        .await
    }
}
