use super::{
    CHANGE, CONFIRM, Change, Confirm, Confirmation, RESEND, Resend,
    actions::{self, Cx},
    config::TOKEN,
};
use crate::{
    error::Error,
    strategy::{ActionOutcome, Input, Outcome},
};

/// Runs a phase, or an action by its kind, with untyped arguments.
pub async fn dispatch<S: Confirmation>(
    cx: &Cx<S>,
    phase: &str,
    mut input: Input,
) -> Outcome<ActionOutcome<S::User>> {
    let (name, field) = (S::CONFIG.name, S::IDENTITY.field);
    macro_rules! finish {
        ($phase:expr) => {
            if let Err(errors) = input.finish() {
                return Outcome::of(name, $phase.name, Err(errors.into()));
            }
        };
    }
    match phase {
        phase if phase == CONFIRM.name => {
            let token = input.secret(TOKEN, Input::TOKEN_LIMIT);
            finish!(CONFIRM);
            let confirmed = actions::confirm::<S>(cx, Confirm { token }).await;
            confirmed.map(ActionOutcome::Confirmed)
        }
        phase if phase == RESEND.name => {
            let address = input.text(field, Input::TEXT_LIMIT);
            finish!(RESEND);
            let accepted = actions::resend::<S>(cx, Resend { address }).await;
            accepted.map(ActionOutcome::Accepted)
        }
        phase if phase == CHANGE.name => {
            let address = input.text(field, Input::TEXT_LIMIT);
            finish!(CHANGE);
            let accepted = actions::change::<S>(cx, Change { address }).await;
            accepted.map(ActionOutcome::Accepted)
        }
        _ => Outcome::of(name, "unknown", Err(Error::NoSuchAction)),
    }
}
