//! One attempt to deliver one message.

use std::{sync::Arc, time::Duration};

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use time::OffsetDateTime;
use tracing::Instrument;

use super::{FailedDelivery, OutboxRow, OutboxStore, letter::NOTHING, stamp};
use crate::{
    authentication::Authentication,
    context::{Context, RequestMetadata},
    db::Id,
    error::Error,
    resources::token::TokenStore,
    sender::{Message, MessageKind, Recipient, SendContext, SenderError, SharedSender},
    session::key_of,
    strategy::{Act, Outcome, Sort, run},
    tenant::Tenant,
    token::Minted,
    user::Authenticated,
};

/// What became of a message.
pub(super) enum Attempt {
    /// Somebody else has it, or it is gone.
    NotOurs,
    /// It is not worth sending any more.
    Dropped,
    /// Its sender has accepted it.
    Delivered,
    /// It will be tried again.
    Failed(SenderError),
    /// It was given up.
    GivenUp(SenderError),
}

/// Claims a message that is due by `due_by`, hands it to its sender and notes what came of it.
///
/// The error is the database's. The message is then tried again when the claim is over, even if it has gone out.
pub(super) async fn attempt<U: Authenticated>(
    auth: &Authentication<U>,
    id: Id,
    due_by: OffsetDateTime,
) -> Result<Attempt, Error> {
    let Some(row) = claim(auth, id, due_by).await? else {
        return Ok(Attempt::NotOurs);
    };
    let outcome = match open(auth, &row).await {
        Ok(None) => {
            tracing::debug!(%id, kind = row.kind, "a message is not worth sending any more");
            finish(auth, &row).await?;
            return Ok(Attempt::Dropped);
        }
        Ok(Some(opened)) => hand_over(auth, opened).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(()) => {
            finish(auth, &row).await?;
            Ok(Attempt::Delivered)
        }
        Err(error) => failed(auth, &row, error).await,
    }
}

async fn claim<U: Authenticated>(
    auth: &Authentication<U>,
    id: Id,
    due_by: OffsetDateTime,
) -> Result<Option<OutboxRow>, Error> {
    let now = auth.now();
    let until = stamp(now + auth.outbox().options.claim());
    auth.write(move |connection| {
        Box::pin(async move {
            if connection
                .claim_message(id, stamp(due_by), stamp(now), until)
                .await?
                == 0
            {
                return Ok(None);
            }
            Ok(connection.message(id).await?)
        })
    })
    .await
}

/// A message with everything it needs, ready to be handed to a sender by a task of its own.
struct Opened<U> {
    id: Id,
    kind: MessageKind,
    strategy: &'static str,
    sender: SharedSender<U>,
    to: To<U>,
    token: Option<SecretString>,
    lifetime: Option<Duration>,
    data: Map<String, Value>,
    context: SendContext,
}

enum To<U> {
    Person(U),
    Identity(String),
}

