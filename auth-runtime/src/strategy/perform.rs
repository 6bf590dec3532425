//! The one way in and out of every action.

use std::{future::Future, sync::Arc};

use super::{
    Outcome,
    act::{Act, Attempt},
};
use crate::{context::Context, error::Error, user::Authenticated};

/// Runs one action: `work` gets the context of this attempt, and its result comes back with its event.
///
/// What is the same for every action of every strategy happens here, so none can leave it out. Inside the
/// transaction that makes the action a success, `work` calls [`Context::succeed`].
pub async fn perform<U, T, F, R>(context: &Context<U>, act: Act, work: F) -> Outcome<T>
where
    U: Authenticated,
    F: FnOnce(Context<U>) -> R + Send,
    R: Future<Output = Result<T, Error>> + Send,
{
    let attempt = Arc::new(Attempt::new(act));
    let ready = context.auth.check_open().and_then(|()| context.auth.tenant());
    let result = match ready {
        Ok(_) => {
            let context = context.for_attempt(Arc::clone(&attempt));
            let result = work(context.clone()).await;
            if result.is_ok() {
                drop(context.deliver_queued());
            }
            result
        }
        Err(error) => Err(error),
    };
    Outcome::of_attempt(&attempt, result)
}
