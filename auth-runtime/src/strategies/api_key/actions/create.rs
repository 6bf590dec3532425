use std::sync::Arc;

use super::{NAME, SCOPES, Wanted, issue, lifetime, live_keys, notice, own};
use crate::{
    error::{Error, FieldError, FieldErrors},
    strategies::api_key::{ApiKey, Create, Cx, NewApiKey},
    strategy::{Outcome, perform},
};

/// The longest name of a key, in characters.
const NAME_LIMIT: usize = 100;

/// Makes a key for whoever is signed in. The answer holds the only copy of it.
///
/// # Errors
/// [`Error::AuthenticationFailed`] when nobody is signed in, a key in the request notwithstanding (promise AK-03);
/// [`Error::ReauthenticationRequired`] when the sign-in is too long ago; [`Error::Invalid`]; [`Error::Storage`].
pub async fn create<S: ApiKey>(cx: &Cx<S>, input: Create<S::User>) -> Outcome<NewApiKey> {
    perform(cx, own::<S>("create").act(cx), |cx| async move {
        try_create::<S>(&cx, input).await
    })
    .await
}

async fn try_create<S: ApiKey>(cx: &Cx<S>, input: Create<S::User>) -> Result<NewApiKey, Error> {
    own::<S>("create").fresh(cx, S::CONFIG.reauthentication_window())?;
    let mut errors = FieldErrors::default();
    let name = name(&input.name, &mut errors);
    let lifetime = lifetime::<S>(input.lifetime, &mut errors);
    let scopes = scopes::<S>(&input, &mut errors);
    errors.or(())?;

    let job = Arc::new((cx.clone(), name, scopes));
    let (key, notice) = cx
        .auth
        .write(move |connection| {
            let job = Arc::clone(&job);
            Box::pin(async move {
                let (cx, name, scopes) = &*job;
                let now = cx.auth.now();
                let (subject, _) = own::<S>("create").lock_admitted(cx, connection).await?;
                if live_keys::<S>(connection, subject, now).await?.len() >= S::CONFIG.maximum_keys {
                    return Err(FieldErrors::one(S::CONFIG.name, FieldError::TooMany).into());
                }
                let wanted = Wanted {
                    name,
                    scopes,
                    lifetime,
                };
                let key = issue::<S>(connection, subject, wanted, now).await?;
                cx.succeed(connection, Some(subject)).await?;
                let notice = notice::<S>(cx, connection, &key).await?;
                Ok((key, notice))
            })
        })
        .await?;
    drop(cx.auth.deliver_if(notice));
    Ok(key)
}

fn name(text: &str, errors: &mut FieldErrors) -> String {
    let name = text.trim();
    if name.is_empty() {
        errors.add(NAME, FieldError::Required);
    } else if name.chars().count() > NAME_LIMIT {
        errors.add(NAME, FieldError::TooLong);
    } else if name.chars().any(char::is_control) {
        errors.add(NAME, FieldError::ControlCharacter);
    }
    name.to_owned()
}

/// The scopes in the order of the block, with a space between.
fn scopes<S: ApiKey>(input: &Create<S::User>, errors: &mut FieldErrors) -> String {
    let asked = input.scopes.names();
    let is_known = asked
        .iter()
        .all(|name| name.strategy == S::CONFIG.name && S::CONFIG.scopes.contains(&name.scope));
    if !is_known {
        errors.add(SCOPES, FieldError::NotAChoice);
    }
    let scopes = S::CONFIG.scopes.iter().copied();
    let scopes: Vec<&str> = scopes
        .filter(|scope| asked.iter().any(|name| name.scope == *scope))
        .collect();
    scopes.join(" ")
}