/// Reads what a row says. `None` for a message that has lost its point: it is for nobody, the person is gone, or its
/// token was spent or replaced.
async fn open<U: Authenticated>(
    auth: &Authentication<U>,
    row: &OutboxRow,
) -> Result<Option<Opened<U>>, SenderError> {
    if row.kind == NOTHING {
        return Ok(None);
    }
    let now = auth.now();
    if row.expires_at.get() <= now {
        return Err(SenderError::refused("the message has expired"));
    }
    if u32::try_from(row.attempts).unwrap_or(u32::MAX) > auth.outbox().options.max_attempts.max(1) {
        // Nobody noted how the attempts before ended: whoever made them died.
        return Err(SenderError::refused("no attempt came to an end"));
    }
    // Both may be of a newer version of the application, which another process runs already.
    let kind = MessageKind::from_name(&row.kind)
        .ok_or_else(|| SenderError::new("there is no such kind of message"))?;
    let (strategy, sender) = auth
        .outbox()
        .sender(&row.strategy)
        .ok_or_else(|| SenderError::new("there is no strategy of that name with a sender"))?;

    let to = match (&row.subject, &row.identity) {
        (Some(subject), _) => match person(auth, subject).await? {
            Some(person) => To::Person(person),
            None => return Ok(None),
        },
        (None, Some(identity)) => To::Identity(identity.clone()),
        (None, None) => return Err(SenderError::refused("the message names no recipient")),
    };
    let fields = match (&row.fields, &to) {
        (Some(fields), _) => object(fields)?,
        // Its own text could quote a column.
        (None, To::Person(person)) => person
            .sender_fields()
            .map_err(|_| SenderError::new("the columns for senders cannot be written as JSON"))?,
        (None, To::Identity(_)) => Map::new(),
    };
    let link = match &row.claims {
        None => None,
        Some(claims) => match link(auth, claims, now).await? {
            Some(link) => Some(link),
            None => return Ok(None),
        },
    };
    let tenant = match &to {
        To::Person(person) => person.tenant().to_text(),
        To::Identity(_) => link.as_ref().and_then(|(minted, _)| minted.claims.tenant.clone()),
    };
    let context = auth.outbox().context_of(tenant, fields)?;
    let (token, lifetime) = link.map_or((None, None), |(minted, left)| (Some(minted.token), Some(left)));
    Ok(Some(Opened {
        id: row.id,
        kind,
        strategy,
        sender: sender.clone(),
        to,
        token,
        lifetime,
        data: object(&row.data)?,
        context,
    }))
}

fn object(json: &str) -> Result<Map<String, Value>, SenderError> {
    serde_json::from_str(json).map_err(|_| SenderError::refused("the stored message is damaged"))
}

async fn person<U: Authenticated>(auth: &Authentication<U>, subject: &str) -> Result<Option<U>, SenderError> {
    let Some(key) = key_of::<U>(subject) else {
        return Ok(None);
    };
    auth.read(move |connection| {
        let key = key.clone();
        Box::pin(async move { U::find(connection, &key).await })
    })
    .await
    .map_err(SenderError::new)
}

/// The token with these claims, signed by the newest key, and how much longer it works; `None` when it was spent or
/// replaced meanwhile.
async fn link<U: Authenticated>(
    auth: &Authentication<U>,
    claims: &str,
    now: OffsetDateTime,
) -> Result<Option<(Minted, Duration)>, SenderError> {
    let tokens = auth
        .tokens_of_all()
        .ok_or_else(|| SenderError::new("tokens are switched off"))?;
    let minted = tokens.mint_stored(now, claims).map_err(SenderError::new)?;
    let (jti, purpose) = (minted.claims.jti.clone(), minted.claims.purpose);
    let is_live = auth
        .read(move |connection| {
            let jti = jti.clone();
            Box::pin(async move { U::Tokens::is_live(connection, &jti, purpose, now).await })
        })
        .await
        .map_err(SenderError::new)?;
    let left = minted.claims.exp.saturating_sub(now.unix_timestamp());
    let left = Duration::from_secs(u64::try_from(left).unwrap_or_default());
    Ok(is_live.then_some((minted, left)))
}

/// Calls the sender in a task of its own, so that a panic is a failed attempt, and gives it so much time and no more.
async fn hand_over<U: Authenticated>(auth: &Authentication<U>, opened: Opened<U>) -> Result<(), SenderError> {
    let opened = Arc::new(opened);
    let attempt = {
        let opened = Arc::clone(&opened);
        async move {
            let message = Message {
                id: opened.id,
                kind: opened.kind,
                strategy: opened.strategy,
                recipient: match &opened.to {
                    To::Person(user) => Recipient::Person(user),
                    To::Identity(identity) => Recipient::Identity(identity),
                },
                token: opened.token.as_ref(),
                lifetime: opened.lifetime,
                data: &opened.data,
            };
            opened.sender.0.send(message, &opened.context).await
        }
    };
    let deadline = auth.outbox().options.attempt_deadline;
    let task = tokio::spawn(tokio::time::timeout(deadline, attempt).in_current_span());
    let outcome = match task.await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Err(SenderError::new("the sender took too long")),
        Err(stopped) if stopped.is_panic() => Err(SenderError::new("the sender panicked")),
        Err(stopped) => Err(SenderError::new(stopped)),
    };
    outcome.map_err(|error| without_token(error, opened.token.as_ref()))
}

