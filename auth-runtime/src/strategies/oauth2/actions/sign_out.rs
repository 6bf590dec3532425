use url::Url;

use super::{own, way};
use crate::{
    error::Error,
    session::CurrentSession,
    strategies::oauth2::{Cx, OAuth2, SignOut},
    strategy::{Outcome, Redirect, perform},
};

/// Ends the session of whoever is signed in, and says where the browser ends the one at the provider (OpenID Connect
/// RP-Initiated Logout 1.0); `None` where the provider offers no such place, or cannot be asked for it.
///
/// # Errors
/// [`Error::AuthenticationFailed`] when nobody is signed in; [`Error::Storage`].
pub async fn sign_out<S: OAuth2>(cx: &Cx<S>, SignOut {}: SignOut) -> Outcome<Option<Redirect>> {
    let own = own::<S>("sign_out");
    perform(cx, own.act(cx), |cx| async move {
        let session: &CurrentSession<S::User> = own.signed_in(&cx)?;
        cx.end_by(session.claims().clone()).await?;
        cx.leaves_session();
        match elsewhere::<S>(&cx).await {
            Ok(url) => Ok(url.map(Redirect::new)),
            Err(error) => {
                tracing::warn!(strategy = S::CONFIG.name, %error, "nobody is signed out at the provider");
                Ok(None)
            }
        }
    })
    .await
}

async fn elsewhere<S: OAuth2>(cx: &Cx<S>) -> Result<Option<Url>, Error> {
    let way = way::<S>(cx, "sign_out", None).await?;
    let home = cx.auth.public_url();
    Ok(way.provider.logout_url(None, home, None, cx.auth.now()).await?)
}
