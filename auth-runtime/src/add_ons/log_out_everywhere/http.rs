use super::{LOG_OUT, LogOut, LogOutEverywhere, actions};
use crate::{
    context::Context,
    error::Error,
    strategy::{ActionOutcome, Input, Outcome},
};

/// The argument that spares the session that asks.
const EXCEPT_THIS_SESSION: &str = "except_this_session";

/// Runs a phase, or an action by its kind, with untyped arguments.
pub async fn dispatch<A: LogOutEverywhere>(
    cx: &Context<A::User>,
    phase: &str,
    mut input: Input,
) -> Outcome<ActionOutcome<A::User>> {
    if phase != LOG_OUT.name {
        return Outcome::of(A::CONFIG.name, "unknown", Err(Error::NoSuchAction));
    }
    let except_this_session = input.flag(EXCEPT_THIS_SESSION);
    if let Err(errors) = input.finish() {
        return Outcome::of(A::CONFIG.name, LOG_OUT.name, Err(errors.into()));
    }
    actions::log_out_everywhere::<A>(cx, LogOut { except_this_session })
        .await
        .map(ActionOutcome::SessionsEnded)
}
