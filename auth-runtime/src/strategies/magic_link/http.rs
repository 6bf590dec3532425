use super::{
    MagicLink, REQUEST, Request, SignIn,
    actions::{self, Cx},
    config::SIGN_IN,
};
use crate::{
    error::Error,
    strategy::{ActionOutcome, Input, Outcome},
};

/// Runs a phase, or an action by its kind, with untyped arguments.
pub async fn dispatch<S: MagicLink>(
    cx: &Cx<S>,
    phase: &str,
    mut input: Input,
) -> Outcome<ActionOutcome<S::User>> {
    match phase {
        phase if phase == REQUEST.name => {
            let arguments = Request {
                identity: input.text(S::IDENTITY.field, Input::TEXT_LIMIT),
            };
            if let Err(errors) = input.finish() {
                return Outcome::of(S::CONFIG.name, REQUEST.name, Err(errors.into()));
            }
            actions::request::<S>(cx, arguments)
                .await
                .map(ActionOutcome::Accepted)
        }
        SIGN_IN => {
            let arguments = SignIn {
                token: input.secret(S::CONFIG.token_param_name, Input::TOKEN_LIMIT),
                remember_me: input.remembers(S::CONFIG.remember_me),
            };
            if let Err(errors) = input.finish() {
                return Outcome::of(S::CONFIG.name, SIGN_IN, Err(errors.into()));
            }
            actions::sign_in::<S>(cx, arguments)
                .await
                .map(ActionOutcome::SignedIn)
        }
        _ => Outcome::of(S::CONFIG.name, "unknown", Err(Error::NoSuchAction)),
    }
}