/// A sender should not put the token into its error. One that does shall not bring it into the log (promise AU-05).
fn without_token(error: SenderError, token: Option<&SecretString>) -> SenderError {
    match token {
        Some(token) if error.reason().contains(token.expose_secret()) => SenderError {
            source: "the sender's own reason quotes the token and is withheld".into(),
            is_final: error.is_final,
        },
        _ => error,
    }
}

async fn finish<U: Authenticated>(auth: &Authentication<U>, row: &OutboxRow) -> Result<(), Error> {
    let (id, attempts) = (row.id, row.attempts);
    auth.write(move |connection| Box::pin(async move { Ok(connection.delete_message(id, attempts).await?) }))
        .await
        .map(drop)
}

/// Puts a message back until its next attempt, or gives it up, and tells the application.
async fn failed<U: Authenticated>(
    auth: &Authentication<U>,
    row: &OutboxRow,
    error: SenderError,
) -> Result<Attempt, Error> {
    let options = &auth.outbox().options;
    let attempts = u32::try_from(row.attempts).unwrap_or(u32::MAX);
    let pause = options.pause(attempts);
    let next = auth.now() + pause.mul_f64(1.0 + rand::random_range(0.0..=0.25));
    let worth_it = !error.is_final && attempts < options.max_attempts && next < row.expires_at.get();
    let next_attempt_at = worth_it.then_some(next);
    match next_attempt_at {
        None => finish(auth, row).await?,
        Some(next) => {
            let (id, attempts) = (row.id, row.attempts);
            auth.write(move |connection| {
                Box::pin(async move { Ok(connection.release_message(id, attempts, stamp(next)).await?) })
            })
            .await?;
        }
    }
    report(auth, row, attempts, &error, next_attempt_at);
    Ok(match next_attempt_at {
        Some(_) => Attempt::Failed(error),
        None => {
            record(auth, row).await;
            Attempt::GivenUp(error)
        }
    })
}

/// Leaves an event in the audit logs and in the application's log: nobody waits for the answer of a delivery (promise
/// FA-08).
async fn record<U: Authenticated>(auth: &Authentication<U>, row: &OutboxRow) {
    let strategy = auth.outbox().sender(&row.strategy).map_or("", |(name, _)| name);
    let person = match &row.subject {
        Some(subject) => person(auth, subject).await.ok().flatten(),
        None => None,
    };
    // What was left behind by another process comes without its tenant.
    let auth = match (person, auth.tenant()) {
        (Some(person), Err(_)) => auth.in_tenant(person.tenant()),
        _ => auth.clone(),
    };
    let context = Context::new(auth, RequestMetadata::default());
    let mut act = Act::new(strategy, "deliver", Sort::Request);
    if let Some(identity) = &row.identity {
        act = act.about(identity.as_str());
    }
    let outcome: Outcome<()> = run(&context, act, |context| async move {
        if let Some(subject) = &row.subject {
            context.concerns(subject);
        }
        Err(Error::SenderFailed(SenderError::new("the message was given up")))
    })
    .await;
    // The failure is what there is to record.
    drop(context.record(outcome).await);
}

fn report<U: Authenticated>(
    auth: &Authentication<U>,
    row: &OutboxRow,
    attempts: u32,
    error: &SenderError,
    next_attempt_at: Option<OffsetDateTime>,
) {
    let (id, kind, strategy, reason) = (row.id, &row.kind, &row.strategy, error.reason());
    if next_attempt_at.is_some() {
        tracing::warn!(%id, kind, strategy, attempts, reason, "a delivery failed and will be tried again");
    } else {
        tracing::error!(%id, kind, strategy, attempts, reason, "a message was not delivered");
    }
    if let Some(listener) = &auth.outbox().on_failed {
        listener(&FailedDelivery {
            id,
            kind,
            strategy,
            subject: row.subject.as_deref(),
            attempts,
            error,
            next_attempt_at,
        });
    }
}
