use secrecy::ExposeSecret;
use serde_json::Value;

use super::{
    BACKCHANNEL_LOGOUT, CALLBACK, CONFIRM, Confirm, Cx, EndProviderSession, Entered, IdentityInfo, LINK,
    LIST, Link, List, OAuth2, REQUEST, Request, SIGN_OUT, SignOut, UNLINK, Unlink, actions,
    config::{CONNECTION_ID, ID, LOGIN_HINT, LOGOUT_TOKEN, TOKEN},
};
use crate::{
    db::Id,
    error::{Cause, Error},
    oauth::Callback,
    session::Ended,
    strategy::{ActionOutcome, Input, Outcome, Report},
};

/// Runs a phase, or an action by its kind, with untyped arguments.
pub async fn dispatch<S: OAuth2>(
    cx: &Cx<S>,
    phase: &str,
    mut input: Input,
) -> Outcome<ActionOutcome<S::User>> {
    let Some(read) = Arguments::read::<S>(phase, &mut input) else {
        return Outcome::of(S::CONFIG.name, "unknown", Err(Error::NoSuchAction));
    };
    if let Err(errors) = input.finish() {
        let error = match read {
            Arguments::EndProviderSession(_) => actions::refused_logout(Cause::InvalidInput),
            _ => errors.into(),
        };
        return Outcome::of(S::CONFIG.name, read.action::<S>(), Err(error));
    }
    match read {
        Arguments::Request(input) => actions::request::<S>(cx, input)
            .await
            .map(ActionOutcome::Redirect),
        Arguments::Link(input) => actions::link::<S>(cx, input).await.map(ActionOutcome::Redirect),
        Arguments::Callback(input) => actions::callback::<S>(cx, *input)
            .await
            .map(|entered| match entered {
                Entered::SignedIn(signed_in) => ActionOutcome::SignedIn(signed_in),
                Entered::MustConfirm(accepted) => ActionOutcome::Accepted(accepted),
                Entered::Linked(info) => ActionOutcome::Report(
                    Report::new()
                        .member("status", "linked")
                        .member("identity", shown(info)),
                ),
            }),
        Arguments::List => actions::list::<S>(cx, List {}).await.map(|identities| {
            let identities: Vec<Value> = identities.into_iter().map(shown).collect();
            ActionOutcome::Report(Report::new().member("identities", identities))
        }),
        Arguments::Unlink(input) => actions::unlink::<S>(cx, input).await.map(|()| status("unlinked")),
        Arguments::Confirm(input) => actions::confirm::<S>(cx, input).await.map(|()| status("linked")),
        Arguments::SignOut => actions::sign_out::<S>(cx, SignOut {})
            .await
            .map(|elsewhere| match elsewhere {
                Some(redirect) => ActionOutcome::Redirect(redirect.ending_session()),
                None => ActionOutcome::SessionsEnded(Ended::own()),
            }),
        Arguments::EndProviderSession(input) => {
            let ended = actions::end_provider_session::<S>(cx, input).await;
            ended.map(|()| status("signed_out"))
        }
    }
}

enum Arguments {
    Request(Request),
    Link(Link),
    Callback(Box<Callback>),
    List,
    Unlink(Unlink),
    Confirm(Confirm),
    SignOut,
    EndProviderSession(EndProviderSession),
}

impl Arguments {
    /// `None` for what is no action of the strategy.
    fn read<S: OAuth2>(phase: &str, input: &mut Input) -> Option<Self> {
        Some(match phase {
            phase if phase == REQUEST.name => Self::Request(Request {
                connection_id: optional(input, CONNECTION_ID),
                login_hint: optional(input, LOGIN_HINT),
                remember_me: input.remembers(S::CONFIG.remember_me),
            }),
            phase if phase == LINK.name => Self::Link(Link {
                connection_id: optional(input, CONNECTION_ID),
            }),
            phase if phase == CALLBACK.name || phase == S::CONFIG.entering() => {
                Self::Callback(Box::new(response(input)))
            }
            phase if phase == LIST.name => Self::List,
            phase if phase == UNLINK.name => Self::Unlink(Unlink { id: id(input) }),
            phase if phase == CONFIRM.name => Self::Confirm(Confirm {
                token: input.secret(TOKEN, Input::TOKEN_LIMIT),
            }),
            phase if phase == SIGN_OUT.name => Self::SignOut,
            phase if phase == BACKCHANNEL_LOGOUT.name => Self::EndProviderSession(EndProviderSession {
                logout_token: input.secret(LOGOUT_TOKEN, Input::TOKEN_LIMIT),
            }),
            _ => return None,
        })
    }

    const fn action<S: OAuth2>(&self) -> &'static str {
        match self {
            Self::Request(_) => REQUEST.name,
            Self::Link(_) => LINK.name,
            Self::Callback(_) => S::CONFIG.entering(),
            Self::List => LIST.name,
            Self::Unlink(_) => UNLINK.name,
            Self::Confirm(_) => CONFIRM.name,
            Self::SignOut => SIGN_OUT.name,
            Self::EndProviderSession(_) => BACKCHANNEL_LOGOUT.name,
        }
    }
}

/// What a provider sends a browser back with.
fn response(input: &mut Input) -> Callback {
    let mut text = |name: &str| {
        let found = input.has(name).then(|| input.secret(name, Input::TOKEN_LIMIT));
        found.map(|text| text.expose_secret().to_owned())
    };
    // It says where to read more about an error, which nobody here does.
    drop(text("error_uri"));
    Callback {
        code: text("code"),
        state: text("state"),
        error: text("error"),
        error_description: text("error_description"),
        iss: text("iss"),
        user: text("user"),
    }
}

fn optional(input: &mut Input, name: &str) -> Option<String> {
    input.value::<Option<String>>(name).flatten()
}

fn id(input: &mut Input) -> Id {
    // A refused one has left an error, with which `finish` ends everything.
    input.value(ID).unwrap_or(Id::from_uuid(uuid::Uuid::nil()))
}

fn shown(info: IdentityInfo) -> Value {
    // Texts and times are always JSON.
    serde_json::to_value(info).unwrap_or_default()
}

fn status<U>(status: &str) -> ActionOutcome<U> {
    ActionOutcome::Report(Report::new().member("status", status))
}
