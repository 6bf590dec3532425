use std::{collections::HashSet, sync::Arc};

use time::OffsetDateTime;

use super::{STRATEGY, TokensRevoked, key_of};
use crate::{
    add_ons::log_out_everywhere,
    authentication::Authentication,
    context::Context,
    error::{AuthenticationFailed, Cause, Error},
    resources::token::{NewTokenRow, Selection, StoredToken, TokenStore, revoke_or_insert},
    sender::{Letter, MessageKind},
    session::list::LIMIT,
    strategy::{Act, Sort, perform},
    token::{Claims, Purpose},
    user::{Authenticated, Conn},
};

/// What was ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ended {
    /// How many sessions.
    pub sessions: usize,
    /// How many tokens, those of the sessions included. Some may have been about to expire or just over.
    pub tokens: usize,
    /// Whether the session that asked for it was among them.
    pub current: bool,
}

impl Ended {
    /// The session that asked for it, and no other.
    #[cfg(feature = "oauth")]
    pub(crate) const fn own() -> Self {
        Self {
            sessions: 1,
            tokens: 1,
            current: true,
        }
    }
}

/// Ends one token and nothing else.
pub(super) async fn token<U: Authenticated>(
    connection: &mut Conn<U>,
    claims: &Claims,
    now: OffsetDateTime,
) -> Result<(), Error> {
    revoke_or_insert::<U::Tokens, _>(connection, NewTokenRow::of(claims), now).await
}

/// Ends the session that a token belongs to: its whole family, or the token alone if it has none.
pub(super) async fn session_of<U: Authenticated>(
    connection: &mut Conn<U>,
    claims: &Claims,
    now: OffsetDateTime,
) -> Result<(), Error> {
    match family_of::<U>(connection, claims).await? {
        Some(family) => {
            U::Tokens::revoke_family(connection, &claims.sub, &family, now).await?;
            Ok(())
        }
        None => token::<U>(connection, claims, now).await,
    }
}

/// The same, and says which live tokens of the family were session tokens.
pub(super) async fn session_with_rows<U: Authenticated>(
    connection: &mut Conn<U>,
    claims: &Claims,
    now: OffsetDateTime,
) -> Result<Vec<StoredToken>, Error> {
    let Some(family) = family_of::<U>(connection, claims).await? else {
        token::<U>(connection, claims, now).await?;
        return Ok(Vec::new());
    };
    let (_, mut ended) = end_which::<U>(connection, &claims.sub, &Which::One(family), now).await?;
    ended.retain(|row| row.purpose == Purpose::User.as_str());
    Ok(ended)
}

async fn family_of<U: Authenticated>(
    connection: &mut Conn<U>,
    claims: &Claims,
) -> Result<Option<String>, Error> {
    let row = U::Tokens::find(connection, &claims.jti).await?;
    let row = row.filter(|row| row.subject == claims.sub);
    Ok(row.and_then(|row| row.family))
}

/// Which sessions to end.
pub(super) enum Which {
    One(String),
    /// All but the one of this token.
    Others(String),
    Before(OffsetDateTime),
    Everything {
        included: Option<&'static [Purpose]>,
        excluded: &'static [Purpose],
        /// The token of a session that goes on.
        except: Option<String>,
        /// API keys end too.
        api_keys: bool,
        /// The add-on whose sender tells the owner.
        notice: &'static str,
    },
}

/// Ends what whoever is signed in holds, in the action of an add-on.
pub(crate) async fn end_everywhere<U: Authenticated>(
    cx: &Context<U>,
    config: &log_out_everywhere::Config,
    except_this_session: bool,
) -> Result<Ended, Error> {
    let not_signed_in = || {
        Error::from(AuthenticationFailed::new(
            config.name,
            "log_out",
            Cause::NotSignedIn,
        ))
    };
    let session = cx.session().ok_or_else(not_signed_in)?;
    cx.concerns(session.subject());
    let which = Which::Everything {
        included: config.include_purposes,
        excluded: config.exclude_purposes,
        except: except_this_session.then(|| session.jti().to_owned()),
        api_keys: config.api_keys,
        notice: config.name,
    };
    let ended = cx
        .auth
        .end(session.subject(), which, Some(session.jti()), Some(cx))
        .await?;
    ended.ok_or_else(not_signed_in)
}

impl<U: Authenticated> Context<U> {
    /// Ends one session of whoever is signed in, by the id that [`Context::sessions`] shows (promise SE-10). The id of
    /// somebody else's session is the id of nothing.
    ///
    /// # Errors
    /// [`Error::AuthenticationFailed`] when nobody is signed in; [`Error::Storage`].
    pub async fn end_session(&self, id: &str) -> Result<Ended, Error> {
        let id = id.to_owned();
        self.end("end_session", move |_| Which::One(id)).await
    }

    /// Ends all sessions of whoever is signed in, except the one that the context stands for (promise SE-10).
    ///
    /// # Errors
    /// As [`Context::end_session`].
    pub async fn end_other_sessions(&self) -> Result<Ended, Error> {
        self.end("end_other_sessions", |jti| Which::Others(jti.to_owned()))
            .await
    }

    async fn end(
        &self,
        action: &'static str,
        which: impl FnOnce(&str) -> Which + Send,
    ) -> Result<Ended, Error> {
        let mut act = Act::new(STRATEGY, action, Sort::Account);
        if let Some(session) = self.session() {
            act = act.about(session.subject());
        }
        let outcome = perform(self, act, |cx| async move {
            let not_signed_in =
                || Error::from(AuthenticationFailed::new(STRATEGY, action, Cause::NotSignedIn));
            let session = cx.session().ok_or_else(not_signed_in)?;
            cx.concerns(session.subject());
            let (subject, jti) = (session.subject(), session.jti());
            let ended = cx.auth.end(subject, which(jti), Some(jti), Some(&cx)).await?;
            // Its own session was ended meanwhile: it has no say any more.
            ended.ok_or_else(not_signed_in)
        });
        self.record(outcome.await).await
    }
}

