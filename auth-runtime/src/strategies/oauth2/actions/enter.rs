//! Who an identity is here: the rules of resolution (promise OA-06).

use std::sync::Arc;

use super::{Arrival, is_taken, provider_session::note_provider_session, refused};
use crate::{
    db::Key,
    error::{Cause, Error},
    identity::{IdentityFormat, names_that_mailbox},
    resources::user_identity::StoredIdentity,
    sender::{MessageKind, Queued},
    session::{FirstFactor, SignedIn, key_of, mint, subject, void},
    strategies::oauth2::{Cx, Entered, Job, KeyOf, METHOD, OAuth2, OnUntrustedMatch, actions::confirm},
    strategy::Accepted,
    user::{Authenticated, Conn, Resource},
};

/// What came of an arrival whose transaction is to be kept.
enum Entering<U> {
    SignedIn(SignedIn<U>),
    /// Somebody new who has to confirm their address first.
    MustConfirm,
    /// The owner of the address was asked.
    Asked(Option<Queued>),
}

/// How often somebody may be overtaken on their way in: once by the account, once by the identity.
const TURNS: usize = 2;

fn is_overtaken(error: &Error) -> bool {
    is_taken(error) || error.cause() == Cause::ChangedMeanwhile
}

pub(super) async fn enter<S: OAuth2>(
    cx: &Cx<S>,
    action: &'static str,
    arrival: Arrival,
) -> Result<Entered<S::User>, Error> {
    let job: Job<S, Arrival> = Arc::new((cx.clone(), arrival));
    let attempt = |updates: bool| {
        let job = Arc::clone(&job);
        cx.auth.write(move |connection| {
            let job = Arc::clone(&job);
            Box::pin(async move { resolve::<S>(&job.0, connection, action, &job.1, updates).await })
        })
    };
    let mut entering = attempt(S::CONFIG.updates_on_sign_in).await;
    for _ in 0..TURNS {
        // The same person arrives a second time at this moment, or somebody registers with their address. Once more, now
        // that the other one is there.
        match entering {
            Err(error) if is_overtaken(&error) => entering = attempt(false).await,
            _ => break,
        }
    }
    let entering = entering.map_err(|error| match is_taken(&error) {
        true => refused::<S>(action, Cause::ChangedMeanwhile),
        false => error,
    });
    match entering? {
        Entering::SignedIn(signed_in) => Ok(Entered::SignedIn(signed_in)),
        Entering::MustConfirm => Ok(Entered::MustConfirm(Accepted(cx.deliver_queued()))),
        Entering::Asked(queued) => {
            drop(cx.auth.deliver_if(queued));
            Err(refused::<S>(action, Cause::ConfirmationRequired))
        }
    }
}

async fn resolve<S: OAuth2>(
    cx: &Cx<S>,
    connection: &mut Conn<S::User>,
    action: &'static str,
    arrival: &Arrival,
    updates: bool,
) -> Result<Entering<S::User>, Error> {
    let user = match arrival.known::<S>(connection, action).await? {
        Some(row) => owner::<S>(cx, connection, action, arrival, &row, updates).await?,
        None => {
            let address = address::<S>(arrival);
            let tenant = cx.auth.tenant()?;
            let holder = match &address {
                Some(address) => S::find_by_identity(connection, tenant, address).await?,
                None => None,
            };
            match holder {
                Some(holder) => match join::<S>(cx, connection, action, arrival, holder).await? {
                    Joining::Joined(user) => user,
                    Joining::Asked(queued) => return Ok(Entering::Asked(queued)),
                },
                None if S::CONFIG.registration_enabled => {
                    let user = register::<S>(cx, connection, action, arrival, address.as_deref()).await?;
                    if cx.auth.admit(&user).is_err() {
                        // The person exists and has a way to be admitted, as after any other registration.
                        cx.succeed(connection, Some(&subject(&user))).await?;
                        return Ok(Entering::MustConfirm);
                    }
                    user
                }
                None => return Err(refused::<S>(action, Cause::NoUser)),
            }
        }
    };
    let owner = subject(&user);
    let claims = S::extra_claims(&user).merged_with(cx.token_claims.clone());
    let factor = FirstFactor::new(Arc::new(user), S::CONFIG.name, action, METHOD).with_claims(claims);
    let signed_in = mint(cx, connection, factor).await?;
    if let Some(claims) = &signed_in.claims {
        note_provider_session::<S>(cx, connection, arrival, &owner, &claims.jti).await?;
    }
    Ok(Entering::SignedIn(signed_in))
}

/// The address that the provider names, in its one form; `None` where there is none that could be somebody's here.
fn address<S: OAuth2>(arrival: &Arrival) -> Option<String> {
    let info = &arrival.identified.user_info;
    let text = match S::IDENTITY.format {
        IdentityFormat::Email => info.email(),
        IdentityFormat::Name => info.text("preferred_username"),
    };
    S::IDENTITY.format.canonical(text?).ok()
}

