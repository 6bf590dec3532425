use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use time::Duration;

use super::{
    FirstFactor, STRATEGY, SignedIn, TokenReused, key_of,
    mint::{Continued, mint},
    renew::{Presented, present},
};
use crate::{
    context::Context,
    error::{AuthenticationFailed, Cause, Error},
    resources::token::StoredToken,
    sender::{Letter, MessageKind, Queued},
    strategy::{Act, Sort, perform},
    token::Purpose,
    user::Authenticated,
};

impl<U: Authenticated> Context<U> {
    /// Spends a refresh token and answers with a new session token and the next refresh token (promise SE-07).
    ///
    /// The person has proven nothing anew: `auth_time` and `amr` are those of the sign-in, and so is the end of the
    /// session.
    ///
    /// # Errors
    /// [`Error::InvalidToken`] for a token that does not work, whatever the reason. One that was used before has then
    /// ended its session. [`Error::NoSuchAction`] without a `refresh` block; [`Error::Storage`].
    pub async fn refresh(&self, token: &SecretString) -> Result<SignedIn<U>, Error> {
        let act = Act::new(STRATEGY, "refresh", Sort::Proof);
        let outcome = perform(self, act, |cx| async move {
            let settings = U::SETTINGS.tokens.refresh.ok_or(Error::NoSuchAction)?;
            let renewal = Renewal {
                strategy: STRATEGY,
                action: "refresh",
                purpose: Purpose::Refresh,
                grace: settings.grace(),
            };
            renew(&cx, &renewal, token).await
        });
        self.record(outcome.await).await
    }
}

/// How a session is renewed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Renewal {
    /// Whose action it is, for events.
    pub(crate) strategy: &'static str,
    pub(crate) action: &'static str,
    /// What the token must be for.
    pub(crate) purpose: Purpose,
    /// How long requests beside the one that spends a token get the same successor.
    pub(crate) grace: Duration,
}

impl Renewal {
    fn refuse(&self, cause: Cause) -> Error {
        match self.purpose {
            Purpose::Refresh => Error::InvalidToken {
                purpose: self.purpose,
                cause,
            },
            _ => AuthenticationFailed::new(self.strategy, self.action, cause).into(),
        }
    }
}

/// What the transaction came to. A family that was ended must be committed, so it is no error in there.
enum Renewed<U> {
    SignedIn(SignedIn<U>),
    Reused {
        session: String,
        ended: Vec<StoredToken>,
        notice: Option<Queued>,
    },
    Refused(Cause),
}

/// Spends a token that renews a session, and makes a session token and the next one of its kind.
pub(crate) async fn renew<U: Authenticated>(
    cx: &Context<U>,
    renewal: &Renewal,
    token: &SecretString,
) -> Result<SignedIn<U>, Error> {
    let tokens = cx.auth.tokens().ok_or(Error::NoSuchAction)?;
    let claims = tokens
        .verify(token.expose_secret(), renewal.purpose, cx.auth.now())
        .map_err(|_| renewal.refuse(Cause::TokenInvalid))?;
    if cx
        .session()
        .is_some_and(|session| session.subject() != claims.sub)
    {
        // Credentials of two people in one request (promise SE-11).
        return Err(renewal.refuse(Cause::ForeignSubject));
    }
    cx.concerns(&claims.sub);
    let key = key_of::<U>(&claims.sub).ok_or_else(|| renewal.refuse(Cause::ForeignSubject))?;
    let subject = claims.sub.clone();
    let job = Arc::new((cx.clone(), *renewal, claims, key));
    let renewed = cx
        .auth
        .write(move |connection| {
            let job = Arc::clone(&job);
            Box::pin(async move {
                let (cx, renewal, claims, key) = &*job;
                if U::lock(connection, key).await? == 0 {
                    return Ok(Renewed::Refused(Cause::NoSubject));
                }
                let Some(user) = U::find(connection, key).await? else {
                    return Ok(Renewed::Refused(Cause::NoSubject));
                };
                if let Err(cause) = cx.auth.admit(&user) {
                    return Ok(Renewed::Refused(cause));
                }
                match present(cx, connection, claims, renewal.grace).await? {
                    Presented::Refused(cause) => Ok(Renewed::Refused(cause)),
                    Presented::Reused { session, ended } => {
                        let sender = renewal.strategy;
                        let notice = if cx.auth.has_sender(sender) {
                            let letter = Letter::to_person(MessageKind::TokenReuse, sender, &user);
                            Some(cx.auth.enqueue(connection, letter).await?)
                        } else {
                            None
                        };
                        Ok(Renewed::Reused {
                            session,
                            ended,
                            notice,
                        })
                    }
                    Presented::Renewed(next) => {
                        let user = Arc::new(user);
                        let factor = FirstFactor::new(user, renewal.strategy, renewal.action, "")
                            .carried_by(claims)
                            .with_claims(next.carried)
                            .continuing(Continued {
                                family: next.family,
                                next: next.token,
                            });
                        mint(cx, connection, factor).await.map(Renewed::SignedIn)
                    }
                }
            })
        })
        .await?;
    match renewed {
        Renewed::SignedIn(signed_in) => Ok(signed_in),
        Renewed::Refused(cause) => Err(renewal.refuse(cause)),
        Renewed::Reused {
            session,
            ended,
            notice,
        } => {
            drop(cx.auth.deliver_if(notice));
            let reused = TokenReused {
                subject,
                session,
                purpose: renewal.purpose,
            };
            cx.auth.tell_reused(&reused, &ended);
            Err(renewal.refuse(Cause::TokenReused))
        }
    }
}
