use secrecy::SecretString;

use super::{
    CHANGE, Change, Exchange, Password, REGISTER, RESET, RESET_REQUEST, Register, RequestReset, Reset,
    SIGN_IN, SIGN_IN_TOKEN, SIGN_IN_WITH_TOKEN, SignIn,
    actions::{self, CURRENT_PASSWORD, Cx},
    config::RESET_TOKEN,
};
use crate::{
    error::Error,
    strategy::{ActionOutcome, Input, Outcome},
};

/// Runs a phase, or an action by its kind, with untyped arguments.
pub async fn dispatch<S: Password>(cx: &Cx<S>, phase: &str, input: Input) -> Outcome<ActionOutcome<S::User>> {
    let mut input = Arguments::<S>(input, std::marker::PhantomData);
    macro_rules! arguments {
        ($name:literal, $arguments:expr) => {{
            let arguments = $arguments;
            match input.0.finish() {
                Ok(()) => arguments,
                Err(errors) => return Outcome::of(S::CONFIG.name, $name, Err(errors.into())),
            }
        }};
    }
    match phase {
        phase if phase == REGISTER.name => {
            let (identity, password, confirmation) =
                (input.identity(), input.password(), input.confirmation());
            let extras = S::extras(&mut input.0);
            let extras = arguments!("register", extras);
            // A refused column has left an error, so `finish` has returned above.
            let Some(extras) = extras else {
                return Outcome::of(
                    S::CONFIG.name,
                    "register",
                    Err(Error::internal("an accepted column is missing")),
                );
            };
            let arguments = Register {
                identity,
                password,
                confirmation,
                extras,
            };
            if S::CONFIG.registration_answers_alike {
                let accepted = actions::register_alike::<S>(cx, arguments).await;
                return accepted.map(ActionOutcome::Accepted);
            }
            actions::register::<S>(cx, arguments)
                .await
                .map(ActionOutcome::SignedIn)
        }
        phase if phase == SIGN_IN.name => {
            let remember_me = input.remember_me();
            let arguments = arguments!("sign_in", input.sign_in(remember_me));
            actions::sign_in::<S>(cx, arguments)
                .await
                .map(ActionOutcome::SignedIn)
        }
        phase if phase == SIGN_IN_TOKEN.name => {
            let arguments = arguments!("sign_in_token", input.sign_in(false));
            actions::sign_in_token::<S>(cx, arguments)
                .await
                .map(ActionOutcome::SignInToken)
        }
        phase if phase == SIGN_IN_WITH_TOKEN.name => {
            let arguments = arguments!(
                "sign_in_with_token",
                Exchange {
                    token: input.token("token"),
                    remember_me: input.remember_me(),
                }
            );
            actions::exchange::<S>(cx, arguments)
                .await
                .map(ActionOutcome::SignedIn)
        }
        phase if phase == RESET_REQUEST.name => {
            let arguments = arguments!(
                "reset_request",
                RequestReset {
                    identity: input.identity()
                }
            );
            actions::request_reset::<S>(cx, arguments)
                .await
                .map(ActionOutcome::Accepted)
        }
        phase if phase == RESET.name => {
            let arguments = arguments!(
                "reset",
                Reset {
                    token: input.token(RESET_TOKEN),
                    password: input.password(),
                    confirmation: input.confirmation(),
                }
            );
            actions::reset::<S>(cx, arguments)
                .await
                .map(ActionOutcome::SignedIn)
        }
        phase if phase == CHANGE.name => {
            let arguments = arguments!(
                "change",
                Change {
                    current: input.secret(CURRENT_PASSWORD),
                    password: input.password(),
                    confirmation: input.confirmation(),
                }
            );
            actions::change::<S>(cx, arguments)
                .await
                .map(ActionOutcome::SignedIn)
        }
        _ => Outcome::of(S::CONFIG.name, "unknown", Err(Error::NoSuchAction)),
    }
}

/// Untyped arguments under the names that the strategy gives them.
struct Arguments<S>(Input, std::marker::PhantomData<fn() -> S>);

impl<S: Password> Arguments<S> {
    fn identity(&mut self) -> String {
        self.0.text(S::IDENTITY.field, Input::TEXT_LIMIT)
    }

    fn secret(&mut self, name: &str) -> SecretString {
        self.0.secret(name, S::CONFIG.maximum_bytes)
    }

    fn password(&mut self) -> SecretString {
        self.secret(S::CONFIG.password_field)
    }

    fn confirmation(&mut self) -> Option<SecretString> {
        let name = S::CONFIG.password_confirmation_field;
        (S::CONFIG.confirmation_required || self.0.has(name)).then(|| self.secret(name))
    }

    fn token(&mut self, name: &str) -> SecretString {
        self.0.secret(name, Input::TOKEN_LIMIT)
    }

    fn remember_me(&mut self) -> bool {
        self.0.remembers(S::CONFIG.remember_me)
    }

    fn sign_in(&mut self, remember_me: bool) -> SignIn {
        SignIn {
            remember_me,
            identity: self.identity(),
            password: self.password(),
        }
    }
}
