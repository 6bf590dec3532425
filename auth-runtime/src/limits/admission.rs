//! Counting an attempt before it runs.

use std::{sync::Arc, time::Duration};

use super::{
    GuardedAttempt, Settings, Verdict,
    count::count,
    patience::Patience,
    plan::Plan,
    ticket::{Keeps, Ticket, UnderWay},
};
use crate::{
    authentication::Authentication,
    context::RequestMetadata,
    error::{AuthenticationFailed, Cause, Error},
    strategy::{Act, Sort},
    tenant::Tenant,
    user::Authenticated,
};

/// Asks whether an attempt may run, and counts it. `enter` gets the attempt in where there is only so much room; nobody
/// keeps that room while waiting for others.
///
/// # Errors
/// Those of `enter`;
/// [`Error::AuthenticationFailed`] with [`Cause::TooManyAttempts`]; [`Error::Storage`] when the counters cannot be
/// asked, [`Error::GuardFailed`] when the application's guard cannot (promise FA-06).
pub(crate) async fn admit<U: Authenticated, E>(
    auth: &Authentication<U>,
    act: &Act,
    request: &RequestMetadata,
    enter: impl Fn() -> Result<E, Error>,
) -> Result<(UnderWay<U>, E), Error> {
    let unlimited = |may_send| UnderWay::new(auth.clone(), Ticket::of_request(may_send));
    let mut entry = enter()?;
    let settings = U::LIMITS
        .iter()
        .find(|(strategy, _)| *strategy == act.strategy)
        .map_or(Settings::DEFAULT, |(_, settings)| *settings);
    let guard = auth.guard(act.strategy);
    if let Some(guard) = guard {
        let seen = GuardedAttempt {
            strategy: act.strategy,
            action: act.action,
            identity: act.about.as_deref(),
            request,
        };
        match guard.admit(&seen).await? {
            Verdict::Admit => {}
            Verdict::Refuse { .. } if act.sort == Sort::Request => {
                return Ok((unlimited(false), entry));
            }
            Verdict::Refuse { retry_after } => return Err(refused(act, retry_after)),
        }
    }
    // Without tenants there is no text, and this place in the key is empty.
    let tenant = auth.tenant()?.to_text().unwrap_or_default();
    let recorded = settings.recorded.filter(|_| act.sort != Sort::Account);
    let mut patience = Patience::new();
    loop {
        let now = auth.now();
        let plan = Arc::new(Plan::of::<U>(
            &settings,
            recorded,
            guard.is_some(),
            act,
            &tenant,
            request,
            now,
        ));
        let sort = act.sort;
        let counting = {
            let (auth, plan) = (auth.clone(), Arc::clone(&plan));
            // A task of its own: whoever goes away now must not leave something counted that nobody ends.
            tokio::spawn(async move {
                let counted = count(&auth, &plan).await?;
                Ok::<_, Error>(counted.map(|(identity, network)| {
                    let keeps = match sort {
                        Sort::Request => return UnderWay::new(auth, Ticket::of_request(true)),
                        Sort::Registration | Sort::Begin => Keeps::Always,
                        Sort::Proof if recorded.is_some() => Keeps::Log,
                        Sort::Proof | Sort::Account => Keeps::Counter,
                    };
                    UnderWay::new(auth, Ticket::of_attempt(identity, network, keeps))
                }))
            })
        };
        let counted = counting
            .await
            .map_err(|_| Error::internal("the counting of an attempt did not end"))?;
        let refusal = match counted? {
            Ok(under_way) => return Ok((under_way, entry)),
            Err(_) if sort == Sort::Request => return Ok((unlimited(false), entry)),
            Err(refusal) => refusal,
        };
        drop(entry);
        if !refusal.under_way || !patience.wait(auth, &plan).await? {
            let retry_after = refusal.until.map(|until| (until - now).unsigned_abs());
            return Err(refused(act, retry_after));
        }
        entry = enter()?;
    }
}

fn refused(act: &Act, retry_after: Option<Duration>) -> Error {
    AuthenticationFailed::new(act.strategy, act.action, Cause::TooManyAttempts)
        .with_retry_after(retry_after)
        .into()
}
