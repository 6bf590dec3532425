use std::sync::Arc;

use secrecy::ExposeSecret;

use super::{Cx, refused, spend};
use crate::{
    error::{Cause, Error},
    session::{FirstFactor, SignedIn, key_of, mint},
    strategies::password::{Exchange, METHOD, Password},
    strategy::{Act, Outcome, Sort, perform},
    token::Purpose,
    user::Authenticated,
};

/// Exchanges a sign-in token for a session, once.
///
/// # Errors
/// [`Error::AuthenticationFailed`] for a token that does not work, whatever the reason; [`Error::Storage`].
pub async fn exchange<S: Password>(cx: &Cx<S>, input: Exchange) -> Outcome<SignedIn<S::User>> {
    let act = Act::new(S::CONFIG.name, "sign_in_with_token", Sort::Proof);
    perform(cx, act, |cx| async move {
        let cx = cx.remembering(input.remember_me);
        try_exchange::<S>(&cx, input).await
    })
    .await
}

async fn try_exchange<S: Password>(cx: &Cx<S>, input: Exchange) -> Result<SignedIn<S::User>, Error> {
    let config = &S::CONFIG;
    let refuse = |cause| refused::<S>("sign_in_with_token", cause);
    let tokens = cx
        .auth
        .tokens()
        .filter(|_| config.sign_in_enabled && config.sign_in_tokens_enabled);
    let tokens = tokens.ok_or(Error::NoSuchAction)?;
    let now = cx.auth.now();
    let claims = tokens
        .verify(input.token.expose_secret(), Purpose::SignIn, now)
        .map_err(|_| refuse(Cause::TokenInvalid))?;
    if claims.act.as_deref() != Some(config.sign_in_with_token_action_name) {
        return Err(refuse(Cause::WrongAction));
    }
    let key = key_of::<S::User>(&claims.sub).ok_or_else(|| refuse(Cause::ForeignSubject))?;
    cx.concerns(&claims.sub);
    let job = Arc::new((cx.clone(), claims, key));
    cx.auth
        .write(move |connection| {
            let job = Arc::clone(&job);
            Box::pin(async move {
                let (cx, claims, key) = &*job;
                // The person before their tokens, in the order of everything else that writes both.
                if <S::User as Authenticated>::lock(connection, key).await? == 0 {
                    return Err(refuse(Cause::NoSubject));
                }
                if !spend::<S>(connection, claims, Purpose::SignIn, now).await? {
                    return Err(refuse(Cause::TokenSpent));
                }
                let user = <S::User as Authenticated>::find(connection, key).await?;
                let user = user.ok_or_else(|| refuse(Cause::NoSubject))?;
                let factor = FirstFactor::new(Arc::new(user), config.name, "sign_in_with_token", METHOD);
                mint(cx, connection, factor.carried_by(claims)).await
            })
        })
        .await
}