/// Whether the provider vouches for that address. It does not for one that only our folding makes of what it wrote.
fn is_vouched_for<S: OAuth2>(arrival: &Arrival) -> bool {
    let written = arrival.identified.user_info.email();
    let is_that = |address: String| written.is_some_and(|text| names_that_mailbox(text, &address));
    S::IDENTITY.format == IdentityFormat::Email
        && arrival.way.trusts(&arrival.identified)
        && address::<S>(arrival).is_some_and(is_that)
}

/// The person with a known identity. What the provider says of an address changes nothing about that.
async fn owner<S: OAuth2>(
    cx: &Cx<S>,
    connection: &mut Conn<S::User>,
    action: &'static str,
    arrival: &Arrival,
    row: &StoredIdentity,
    updates: bool,
) -> Result<S::User, Error> {
    let key = key_of::<S::User>(&row.subject).ok_or_else(|| refused::<S>(action, Cause::ForeignSubject))?;
    cx.concerns(&row.subject);
    if <S::User as Authenticated>::lock(connection, &key).await? == 0 {
        tracing::warn!(
            strategy = S::CONFIG.name,
            identity = %row.id,
            "an identity belongs to somebody who does not exist any more; delete it to let its owner register again"
        );
        return Err(refused::<S>(action, Cause::NoSubject));
    }
    // It may have been detached before the person was locked.
    if arrival
        .known::<S>(connection, action)
        .await?
        .is_none_or(|now| now.id != row.id)
    {
        return Err(refused::<S>(action, Cause::ChangedMeanwhile));
    }
    arrival.note::<S>(cx, connection, row.id).await?;
    if updates && let Ok(attributes) = S::attributes(&arrival.identified.user_info) {
        S::update(connection, &key, attributes).await?;
    }
    let user = <S::User as Authenticated>::find(connection, &key).await?;
    user.ok_or_else(|| refused::<S>(action, Cause::NoSubject))
}

enum Joining<U> {
    Joined(U),
    Asked(Option<Queued>),
}

/// Attaches a new identity to the account that has its address, if both sides have proven that address. If not, the
/// account stays as it is.
async fn join<S: OAuth2>(
    cx: &Cx<S>,
    connection: &mut Conn<S::User>,
    action: &'static str,
    arrival: &Arrival,
    holder: S::User,
) -> Result<Joining<S::User>, Error> {
    let owner = subject(&holder);
    cx.concerns(&owner);
    <S::User as Authenticated>::lock(connection, holder.key()).await?;
    let holder = <S::User as Authenticated>::find(connection, holder.key()).await?;
    let holder = holder
        .filter(|holder| address::<S>(arrival).as_deref() == Some(S::identity(holder)))
        .ok_or_else(|| refused::<S>(action, Cause::ChangedMeanwhile))?;
    // The same identity may have been attached before the person was locked.
    if arrival.known::<S>(connection, action).await?.is_some() {
        return Err(refused::<S>(action, Cause::ChangedMeanwhile));
    }
    arrival.is_the_first::<S>(connection, &owner, action).await?;
    if is_vouched_for::<S>(arrival) && cx.has_proved(&holder, S::IDENTITY.field) {
        arrival.attach::<S>(cx, connection, &owner).await?;
        super::notice::<S>(
            cx,
            connection,
            MessageKind::IdentityLinked,
            &holder,
            &arrival.way.label,
        )
        .await?;
        return Ok(Joining::Joined(holder));
    }
    match S::CONFIG.on_untrusted_email_match {
        OnUntrustedMatch::Reject => Err(refused::<S>(action, Cause::UntrustedMatch)),
        OnUntrustedMatch::Confirm => confirm::ask::<S>(cx, connection, arrival, &holder)
            .await
            .map(Joining::Asked),
    }
}

/// Writes somebody new, with their identity.
async fn register<S: OAuth2>(
    cx: &Cx<S>,
    connection: &mut Conn<S::User>,
    action: &'static str,
    arrival: &Arrival,
    address: Option<&str>,
) -> Result<S::User, Error> {
    let incomplete = |missing: &[&str]| {
        tracing::warn!(
            strategy = S::CONFIG.name,
            ?missing,
            "the provider does not say what a new account needs"
        );
        refused::<S>(action, Cause::IncompleteClaims)
    };
    let attributes = S::attributes(&arrival.identified.user_info).map_err(|missing| incomplete(&missing))?;
    let tenant = cx.auth.tenant()?;
    let key = KeyOf::<S>::generate(cx.auth.now());
    if address.is_none() && (S::IDENTITY_REQUIRED || key.is_none()) {
        return Err(incomplete(&[S::IDENTITY.field]));
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
        return Err(incomplete(&[S::IDENTITY.field]));
    }
    arrival.attach::<S>(cx, connection, &owner).await?;
    Ok(user)
}
