use std::{borrow::Cow, net::SocketAddr, sync::Once};

use http::{HeaderMap, HeaderName, header, request::Parts};

use super::{header::sole, origin::host};
use crate::{
    context::{ClientIp, RequestMetadata},
    random,
    user::Settings,
};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED: HeaderName = header::FORWARDED;
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const HOST_LIMIT: usize = 255;
const USER_AGENT_LIMIT: usize = 256;
const REQUEST_ID_LIMIT: usize = 64;
const LISTED_VALUES: usize = 4;
const LISTED_LIMIT: usize = 512;

/// The socket's other end, as a request extension. Servers other than axum's put it in; axum's own
/// `ConnectInfo<SocketAddr>` is understood too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerAddress(pub SocketAddr);

/// Warns once that a proxy may stand in front which the block does not declare: then everybody has the proxy's
/// address, and shares the limits of one network.
pub(super) fn warn_of_undeclared_proxy(head: &Parts, settings: &Settings) {
    static SAID: Once = Once::new();
    if !settings.client_ip_declared && head.headers.contains_key(FORWARDED_FOR) {
        SAID.call_once(|| {
            tracing::warn!(
                resource = settings.subject_name,
                "a request carries `X-Forwarded-For`, and the block does not say what that means: with a proxy in \
                 front set `client_ip: forwarded(n)`, where `n` is the number of proxies, else `client_ip: peer`"
            );
        });
    }
}

/// What is worth knowing about a request, every text bounded and free of control characters.
pub(crate) fn metadata(head: &Parts, rule: ClientIp) -> RequestMetadata {
    let peer = peer(head);
    // Text that is not UTF-8 keeps its place in the list: leaving it out would move the trusted end.
    let forwarded: Vec<Cow<'_, str>> = head
        .headers
        .get_all(FORWARDED_FOR)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect();
    let forwarded: Vec<&str> = forwarded.iter().map(AsRef::as_ref).collect();
    RequestMetadata {
        client_address: rule.resolve(peer.map(|peer| peer.ip()), &forwarded),
        peer,
        host: host(head).map(|host| bounded(host, HOST_LIMIT)),
        method: Some(bounded(head.method.as_str(), REQUEST_ID_LIMIT)),
        user_agent: head
            .headers
            .get(header::USER_AGENT)
            .map(|value| bounded(&String::from_utf8_lossy(value.as_bytes()), USER_AGENT_LIMIT)),
        forwarded: listed(head, FORWARDED),
        forwarded_for: listed(head, FORWARDED_FOR),
        request_id: request_id(&head.headers).or_else(|| random::identifier().ok()),
    }
}

fn peer(head: &Parts) -> Option<SocketAddr> {
    let stated = head.extensions.get::<PeerAddress>().map(|peer| peer.0);
    #[cfg(feature = "axum")]
    let stated = stated.or_else(|| {
        let connection = head.extensions.get::<::axum::extract::ConnectInfo<SocketAddr>>();
        connection.map(|connection| connection.0)
    });
    stated
}

/// The id that a proxy gave the request, if it is harmless in logs.
fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = sole(headers, REQUEST_ID).ok()??;
    let harmless = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    ((1..=REQUEST_ID_LIMIT).contains(&id.len()) && id.bytes().all(harmless)).then(|| id.to_owned())
}

/// The values of a header that lists addresses. A value that is too long ends after the last whole entry.
fn listed(head: &Parts, name: HeaderName) -> Vec<String> {
    let values = head.headers.get_all(name).iter().take(LISTED_VALUES);
    values
        .map(|value| {
            let text = bounded(&String::from_utf8_lossy(value.as_bytes()), LISTED_LIMIT + 1);
            match text.char_indices().nth(LISTED_LIMIT) {
                None => text,
                Some((limit, _)) => {
                    let kept = text.get(..limit).unwrap_or_default();
                    kept.rsplit_once(',').map_or("", |(whole, _)| whole).to_owned()
                }
            }
        })
        .collect()
}

fn bounded(text: &str, limit: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(limit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(headers: &[(&str, &[u8])]) -> Parts {
        let mut request = http::Request::builder().method("POST").uri("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut head = request.body(()).unwrap().into_parts().0;
        let peer = "10.0.0.1:4711".parse().unwrap();
        head.extensions.insert(PeerAddress(peer));
        head
    }

    #[test]
    fn rl_03_the_address_is_the_peer_unless_proxies_are_declared() {
        let head = request(&[("x-forwarded-for", b"6.6.6.6, 192.0.2.1")]);
        let address = |rule| metadata(&head, rule).client_address.unwrap().to_string();
        assert_eq!(address(ClientIp::Peer), "10.0.0.1");
        assert_eq!(address(ClientIp::Forwarded { hops: 1 }), "192.0.2.1");
    }

    #[test]
    fn rl_03_unreadable_values_do_not_move_the_trusted_end() {
        let head = request(&[
            ("x-forwarded-for", b"6.6.6.6"),
            ("x-forwarded-for", b"\xff, 192.0.2.1"),
        ]);
        let rule = ClientIp::Forwarded { hops: 1 };
        assert_eq!(
            metadata(&head, rule).client_address,
            Some("192.0.2.1".parse().unwrap())
        );
        let head = request(&[("x-forwarded-for", b"6.6.6.6"), ("x-forwarded-for", b"\xff")]);
        assert_eq!(metadata(&head, rule).client_address, None);
    }

    #[test]
    fn rl_03_without_a_peer_there_is_no_address() {
        let head = http::Request::new(()).into_parts().0;
        assert_eq!(metadata(&head, ClientIp::Peer).client_address, None);
    }

    #[test]
    fn in_02_texts_are_bounded() {
        let long = vec![b'x'; 5000];
        let head = request(&[("user-agent", &long), ("host", &long), ("x-request-id", &long)]);
        let known = metadata(&head, ClientIp::Peer);
        assert_eq!(known.user_agent.unwrap().len(), USER_AGENT_LIMIT);
        assert_eq!(known.host.unwrap().len(), HOST_LIMIT);
        assert_eq!(known.request_id.unwrap().len(), 40, "a fresh one");
    }

    #[test]
    fn in_02_lists_of_addresses_end_after_a_whole_one() {
        let long = "192.0.2.1, ".repeat(200);
        let head = request(&[
            ("x-forwarded-for", long.as_bytes()),
            ("forwarded", b"for=192.0.2.1"),
        ]);
        let known = metadata(&head, ClientIp::Peer);
        assert_eq!(known.forwarded, ["for=192.0.2.1"]);
        let [list] = &known.forwarded_for[..] else {
            panic!("one value")
        };
        assert!(
            list.len() <= LISTED_LIMIT && list.ends_with("192.0.2.1"),
            "{list}"
        );
    }

    #[test]
    fn request_ids_are_kept_only_if_harmless() {
        let id = |value: &[u8]| {
            metadata(&request(&[("x-request-id", value)]), ClientIp::Peer)
                .request_id
                .unwrap()
        };
        assert_eq!(id(b"Trace-1.2_3"), "Trace-1.2_3");
        for odd in [&b""[..], b"a b", b"a\"b", b"a=b", b"\xe4", b"a;b"] {
            assert_eq!(id(odd).len(), 40, "{odd:?}");
        }
        let fresh = || metadata(&request(&[]), ClientIp::Peer).request_id;
        assert_ne!(fresh(), fresh());
    }
}