impl<U: Authenticated> Authentication<U> {
    /// Ends one session of a subject, such as `user?id=42`, for pages of administrators.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn end_session_of(&self, subject: &str, id: &str) -> Result<Ended, Error> {
        let ended = self.end(subject, Which::One(id.to_owned()), None, None).await;
        ended.map(Option::unwrap_or_default)
    }

    /// Revokes everything that a subject was given before `moment`: sessions and one-time tokens alike (promise
    /// TK-08). A session that was renewed since is as old as its sign-in. Every process refuses them from its next
    /// request on. API keys are no tokens and go on.
    ///
    /// Tokens that left no row (`store_all_tokens: false`) are not known and not ended.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn revoke_issued_before(&self, subject: &str, moment: OffsetDateTime) -> Result<Ended, Error> {
        let ended = self.end(subject, Which::Before(moment), None, None).await;
        ended.map(Option::unwrap_or_default)
    }

    /// `None` when the session `asking` is over.
    async fn end(
        &self,
        subject: &str,
        which: Which,
        asking: Option<&str>,
        context: Option<&Context<U>>,
    ) -> Result<Option<Ended>, Error> {
        let Some(key) = key_of::<U>(subject) else {
            return Ok(None);
        };
        let now = self.now();
        let job = Arc::new((
            subject.to_owned(),
            key,
            which,
            asking.map(str::to_owned),
            context.cloned(),
            self.tenant()?.clone(),
            self.clone(),
        ));
        let done = self
            .write(move |connection| {
                let job = Arc::clone(&job);
                Box::pin(async move {
                    let (subject, key, which, asking, context, tenant, auth) = &*job;
                    // The person before their tokens, in the order of everything else that writes both.
                    U::lock(connection, key).await?;
                    let user = U::find(connection, key).await?;
                    let Some(user) = user.filter(|user| user.tenant() == *tenant) else {
                        return Ok(None);
                    };
                    if let Some(asking) = asking
                        && U::Tokens::is_revoked(connection, asking).await?
                    {
                        return Ok(None);
                    }
                    let ended = end_which::<U>(connection, subject, which, now).await?;
                    if let Which::Everything { api_keys: true, .. } = which {
                        for keys in auth.api_keys() {
                            keys.revoke_all(connection, subject, now).await?;
                        }
                    }
                    if let Some(context) = context {
                        context.succeed(connection, Some(subject)).await?;
                    }
                    let notice = match which {
                        Which::Everything { notice, .. } if ended.0 > 0 && auth.has_sender(notice) => {
                            let letter = Letter::to_person(MessageKind::SessionsEnded, notice, &user);
                            Some(auth.enqueue(connection, letter).await?)
                        }
                        _ => None,
                    };
                    Ok(Some((ended, notice)))
                })
            })
            .await?;
        let Some(((tokens, gone), notice)) = done else {
            return Ok(None);
        };
        drop(self.deliver_if(notice));
        let mut sessions = HashSet::new();
        let mut current = false;
        for row in &gone {
            sessions.insert(row.session_id());
            current |= asking == Some(row.jti.as_str());
            if row.purpose == Purpose::User.as_str() {
                self.tell_revoked(&TokensRevoked::Token { jti: row.jti.clone() });
            }
        }
        Ok(Some(Ended {
            sessions: sessions.len(),
            tokens,
            current,
        }))
    }
}

/// Says how many tokens were ended, and which of them made up sessions.
pub(super) async fn end_which<U: Authenticated>(
    connection: &mut Conn<U>,
    subject: &str,
    which: &Which,
    now: OffsetDateTime,
) -> Result<(usize, Vec<StoredToken>), Error> {
    let kept;
    let selection = match which {
        Which::One(id) => Selection {
            session: Some(id),
            purposes: Some(Purpose::OF_SESSIONS),
            ..Selection::default()
        },
        Which::Others(jti) => {
            kept = U::Tokens::find(connection, jti).await?;
            let id = kept.as_ref().map_or(jti.as_str(), StoredToken::session_id);
            Selection {
                except_session: Some(id),
                purposes: Some(Purpose::OF_SESSIONS),
                ..Selection::default()
            }
        }
        Which::Everything {
            included,
            excluded,
            except,
            api_keys: _,
            notice: _,
        } => {
            kept = match except {
                Some(jti) => U::Tokens::find(connection, jti).await?,
                None => None,
            };
            let id = kept.as_ref().map(StoredToken::session_id);
            Selection {
                purposes: *included,
                excluded_purposes: excluded,
                except_session: id.or(except.as_deref()),
                ..Selection::default()
            }
        }
        Which::Before(moment) => Selection {
            issued_before: Some(*moment),
            ..Selection::default()
        },
    };
    let purposes = Purpose::OF_SESSIONS;
    let mut gone = U::Tokens::live_of_subject(connection, subject, purposes, now, LIMIT).await?;
    let tokens = U::Tokens::revoke_selected(connection, subject, &selection, now).await?;
    let left = U::Tokens::live_of_subject(connection, subject, purposes, now, LIMIT).await?;
    gone.retain(|row| !left.iter().any(|other| other.jti == row.jti));
    Ok((tokens, gone))
}
