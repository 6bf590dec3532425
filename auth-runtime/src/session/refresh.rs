use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use super::{
    FirstFactor, STRATEGY, SignedIn, TokenReused, key_of,
    mint::{Continued, mint},
    renew::{Presented, present},
};
use crate::{
    context::Context,
    error::{Cause, Error},
    resources::token::StoredToken,
    strategy::{Act, Sort, perform},
    token::Purpose,
    user::Authenticated,
};

/// What the transaction came to. A family that was ended must be committed, so it is no error in there.
enum Refreshed<U> {
    SignedIn(SignedIn<U>),
    Reused {
        session: String,
        ended: Vec<StoredToken>,
    },
    Refused(Cause),
}

impl<U: Authenticated> Context<U> {
    /// Spends a refresh token and answers with a new access token and the next refresh token (promise SE-07).
    ///
    /// The person has proven nothing anew: `auth_time` and `amr` are those of the sign-in, and so is the end of the
    /// session.
    ///
    /// # Errors
    /// [`Error::InvalidToken`] for a token that does not work, whatever the reason. One that was used before has then
    /// ended its session. [`Error::NoSuchAction`] without a `refresh` block; [`Error::Storage`].
    pub async fn refresh(&self, token: &SecretString) -> Result<SignedIn<U>, Error> {
        let act = Act::new(STRATEGY, "refresh", Sort::Proof);
        let outcome = perform(self, act, |cx| async move { cx.try_refresh(token).await });
        self.record(outcome.await).await
    }

    async fn try_refresh(&self, token: &SecretString) -> Result<SignedIn<U>, Error> {
        let settings = U::SETTINGS.tokens.refresh.ok_or(Error::NoSuchAction)?;
        let tokens = self.auth.tokens().ok_or(Error::NoSuchAction)?;
        let purpose = Purpose::Refresh;
        let invalid = |cause| Error::InvalidToken { purpose, cause };
        let claims = tokens
            .verify(token.expose_secret(), purpose, self.auth.now())
            .map_err(|_| invalid(Cause::TokenInvalid))?;
        if self
            .session()
            .is_some_and(|session| session.subject() != claims.sub)
        {
            // Credentials of two people in one request (promise SE-11).
            return Err(invalid(Cause::ForeignSubject));
        }
        self.concerns(&claims.sub);
        let key = key_of::<U>(&claims.sub).ok_or_else(|| invalid(Cause::ForeignSubject))?;
        let subject = claims.sub.clone();
        let job = Arc::new((self.clone(), claims, key));
        let refreshed = self
            .auth
            .write(move |connection| {
                let job = Arc::clone(&job);
                Box::pin(async move {
                    let (cx, claims, key) = &*job;
                    if U::lock(connection, key).await? == 0 {
                        return Ok(Refreshed::Refused(Cause::NoSubject));
                    }
                    let Some(user) = U::find(connection, key).await? else {
                        return Ok(Refreshed::Refused(Cause::NoSubject));
                    };
                    if let Err(cause) = cx.auth.admit(&user) {
                        return Ok(Refreshed::Refused(cause));
                    }
                    match present(cx, connection, claims, settings.grace()).await? {
                        Presented::Refused(cause) => Ok(Refreshed::Refused(cause)),
                        Presented::Reused { session, ended } => Ok(Refreshed::Reused { session, ended }),
                        Presented::Renewed(renewed) => {
                            let ends_at = renewed.token.claims.expires_at();
                            let factor = FirstFactor::new(Arc::new(user), STRATEGY, "refresh", "")
                                .carried_by(claims)
                                .with_claims(renewed.carried)
                                .continuing(Continued {
                                    family: renewed.family,
                                    ends_at,
                                    refresh_token: Some(renewed.token.token),
                                });
                            mint(cx, connection, factor).await.map(Refreshed::SignedIn)
                        }
                    }
                })
            })
            .await?;
        match refreshed {
            Refreshed::SignedIn(signed_in) => Ok(signed_in),
            Refreshed::Refused(cause) => Err(invalid(cause)),
            Refreshed::Reused { session, ended } => {
                let reused = TokenReused {
                    subject,
                    session,
                    purpose,
                };
                self.auth.tell_reused(&reused, &ended);
                Err(invalid(Cause::TokenReused))
            }
        }
    }
}
