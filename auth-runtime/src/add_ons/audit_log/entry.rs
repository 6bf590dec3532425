//! From the facts of an action to the event that is stored: names, bounds, privacy.

use serde_json::{Map, Value, json};

use super::{Config, Facts, forwarded, privacy::Privacy};
use crate::{
    context::RequestMetadata,
    error::Cause,
    resources::audit_log::LogEntry,
    user::{Authenticated, Info},
};

/// What the columns of the table hold, in characters.
const NAME: usize = 100;
const TEXT: usize = 255;

/// The longest text of an accepted column, in characters, and the longest value that is none, in bytes as JSON.
const PARAM_TEXT: usize = 256;
const PARAM_VALUE: usize = 1024;

pub(super) fn entry<U: Authenticated>(config: &Config, privacy: &Privacy, facts: &Facts<'_>) -> LogEntry {
    let event = facts.event;
    let tenant = facts.tenant.as_deref().map(|tenant| bounded(tenant, TEXT));
    let actor = facts.actor.map(|actor| bounded(actor, TEXT));
    let mut extra_data = Map::new();
    extra_data.insert("actor".to_owned(), json!(actor));
    extra_data.insert("tenant".to_owned(), json!(tenant));
    extra_data.insert("request".to_owned(), request(privacy, facts.request));
    extra_data.insert("params".to_owned(), params(config, facts.params));
    LogEntry {
        id: facts.id,
        logged_at: facts.now,
        resource: bounded(U::SETTINGS.subject_name, NAME),
        audit_log: bounded(config.name, NAME),
        strategy: bounded(event.strategy, NAME),
        action_name: bounded(action_name::<U>(event.strategy, event.action), NAME),
        status: facts.status,
        cause: event.cause.map(|cause: Cause| cause.as_str().to_owned()),
        subject: event.subject.as_deref().map(|subject| bounded(subject, TEXT)),
        identity: facts.identity.map(identity),
        client_ip: facts
            .request
            .client_address
            .and_then(|address| privacy.address(address)),
        tenant,
        request_id: facts.request.request_id.as_deref().map(|id| bounded(id, NAME)),
        extra_data,
    }
}

/// An identity as it is stored.
pub(super) fn identity(identity: &str) -> String {
    bounded(identity, TEXT)
}

/// What the action is called on the struct; its kind where it has no function there.
fn action_name<U: Authenticated>(strategy: &str, kind: &'static str) -> &'static str {
    let info = Info::of::<U>();
    let actions = info
        .strategy(strategy)
        .map_or(&[][..], |strategy| strategy.actions);
    actions
        .iter()
        .find(|action| action.kind == kind)
        .map_or(kind, |action| action.name)
}

/// `null` for a call from inside the application.
fn request(privacy: &Privacy, request: &RequestMetadata) -> Value {
    if request.method.is_none() {
        return Value::Null;
    }
    let forwarded: Vec<String> = request
        .forwarded
        .iter()
        .map(|header| forwarded::forwarded(privacy, header))
        .collect();
    let forwarded_for: Vec<String> = request
        .forwarded_for
        .iter()
        .map(|header| forwarded::forwarded_for(privacy, header))
        .collect();
    json!({
        "remote_ip": request.peer.and_then(|peer| privacy.address(peer.ip())),
        "remote_port": request.peer.map(|peer| peer.port()),
        "http_host": request.host,
        "http_method": request.method,
        "user_agent": request.user_agent,
        "forwarded": forwarded,
        "x_forwarded_for": forwarded_for,
    })
}

fn params(config: &Config, params: Option<&Map<String, Value>>) -> Value {
    let fields = params.into_iter().flatten();
    fields
        .filter(|(name, _)| !config.hidden_fields.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), param(value)))
        .collect::<Map<String, Value>>()
        .into()
}

fn param(value: &Value) -> Value {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        Value::String(text) => bounded(text, PARAM_TEXT).into(),
        Value::Array(_) | Value::Object(_) => {
            if value.to_string().len() <= PARAM_VALUE {
                value.clone()
            } else {
                "(too large)".into()
            }
        }
    }
}

/// At most so many characters, none of them a control character: an event can be shown as it is, and no text can look
/// like a second one (promise AU-02).
fn bounded(text: &str, limit: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(limit).collect()
}
