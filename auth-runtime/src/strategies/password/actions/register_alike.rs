use std::sync::Arc;

use futures_util::FutureExt;
use tokio::time::Instant;

use super::{
    Cx, act, ready,
    register::{New, checked, insert, taken},
};
use crate::{
    db::Connection,
    error::{Cause, Error, FieldError},
    session::subject,
    strategies::password::{Password, Register},
    strategy::{Accepted, Outcome, Sort, perform, request::RequestTurn},
    user::{Authenticated, Conn, Resource},
};

/// Makes a new person, or tells the owner of an identity that has an account: the answer is the same, and so is what it
/// costs (promise EN-02). Nobody is signed in before the address is confirmed.
///
/// # Errors
/// [`Error::Invalid`] with the refused fields, the identity only if it is none; [`Error::AuthenticationFailed`] when
/// registration is off, or for too many registrations of one identity, known or not, or out of one network; [`Error::Overloaded`]; [`Error::Storage`]. A failing sender is no error here; see
/// [`Accepted::delivered`].
pub async fn register_alike<S: Password>(cx: &Cx<S>, input: Register<S::Extras>) -> Outcome<Accepted> {
    let act = act::<S>("register", Sort::Registration, &input.identity).hashing();
    perform(cx, act, |cx| async move {
        let new = Arc::new(checked::<S>(&cx, input).await?);
        // The wait begins after the hash, which takes as long as it takes for everybody.
        let answer_at = Instant::now() + RequestTurn::ANSWER_AFTER;
        let turn = ready::<S>(&cx)?.requests.take().await?;
        let mut outcome = write::<S>(&cx, &new).await;
        if outcome.as_ref().is_err_and(|error| is_taken::<S>(error)) {
            // Somebody else registered the same identity at this moment.
            outcome = write::<S>(&cx, &new).await;
        }
        drop(turn);
        let accepted = outcome.map(|()| Accepted(cx.deliver_queued()));
        tokio::time::sleep_until(answer_at).await;
        accepted
    })
    .await
}

async fn write<S: Password>(cx: &Cx<S>, new: &Arc<New<S>>) -> Result<(), Error> {
    let job = Arc::new((cx.clone(), Arc::clone(new)));
    cx.auth
        .write(move |connection| {
            let job = Arc::clone(&job);
            Box::pin(async move {
                let (cx, new) = &*job;
                match S::find_by_identity(connection, cx.auth.tenant()?, &new.identity).await? {
                    Some(owner) => tell::<S>(cx, connection, new, &owner).await,
                    None => {
                        let user = insert::<S>(cx, connection, new).await?;
                        cx.succeed(connection, Some(&subject(&user))).await
                    }
                }
            })
        })
        .await
}

/// Tells the owner that somebody tried to register, at the price of a registration.
async fn tell<S: Password>(
    cx: &Cx<S>,
    connection: &mut Conn<S::User>,
    new: &Arc<New<S>>,
    owner: &S::User,
) -> Result<(), Error> {
    <S::User as Authenticated>::lock(connection, owner.key()).await?;
    refuse_like_an_insert::<S>(connection, cx.auth.tenant()?.clone(), Arc::clone(new)).await?;
    cx.registered_again(connection, owner, S::IDENTITY.field).await?;
    cx.fail_silently(Cause::IdentityTaken);
    cx.succeed(connection, None).await
}

/// Rehearses the insert for an identity that nobody has. So other columns that must be unique are refused whether or not
/// the identity is taken.
async fn refuse_like_an_insert<S: Password>(
    connection: &mut Conn<S::User>,
    tenant: <S::User as Authenticated>::Tenant,
    new: Arc<New<S>>,
) -> Result<(), Error> {
    let nobody = format!("{}@invalid", crate::random::identifier()?);
    let rehearsed = connection.rehearse(move |connection| {
        async move {
            let (key, extras) = (new.key.clone(), new.extras.clone());
            S::insert(connection, key, &tenant, &nobody, &new.hash, extras).await
        }
        .boxed()
    });
    rehearsed.await.map_err(|error| taken::<S>(error.into()))
}

/// The identity, and nothing else, is taken.
fn is_taken<S: Password>(error: &Error) -> bool {
    let Error::Invalid(fields) = error else {
        return false;
    };
    fields
        .iter()
        .any(|(field, errors)| field == S::IDENTITY.field && errors.contains(&FieldError::Taken))
}
