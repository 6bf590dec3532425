//! The one way in and out of every action.

use std::{future::Future, sync::Arc};

use super::{
    Outcome,
    act::{Act, Attempt},
};
use crate::{
    add_ons::audit_log::Recording,
    context::Context,
    error::{Cause, Error},
    limits,
    user::Authenticated,
};

/// Runs one action: `work` gets the context of this attempt, and its result comes back with its event.
///
/// What is the same for every action of every strategy happens here, so none can leave it out. Inside the
/// transaction that makes the action a success, `work` calls [`Context::succeed`].
pub async fn perform<U, T, F, R>(context: &Context<U>, act: Act, work: F) -> Outcome<T>
where
    U: Authenticated,
    T: Send,
    F: FnOnce(Context<U>) -> R + Send,
    R: Future<Output = Result<T, Error>> + Send,
{
    match context.auth.check_open() {
        Ok(()) => {
            run(context, act, |context| async move {
                context.auth.tenant()?;
                limited(context, work).await
            })
            .await
        }
        // What does not begin leaves no event: whoever writes events is about to end, too.
        Err(error) => Outcome::of_attempt(&Attempt::new(act), Err(error)),
    }
}

/// The same for what somebody does with what is theirs and says nothing to anybody who guesses: without limits.
#[cfg_attr(
    not(feature = "oauth"),
    allow(dead_code, reason = "only the strategies of features use it")
)]
pub(crate) async fn perform_freely<U, T, F, R>(context: &Context<U>, act: Act, work: F) -> Outcome<T>
where
    U: Authenticated,
    T: Send,
    F: FnOnce(Context<U>) -> R + Send,
    R: Future<Output = Result<T, Error>> + Send,
{
    match context.auth.check_open() {
        Ok(()) => {
            run(context, act, |context| async move {
                context.auth.tenant()?;
                work(context).await
            })
            .await
        }
        Err(error) => Outcome::of_attempt(&Attempt::new(act), Err(error)),
    }
}

/// The same, without limits, for what is possible while the authentication shuts down, too.
pub(crate) async fn run<U, T, F, R>(context: &Context<U>, act: Act, work: F) -> Outcome<T>
where
    U: Authenticated,
    T: Send,
    F: FnOnce(Context<U>) -> R + Send,
    R: Future<Output = Result<T, Error>> + Send,
{
    let attempt = Arc::new(Attempt::new(act));
    let recording = match Recording::begin(context, &attempt).await {
        Ok(recording) => recording,
        Err(error) => return Outcome::of_attempt(&attempt, Err(error)),
    };
    let context = context.for_attempt(Arc::clone(&attempt), recording.clone());
    let result = work(context.clone()).await;
    if result.is_ok() {
        drop(context.deliver_queued());
    }
    let outcome = Outcome::of_attempt(&attempt, result)
        .settled(recording.as_deref())
        .await;
    if let Some(ticket) = attempt.shared_ticket()
        && recording.is_some_and(|recording| recording.is_complete())
    {
        ticket.is_recorded(&context.auth).await;
    }
    outcome
}

/// Runs what the limits let through.
async fn limited<U, T, F, R>(context: Context<U>, work: F) -> Result<T, Error>
where
    U: Authenticated,
    T: Send,
    F: FnOnce(Context<U>) -> R + Send,
    R: Future<Output = Result<T, Error>> + Send,
{
    let attempt = context
        .attempt()
        .ok_or_else(|| Error::internal("an action runs outside of any attempt"))?;
    #[cfg(feature = "password")]
    let enter = || match attempt.act.hashes {
        true => context.auth.hash_pool().enter().map(Some).map_err(Error::from),
        false => Ok(None),
    };
    #[cfg(not(feature = "password"))]
    let enter = || Ok(());
    let (under_way, _entry) = limits::admit(&context.auth, &attempt.act, &context.request, enter).await?;
    if let Some(ticket) = under_way.ticket() {
        attempt.admitted(Arc::clone(ticket));
        if !ticket.may_send() {
            attempt.silently_failed(Cause::TooManyAttempts);
        }
    }
    let result = work(context).await;
    under_way.close(result.as_ref().err()).await;
    result
}
