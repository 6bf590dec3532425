//! The keys of counters.

use std::net::IpAddr;

use crate::digest;

/// What a counter counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counts {
    Failures,
    Messages,
    /// Attempts that have begun and whose failure an audit log would record.
    UnderWay,
    Registrations,
    /// What has begun and ends in another action.
    Begun,
}

/// Whose a counter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose<'a> {
    /// What somebody is called, in its canonical form; or whom a message goes to.
    Identity(&'a str),
    /// Where the client is. Without an address everybody is in one place (promise RL-04).
    Network(Option<IpAddr>),
}

/// The key in lower-case hexadecimal: 64 characters whatever goes in, and no identity can be read from it. `place` is
/// the resource, its tenant, the strategy, and the action where that counts for itself.
pub(super) fn key(place: [&str; 4], counts: Counts, whose: Whose<'_>) -> String {
    let (scope, name) = match whose {
        Whose::Identity(identity) => ("identity", identity.to_owned()),
        Whose::Network(address) => ("network", network(address)),
    };
    let counts = match counts {
        Counts::Failures => "failures",
        Counts::Messages => "messages",
        Counts::UnderWay => "under_way",
        Counts::Registrations => "registrations",
        Counts::Begun => "begun",
    };
    digest::of(place.into_iter().chain([counts, scope, name.as_str()]))
}

/// The part of an address that one client cannot change at will: all of IPv4, the first half of IPv6 (promise RL-03).
fn network(address: Option<IpAddr>) -> String {
    match address.map(|address| address.to_canonical()) {
        None => String::new(),
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network_of(text: &str) -> String {
        network(Some(text.parse().unwrap()))
    }

    #[test]
    fn rl_03_ipv6_counts_by_the_first_half() {
        assert_eq!(
            network_of("2001:db8:1:2::1"),
            network_of("2001:db8:1:2:ffff:ffff:ffff:ffff")
        );
        assert_ne!(network_of("2001:db8:1:2::1"), network_of("2001:db8:1:3::1"));
    }

    #[test]
    fn rl_03_all_spellings_of_an_address_are_one() {
        assert_eq!(network_of("::ffff:192.0.2.1"), network_of("192.0.2.1"));
        assert_eq!(network_of("2001:0DB8:0:0:0:0:0:1"), network_of("2001:db8::2"));
        assert_ne!(network_of("192.0.2.1"), network_of("192.0.2.2"));
    }

    #[test]
    fn tn_01_every_part_is_part_of_the_key() {
        let whose = Whose::Identity("ada");
        let place = ["user", "", "password", ""];
        let known = key(place, Counts::Failures, whose);
        assert_eq!(known.len(), 64);
        for other in [
            key(["admin", "", "password", ""], Counts::Failures, whose),
            key(["user", "a", "password", ""], Counts::Failures, whose),
            key(["user", "", "magic_link", ""], Counts::Failures, whose),
            key(["user", "", "password", "change"], Counts::Failures, whose),
            key(["userp", "", "assword", ""], Counts::Failures, whose),
            key(place, Counts::Messages, whose),
            key(place, Counts::Registrations, whose),
            key(place, Counts::UnderWay, whose),
            key(place, Counts::Failures, Whose::Identity("eve")),
            key(place, Counts::Failures, Whose::Network(None)),
        ] {
            assert_ne!(known, other);
        }
    }
}
