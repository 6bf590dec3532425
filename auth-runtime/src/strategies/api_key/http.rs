use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::{
    ApiKey, ApiKeyInfo, CREATE, Create, Cx, LIST, List, NewApiKey, REVOKE, ROTATE, Revoke, Rotate,
    actions::{self, ID, LIFETIME, NAME, OVERLAP, SCOPES},
};
use crate::{
    api_key::{ScopeName, Scopes},
    db::Id,
    error::{Error, FieldError},
    strategy::{ActionOutcome, Input, Outcome, Report},
};

/// Runs a phase, or an action by its kind, with untyped arguments.
pub async fn dispatch<S: ApiKey>(
    cx: &Cx<S>,
    phase: &str,
    mut input: Input,
) -> Outcome<ActionOutcome<S::User>> {
    let refused = |action, error: Error| Outcome::of(S::CONFIG.name, action, Err(error));
    let read = match phase {
        phase if phase == CREATE.name => Arguments::Create(Create {
            name: input.text(NAME, Input::TEXT_LIMIT),
            scopes: scopes::<S>(&mut input),
            lifetime: seconds(&mut input, LIFETIME),
        }),
        phase if phase == LIST.name => Arguments::List,
        phase if phase == ROTATE.name => Arguments::Rotate(Rotate {
            id: id(&mut input),
            overlap: seconds(&mut input, OVERLAP),
            lifetime: seconds(&mut input, LIFETIME),
        }),
        phase if phase == REVOKE.name => Arguments::Revoke(Revoke { id: id(&mut input) }),
        _ => return refused("unknown", Error::NoSuchAction),
    };
    if let Err(errors) = input.finish() {
        return refused(read.action(), errors.into());
    }
    let outcome = match read {
        Arguments::Create(input) => actions::create::<S>(cx, input).await.map(issued),
        Arguments::List => actions::list::<S>(cx, List {}).await.map(|keys| {
            let keys: Vec<Value> = keys.into_iter().map(shown).collect();
            Report::new().member("api_keys", keys)
        }),
        Arguments::Rotate(input) => actions::rotate::<S>(cx, input).await.map(issued),
        Arguments::Revoke(input) => {
            let revoked = actions::revoke::<S>(cx, input).await;
            revoked.map(|()| Report::new().member("status", "revoked"))
        }
    };
    outcome.map(ActionOutcome::Report)
}

enum Arguments<U> {
    Create(Create<U>),
    List,
    Rotate(Rotate),
    Revoke(Revoke),
}

impl<U> Arguments<U> {
    const fn action(&self) -> &'static str {
        match self {
            Self::Create(_) => CREATE.name,
            Self::List => LIST.name,
            Self::Rotate(_) => ROTATE.name,
            Self::Revoke(_) => REVOKE.name,
        }
    }
}

fn issued(new: NewApiKey) -> Report {
    Report::new()
        .created()
        .member("api_key", shown(new.info))
        .with_secret("key", new.key)
}

fn shown(info: ApiKeyInfo) -> Value {
    // Texts, times and lists of texts are always JSON.
    serde_json::to_value(info).unwrap_or_default()
}

fn seconds(input: &mut Input, name: &str) -> Option<Duration> {
    let seconds: Option<Option<u64>> = input.value(name);
    seconds.flatten().map(Duration::from_secs)
}

fn id(input: &mut Input) -> Id {
    // A refused one has left an error, with which `finish` ends everything.
    input.value(ID).unwrap_or(Id::from_uuid(uuid::Uuid::nil()))
}

/// A list of names, or in a form one text with spaces between.
#[derive(Deserialize)]
#[serde(untagged)]
enum Names {
    List(Vec<String>),
    Text(String),
}

fn scopes<S: ApiKey>(input: &mut Input) -> Scopes<S::User> {
    let names: Option<Option<Names>> = input.value(SCOPES);
    let names = match names.flatten() {
        None => Vec::new(),
        Some(Names::List(names)) => names,
        Some(Names::Text(text)) => text.split_whitespace().map(str::to_owned).collect(),
    };
    let mut scopes = Scopes::none();
    for name in names {
        match S::CONFIG.scopes.iter().find(|scope| **scope == name) {
            Some(scope) => scopes.insert(ScopeName {
                strategy: S::CONFIG.name,
                scope,
            }),
            None => input.refuse(SCOPES, FieldError::NotAChoice),
        }
    }
    scopes
}
