//! What an attempt counts as, and where.

use std::{sync::Arc, time::Duration};

use time::OffsetDateTime;

use super::{
    Recorded, Settings,
    counter::{Rule, Then},
    key::{Counts, Whose, key},
};
use crate::{
    context::RequestMetadata,
    strategy::{Act, Sort},
    user::Authenticated,
};

/// The bucket of those without an address holds this many networks (promise RL-04).
const SHARED_BUCKET: i64 = 4;

/// An attempt that an audit log is going to record is under way for a minute at most, with room to spare: by then every
/// deadline has passed, or its process is gone.
const LONGEST_ATTEMPT: Duration = Duration::from_secs(60);

/// The most failures in a window that an identity can have whatever guards it.
const FLOOR: u32 = 100;

/// Registrations out of one network in the window of messages. Several people in a class or an office register in an
/// hour, and each of them hashes a password, writes a row and causes a message.
const NETWORK_REGISTRATIONS: u32 = 300;

/// The counters of an attempt with their rules.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) identity: Option<(String, Rule)>,
    pub(super) network: (String, Rule),
    /// The audit log that knows the failures, of whom, and at which strategy.
    pub(super) recorded: Option<(Recorded, Arc<str>, &'static str)>,
    pub(super) now: OffsetDateTime,
}

impl Plan {
    pub(super) fn of<U: Authenticated>(
        settings: &Settings,
        recorded: Option<Recorded>,
        guarded: bool,
        act: &Act,
        tenant: &str,
        request: &RequestMetadata,
        now: OffsetDateTime,
    ) -> Self {
        let (messages, message_window) = (settings.max_messages, settings.message_window());
        let (counts, window, of_identity, of_network, then) = match act.sort {
            Sort::Request => {
                let network = settings.network_max_messages;
                (Counts::Messages, message_window, messages, network, Then::Wait)
            }
            Sort::Registration => {
                let network = NETWORK_REGISTRATIONS;
                (
                    Counts::Registrations,
                    message_window,
                    messages,
                    network,
                    Then::Wait,
                )
            }
            Sort::Begin => {
                let network = settings.network_max_failures;
                (Counts::Begun, settings.window(), network, network, Then::Wait)
            }
            Sort::Proof | Sort::Account => {
                let failures = if guarded { FLOOR } else { settings.max_failures };
                let network = settings.network_max_failures;
                (
                    Counts::Failures,
                    settings.window(),
                    failures,
                    network,
                    Then::Delay,
                )
            }
        };
        let recorded = act
            .about
            .clone()
            .and_then(|about| Some((recorded?, about, act.strategy)));
        // What somebody who is signed in does with their account says nothing about guesses at another action, so no
        // success there may forget them.
        let action = match act.sort {
            Sort::Account => act.action,
            Sort::Proof | Sort::Request | Sort::Registration | Sort::Begin => "",
        };
        let place = [U::SETTINGS.subject_name, tenant, act.strategy, action];
        let id = |whose| key(place, counts, whose);
        let rule = |max: i64, then| Rule {
            max: max.max(1),
            window,
            then,
        };
        let address = request.client_address;
        let buckets = if address.is_some() { 1 } else { SHARED_BUCKET };
        Self {
            identity: act.about.as_deref().map(|identity| match &recorded {
                Some((recorded, ..)) if act.sort == Sort::Proof => (
                    key(place, Counts::UnderWay, Whose::Identity(identity)),
                    Rule {
                        max: recorded.max(),
                        window: LONGEST_ATTEMPT,
                        then: Then::Queue,
                    },
                ),
                _ => (id(Whose::Identity(identity)), rule(of_identity.into(), then)),
            }),
            network: (
                id(Whose::Network(address)),
                rule(i64::from(of_network) * buckets, Then::Wait),
            ),
            recorded,
            now,
        }
    }
}
