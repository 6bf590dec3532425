use super::SignIn;
use crate::{
    context::Context,
    error::Error,
    session::{Renewal, SignedIn, renew},
    strategy::{Act, Outcome, Sort, perform},
    token::Purpose,
    user::Authenticated,
};

/// Signs a browser in with the token out of its cookie. The token is spent; the answer brings the next one, and a
/// session that ends when remembering does (promise SE-07).
///
/// # Errors
/// [`Error::AuthenticationFailed`] for a token that does not work, whatever the reason. One that was used before has
/// then ended its session. [`Error::Storage`].
pub async fn sign_in<U: Authenticated>(cx: &Context<U>, input: SignIn) -> Outcome<SignedIn<U>> {
    let Some(config) = U::SETTINGS.remember_me else {
        return Outcome::of("remember_me", "sign_in", Err(Error::NoSuchAction));
    };
    let act = Act::new(config.name, "sign_in", Sort::Proof);
    perform(cx, act, |mut cx| async move {
        // The session goes into a cookie beside the one that remembers, whoever asks for it.
        cx.for_page = true;
        let renewal = Renewal {
            strategy: config.name,
            action: "sign_in",
            purpose: Purpose::RememberMe,
            grace: config.grace(),
        };
        renew(&cx, &renewal, &input.token).await
    })
    .await
}
