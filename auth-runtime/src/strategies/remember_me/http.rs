use super::{SIGN_IN, SignIn, actions};
use crate::{
    context::Context,
    error::Error,
    strategy::{ActionOutcome, Input, Outcome},
    user::Authenticated,
};

/// Runs an action by its kind, with untyped arguments. There are no phases.
pub async fn dispatch<U: Authenticated>(
    cx: &Context<U>,
    phase: &str,
    mut input: Input,
) -> Outcome<ActionOutcome<U>> {
    let name = U::SETTINGS
        .remember_me
        .map_or("remember_me", |config| config.name);
    if phase != SIGN_IN.name {
        return Outcome::of(name, "unknown", Err(Error::NoSuchAction));
    }
    let token = input.secret("token", Input::TOKEN_LIMIT);
    if let Err(errors) = input.finish() {
        return Outcome::of(name, SIGN_IN.name, Err(errors.into()));
    }
    actions::sign_in(cx, SignIn { token })
        .await
        .map(ActionOutcome::SignedIn)
}
