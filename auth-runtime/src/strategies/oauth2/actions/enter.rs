//! Who an identity is here: the rules of resolution (promise OA-06).

use std::sync::Arc;

use tokio::time::{Instant, sleep_until};

use super::{
    Arrival, is_taken,
    newcomer::{register, rehearse, tell},
    provider_session::note_provider_session,
    refused,
};
use crate::{
    error::{Cause, Error},
    identity::{IdentityFormat, names_that_mailbox},
    limits,
    resources::user_identity::{StoredIdentity, UserIdentityStore},
    sender::MessageKind,
    session::{FirstFactor, SignedIn, key_of, mint, subject},
    strategies::oauth2::{
        Cx, Entered, Job, METHOD, OAuth2, OnUntrustedMatch, actions::confirm, parts::Ready,
    },
    strategy::{Accepted, Act, Sort, request::RequestTurn},
    user::{Authenticated, Conn, Resource},
};

/// What came of an arrival whose transaction is to be kept.
pub(super) enum Entering<U> {
    SignedIn(SignedIn<U>),
    /// It will be answered like a registration, which sends a message and has to be counted before.
    Registers(Option<String>),
    /// An address has to be confirmed first. Where that is answered alike, it may as well be somebody else's.
    MustConfirm,
    /// The owner of the address was asked.
    Asked,
}

/// How an arrival is resolved.
#[derive(Clone, Copy)]
struct Pass {
    /// The columns that follow the provider are written.
    updates: bool,
    /// It was counted as a registration.
    counted: bool,
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
    let answer_at = Instant::now() + RequestTurn::ANSWER_AFTER;
    let job: Job<S, Arrival> = Arc::new((cx.clone(), arrival));
    match pass::<S>(&job, action, false).await? {
        Entering::Registers(address) => newly::<S>(&job, action, address, answer_at).await,
        entering => entered::<S>(cx, action, entering),
    }
}

/// A registration with an address that nobody vouches for. Until the answer, known and unknown addresses cost the same, and
/// go one after the other (promise EN-02).
async fn newly<S: OAuth2>(
    job: &Job<S, Arrival>,
    action: &'static str,
    address: Option<String>,
    answer_at: Instant,
) -> Result<Entered<S::User>, Error> {
    let cx = &job.0;
    // Whatever comes of it, the browser gets what a link out of a message is bound to.
    cx.browser().bind()?;
    let ready: &Ready<S> = cx.auth.part(S::CONFIG.index)?;
    let act = Act {
        about: address.map(Arc::from),
        ..Act::new(S::CONFIG.name, action, Sort::Registration)
    };
    let turn = ready.requests.take().await?;
    let (registration, ()) = limits::admit(&cx.auth, &act, &cx.request, || Ok(())).await?;
    let entering = pass::<S>(job, action, true).await;
    drop(turn);
    registration.close(entering.as_ref().err()).await;
    let entered = entered::<S>(cx, action, entering?);
    if matches!(entered, Ok(Entered::MustConfirm(_))) {
        sleep_until(answer_at).await;
    }
    entered
}

fn entered<S: OAuth2>(
    cx: &Cx<S>,
    action: &'static str,
    entering: Entering<S::User>,
) -> Result<Entered<S::User>, Error> {
    match entering {
        Entering::SignedIn(signed_in) => Ok(Entered::SignedIn(signed_in)),
        Entering::MustConfirm => Ok(Entered::MustConfirm(Accepted(cx.deliver_queued()))),
        Entering::Asked => {
            drop(cx.deliver_queued());
            Err(refused::<S>(action, Cause::ConfirmationRequired))
        }
        Entering::Registers(_) => Err(Error::internal("a registration was to be counted twice")),
    }
}

