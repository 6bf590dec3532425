//! Somebody new, and whoever is answered like somebody new.

use futures_util::FutureExt;

use super::{
    Arrival,
    enter::{Entering, is_vouched_for},
    refused,
};
use crate::{
    db::{Connection, Key},
    error::{Cause, Error},
    session::{subject, void},
    strategies::oauth2::{Cx, KeyOf, OAuth2},
    user::{Authenticated, Conn, Resource},
};

/// Writes somebody new, with their identity.
pub(super) async fn register<S: OAuth2>(
    cx: &Cx<S>,
    connection: &mut Conn<S::User>,
    action: &'static str,
    arrival: &Arrival,
    address: Option<&str>,
) -> Result<S::User, Error> {
    let attributes = attributes::<S>(action, arrival)?;
    let tenant = cx.auth.tenant()?;
    let key = KeyOf::<S>::generate(cx.auth.now());
    if address.is_none() && (S::IDENTITY_REQUIRED || key.is_none()) {
        return Err(incomplete::<S>(action, &[S::IDENTITY.field]));
    }
    S::insert(connection, key.clone(), tenant, address, attributes).await?;
    let user = match (&key, address) {
        (Some(key), _) => <S::User as Authenticated>::find(connection, key).await?,
        (None, Some(address)) => S::find_by_identity(connection, tenant, address).await?,
        (None, None) => None,
    };
    let user = user.ok_or_else(|| Error::internal("a person just inserted was not found"))?;
    let owner = subject(&user);
    if key.is_none() {
        // A database that numbers its rows may give the number of a deleted person to this one, whose tokens must not
        // come along (promise SE-06).
        void(cx, connection, &owner, None).await?;
    }
    let vouched = is_vouched_for::<S>(arrival).then_some(S::IDENTITY.field);
    cx.clone().vouching(vouched).registered(connection, &user).await?;
    // A hook may have written to the row.
    let user = <S::User as Authenticated>::find(connection, user.key()).await?;
    let user = user.ok_or_else(|| Error::internal("a person just inserted was not found"))?;
    if address.is_none() && cx.auth.admit(&user).is_err() {
        // Nothing could ever confirm them.
        return Err(incomplete::<S>(action, &[S::IDENTITY.field]));
    }
    arrival.attach::<S>(cx, connection, &owner).await?;
    Ok(user)
}

/// Refuses what a registration would be refused for, whoever has the address (promise EN-02).
pub(super) async fn rehearse<S: OAuth2>(
    cx: &Cx<S>,
    connection: &mut Conn<S::User>,
    action: &'static str,
    arrival: &Arrival,
) -> Result<(), Error> {
    let attributes = attributes::<S>(action, arrival)?;
    let key = KeyOf::<S>::generate(cx.auth.now());
    let tenant = cx.auth.tenant()?.clone();
    let nobody = format!("{}@invalid", crate::random::identifier()?);
    let rehearsed = connection.rehearse(move |connection| {
        async move { S::insert(connection, key, &tenant, Some(&nobody), attributes).await }.boxed()
    });
    Ok(rehearsed.await?)
}

/// Answers somebody as if they were new, and tells the owner of the address that they came.
pub(super) async fn tell<S: OAuth2>(
    cx: &Cx<S>,
    connection: &mut Conn<S::User>,
    owner: &S::User,
    cause: Cause,
) -> Result<Entering<S::User>, Error> {
    cx.registered_again(connection, owner, S::IDENTITY.field).await?;
    cx.fail_silently(cause);
    cx.succeed(connection, None).await?;
    Ok(Entering::MustConfirm)
}

fn attributes<S: OAuth2>(action: &'static str, arrival: &Arrival) -> Result<S::Attributes, Error> {
    S::attributes(&arrival.identified.user_info).map_err(|missing| incomplete::<S>(action, &missing))
}

fn incomplete<S: OAuth2>(action: &'static str, missing: &[&str]) -> Error {
    tracing::warn!(
        strategy = S::CONFIG.name,
        ?missing,
        "the provider does not say what a new account needs"
    );
    refused::<S>(action, Cause::IncompleteClaims)
}
