use std::sync::Arc;

use super::{Arrival, enter, own, provider_session::note_provider_session, refused, way};
use crate::resources::user_identity::StoredIdentity;
use crate::{
    error::{Cause, Error},
    oauth::Callback,
    sender::MessageKind,
    strategies::oauth2::{
        Cx, Entered, IdentityInfo, Job, OAuth2,
        attempt::{self, ForSession, Found},
        config::COMPLETE_LINK,
        parts::Ready,
    },
    strategy::{Act, Outcome, Sort, perform},
    user::Conn,
};

/// Ends an attempt with what the provider sent the browser back with: signs in, registers, or attaches the identity to
/// the session that began.
///
/// In this order: the attempt is found, spent, and compared with the browser, the strategy and the tenant; the provider's
/// answer is checked; and only then is asked who that is here.
///
/// # Errors
/// [`Error::AuthenticationFailed`] and [`Error::Provider`], which a client cannot tell apart unless the provider is out of
/// reach; [`Error::Storage`].
pub async fn callback<S: OAuth2>(cx: &Cx<S>, input: Callback) -> Outcome<Entered<S::User>> {
    let found = match &input.state {
        Some(state) => attempt::find::<S>(cx, state).await,
        None => Ok(None),
    };
    let links = matches!(&found, Ok(Some(found)) if found.attempt.link.is_some());
    let action = if links {
        COMPLETE_LINK
    } else {
        S::CONFIG.entering()
    };
    let act = Act::new(S::CONFIG.name, action, Sort::Proof);
    perform(cx, act, |cx| async move {
        // Where the strategy is left out nothing is ended, whatever its name finds.
        cx.auth.part::<Ready<S>>(S::CONFIG.index)?.ways()?;
        let found = found?.ok_or_else(|| refused::<S>(action, Cause::AttemptMismatch))?;
        finish::<S>(&cx, action, found, &input).await
    })
    .await
}

async fn finish<S: OAuth2>(
    cx: &Cx<S>,
    action: &'static str,
    found: Found,
    callback: &Callback,
) -> Result<Entered<S::User>, Error> {
    // Spent whatever comes of it (promise OA-08).
    if !found.spend::<S>(cx).await? {
        return Err(refused::<S>(action, Cause::TokenSpent));
    }
    if !found.is_in_its_browser::<S>(cx) {
        return Err(refused::<S>(action, Cause::OtherBrowser));
    }
    let attempt = found.attempt;
    if attempt.strategy != S::CONFIG.name || attempt.tenant != cx.auth.tenant_text() {
        return Err(refused::<S>(action, Cause::AttemptMismatch));
    }
    let way = way::<S>(cx, action, attempt.connection_id.as_deref()).await?;
    if way.provider.base_url() != attempt.base_url {
        return Err(refused::<S>(action, Cause::AttemptMismatch));
    }
    let identified = way
        .provider
        .finish(&attempt.pending, callback, cx.auth.now())
        .await
        .map_err(|error| way.failed(cx, error))?;
    if let Some(target) = attempt.return_to {
        cx.leads_to(target);
    }
    let arrival = Arrival::new::<S>(cx, way, identified);
    match attempt.link {
        Some(session) => complete::<S>(cx, arrival, session).await.map(Entered::Linked),
        None => {
            let cx = cx.clone().remembering(attempt.remembers);
            enter::enter::<S>(&cx, action, arrival).await
        }
    }
}

/// Attaches the identity to the account of the session that began (promise OA-07).
async fn complete<S: OAuth2>(
    cx: &Cx<S>,
    arrival: Arrival,
    session: ForSession,
) -> Result<IdentityInfo, Error> {
    let own = own::<S>(COMPLETE_LINK);
    let present = own.signed_in(cx)?;
    if present.subject() != session.subject || present.jti() != session.jti {
        return Err(own.refused(Cause::AttemptMismatch));
    }
    let job: Job<S, Arrival> = Arc::new((cx.clone(), arrival));
    let linked = cx
        .auth
        .write(move |connection| {
            let job = Arc::clone(&job);
            Box::pin(async move { attach::<S>(&job.0, connection, &job.1).await })
        })
        .await;
    match linked {
        // Somebody else got it at this moment.
        Err(error) if super::is_taken(&error) => Err(own.refused(Cause::IdentityElsewhere)),
        linked => linked.map(IdentityInfo::from),
    }
}

async fn attach<S: OAuth2>(
    cx: &Cx<S>,
    connection: &mut Conn<S::User>,
    arrival: &Arrival,
) -> Result<StoredIdentity, Error> {
    let own = own::<S>(COMPLETE_LINK);
    let (subject, user) = own.lock_admitted(cx, connection).await?;
    let row = match arrival.known::<S>(connection, COMPLETE_LINK).await? {
        Some(row) if row.subject == subject => {
            arrival.note::<S>(cx, connection, row.id).await?;
            row
        }
        Some(_) => return Err(own.refused(Cause::IdentityElsewhere)),
        None => {
            arrival
                .is_the_first::<S>(connection, subject, COMPLETE_LINK)
                .await?;
            let row = arrival.attach::<S>(cx, connection, subject).await?;
            super::notice::<S>(
                cx,
                connection,
                MessageKind::IdentityLinked,
                &user,
                &arrival.way.label,
            )
            .await?;
            row
        }
    };
    if let Some(session) = cx.session() {
        note_provider_session::<S>(cx, connection, arrival, subject, session.jti()).await?;
    }
    cx.succeed(connection, Some(subject)).await?;
    Ok(row)
}