async fn pass<S: OAuth2>(
    job: &Job<S, Arrival>,
    action: &'static str,
    counted: bool,
) -> Result<Entering<S::User>, Error> {
    let auth = &job.0.auth;
    let attempt = |updates: bool| {
        let job = Arc::clone(job);
        let pass = Pass { updates, counted };
        auth.write(move |connection| {
            let job = Arc::clone(&job);
            Box::pin(async move { resolve::<S>(&job.0, connection, action, &job.1, pass).await })
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
    entering.map_err(|error| match is_taken(&error) {
        true => refused::<S>(action, Cause::ChangedMeanwhile),
        false => error,
    })
}

async fn resolve<S: OAuth2>(
    cx: &Cx<S>,
    connection: &mut Conn<S::User>,
    action: &'static str,
    arrival: &Arrival,
    pass: Pass,
) -> Result<Entering<S::User>, Error> {
    let claim = Claim {
        address: address::<S>(arrival),
        vouched: is_vouched_for::<S>(arrival),
        hides: S::CONFIG.registration_enabled && cx.auth.answers_alike(S::IDENTITY.field),
        pass,
    };
    let resolved = match arrival.known::<S>(connection, action).await? {
        Some(row) => returning::<S>(cx, connection, action, arrival, claim, &row).await?,
        None => unknown::<S>(cx, connection, action, arrival, claim).await?,
    };
    let user = match resolved {
        Resolved::Is(user) => user,
        Resolved::Ends(entering) => return Ok(entering),
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

/// What an arrival says of an address.
struct Claim {
    address: Option<String>,
    /// The provider vouches for it.
    vouched: bool,
    /// Newcomers have to confirm it, and nobody learns from the answer whether it has an account (promise EN-02).
    hides: bool,
    pass: Pass,
}

/// Who an arrival is, or how it ends without that.
enum Resolved<U> {
    Is(U),
    Ends(Entering<U>),
}

/// Somebody whose identity is known.
async fn returning<S: OAuth2>(
    cx: &Cx<S>,
    connection: &mut Conn<S::User>,
    action: &'static str,
    arrival: &Arrival,
    claim: Claim,
    row: &StoredIdentity,
) -> Result<Resolved<S::User>, Error> {
    let user = owner::<S>(cx, connection, action, arrival, row).await?;
    let is_unproven = !cx.has_proved(&user, S::IDENTITY.field);
    if !claim.hides || !is_unproven || cx.auth.admit(&user).is_ok() {
        return noted::<S>(cx, connection, action, arrival, row, (user, claim.pass.updates))
            .await
            .map(Resolved::Is);
    }
    let is_same = claim.address.as_deref() == Some(S::identity(&user));
    if !claim.pass.counted && (is_same || !claim.vouched) {
        return Ok(Resolved::Ends(Entering::Registers(claim.address)));
    }
    if !is_same {
        // With one address it has come to an account that nobody has entered yet, and now it names another. What it would
        // have come to had that address been somebody's already, it comes to now.
        S::Identities::delete(connection, row.id, &arrival.realm, &row.subject).await?;
        return unknown::<S>(cx, connection, action, arrival, claim).await;
    }
    tell::<S>(cx, connection, &user, Cause::Unconfirmed)
        .await
        .map(Resolved::Ends)
}

/// An identity that nobody has: of whoever has its address, or of somebody new.
async fn unknown<S: OAuth2>(
    cx: &Cx<S>,
    connection: &mut Conn<S::User>,
    action: &'static str,
    arrival: &Arrival,
    claim: Claim,
) -> Result<Resolved<S::User>, Error> {
    if claim.hides && !claim.vouched && !claim.pass.counted {
        return Ok(Resolved::Ends(Entering::Registers(claim.address)));
    }
    let tenant = cx.auth.tenant()?;
    let holder = match &claim.address {
        Some(address) => S::find_by_identity(connection, tenant, address).await?,
        None => None,
    };
    // Somebody whom the provider vouches for is let in or, where the account has not proven the address, told by mail.
    let is_unproven = |holder| !cx.has_proved(holder, S::IDENTITY.field);
    let alike = claim.hides && (!claim.vouched || holder.as_ref().is_some_and(is_unproven));
    if alike && !claim.pass.counted {
        return Ok(Resolved::Ends(Entering::Registers(claim.address)));
    }
    let Some(holder) = holder else {
        if !S::CONFIG.registration_enabled {
            return Err(refused::<S>(action, Cause::NoUser));
        }
        let user = register::<S>(cx, connection, action, arrival, claim.address.as_deref()).await?;
        if !alike && cx.auth.admit(&user).is_ok() {
            return Ok(Resolved::Is(user));
        }
        // The person exists and has a way to be admitted, as after any other registration.
        cx.succeed(connection, Some(&subject(&user))).await?;
        return Ok(Resolved::Ends(Entering::MustConfirm));
    };
    if alike {
        rehearse::<S>(cx, connection, action, arrival).await?;
    }
    match join::<S>(cx, connection, action, arrival, holder).await? {
        Joining::Joined(user) => Ok(Resolved::Is(user)),
        Joining::Asked if alike => {
            cx.fail_silently(Cause::ConfirmationRequired);
            cx.succeed(connection, None).await?;
            Ok(Resolved::Ends(Entering::MustConfirm))
        }
        Joining::Asked => Ok(Resolved::Ends(Entering::Asked)),
        Joining::Refused(holder, cause) if alike => tell::<S>(cx, connection, &holder, cause)
            .await
            .map(Resolved::Ends),
        Joining::Refused(_, cause) => Err(refused::<S>(action, cause)),
    }
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
pub(super) fn is_vouched_for<S: OAuth2>(arrival: &Arrival) -> bool {
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
    let user = <S::User as Authenticated>::find(connection, &key).await?;
    user.ok_or_else(|| refused::<S>(action, Cause::NoSubject))
}

/// The same person, with what the provider says now.
async fn noted<S: OAuth2>(
    cx: &Cx<S>,
    connection: &mut Conn<S::User>,
    action: &'static str,
    arrival: &Arrival,
    row: &StoredIdentity,
    (user, updates): (S::User, bool),
) -> Result<S::User, Error> {
    arrival.note::<S>(cx, connection, row.id).await?;
    let Ok(attributes) = S::attributes(&arrival.identified.user_info) else {
        return Ok(user);
    };
    if !updates {
        return Ok(user);
    }
    S::update(connection, user.key(), attributes).await?;
    let user = <S::User as Authenticated>::find(connection, user.key()).await?;
    user.ok_or_else(|| refused::<S>(action, Cause::NoSubject))
}

/// What came of a new identity whose address somebody has.
enum Joining<U> {
    /// It is theirs now.
    Joined(U),
    /// They were asked.
    Asked,
    /// It is not, and their account stays as it is.
    Refused(U, Cause),
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
    // What somebody attached who never proved the address ends with the owner's proof, so it stands in nobody's way.
    let has_proved = cx.has_proved(&holder, S::IDENTITY.field);
    if has_proved && arrival.has_another::<S>(connection, &owner).await? {
        return Ok(Joining::Refused(holder, Cause::SecondIdentity));
    }
    if has_proved && is_vouched_for::<S>(arrival) {
        arrival.is_the_first::<S>(connection, &owner, action).await?;
        arrival.attach::<S>(cx, connection, &owner).await?;
        let label = &arrival.way.label;
        super::notice::<S>(cx, connection, MessageKind::IdentityLinked, &holder, label).await?;
        return Ok(Joining::Joined(holder));
    }
    match S::CONFIG.on_untrusted_email_match {
        // A question is answered in a session, which whoever has to confirm their address first cannot have.
        OnUntrustedMatch::Confirm if cx.auth.admit(&holder).is_err() => {
            Ok(Joining::Refused(holder, Cause::UntrustedMatch))
        }
        OnUntrustedMatch::Reject => Ok(Joining::Refused(holder, Cause::UntrustedMatch)),
        OnUntrustedMatch::Confirm => {
            confirm::ask::<S>(cx, connection, arrival, &holder).await?;
            Ok(Joining::Asked)
        }
    }
}
