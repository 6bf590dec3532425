//! Headers in which proxies pass addresses on: every address in them goes through the same privacy.

use std::net::{IpAddr, SocketAddr};

use super::privacy::Privacy;

/// The address in a text with or without brackets, port and zone.
pub(super) fn parse_address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address);
    }
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Some(address.ip());
    }
    let inside = match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?.0,
        // A zone names an interface of one machine, and says nothing to others.
        None => text,
    };
    let address = inside.split_once('%').map_or(inside, |(address, _)| address);
    address.parse().ok()
}

/// `X-Forwarded-For`: a list of addresses.
pub(super) fn forwarded_for(privacy: &Privacy, header: &str) -> String {
    if privacy.is_none() {
        return header.to_owned();
    }
    let entries: Vec<String> = header
        .split(',')
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
        .filter_map(|entry| privacy.text(entry))
        .collect();
    entries.join(", ")
}

/// `Forwarded` (RFC 7239): a list of elements, each made of pairs. Addresses are in the pairs `for` and `by`.
pub(super) fn forwarded(privacy: &Privacy, header: &str) -> String {
    if privacy.is_none() {
        return header.to_owned();
    }
    let elements: Vec<String> = outside_quotes(header, ',')
        .map(|element| {
            let pairs: Vec<String> = outside_quotes(element, ';')
                .filter_map(|pair| private_pair(privacy, pair.trim()))
                .collect();
            pairs.join(";")
        })
        .filter(|element| !element.is_empty())
        .collect();
    elements.join(", ")
}

fn private_pair(privacy: &Privacy, pair: &str) -> Option<String> {
    let Some((name, value)) = pair.split_once('=') else {
        // What is no pair may be anything, an address too.
        return privacy.text(pair).filter(|_| !pair.is_empty());
    };
    let bare_name = name.trim();
    if !["for", "by"]
        .iter()
        .any(|known| bare_name.eq_ignore_ascii_case(known))
    {
        return Some(pair.to_owned());
    }
    let value = value.trim().trim_matches('"');
    // The word for an address that the proxy does not tell.
    let stored = if value.eq_ignore_ascii_case("unknown") && !matches!(privacy, Privacy::Exclude) {
        value.to_owned()
    } else {
        privacy.text(value)?
    };
    let is_v6_network = stored.contains(':') && !stored.starts_with("hashed:");
    Some(if is_v6_network {
        format!("{bare_name}=\"[{stored}]\"")
    } else {
        format!("{bare_name}={stored}")
    })
}

/// The parts of `text` between separators that do not stand in a quoted string.
fn outside_quotes(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |c| {
        if c == '"' {
            quoted = !quoted;
        }
        c == separator && !quoted
    })
}

#[cfg(test)]
mod tests {
    use super::{super::privacy::IpPrivacyMode, *};

    fn modes() -> [Privacy; 4] {
        let key = "a key of thirty-two bytes or more".into();
        [
            IpPrivacyMode::None,
            IpPrivacyMode::Truncate {
                ipv4_mask: 24,
                ipv6_mask: 48,
            },
            IpPrivacyMode::Hash,
            IpPrivacyMode::Exclude,
        ]
        .map(|mode| Privacy::new(mode, Some(&key)).unwrap())
    }

    #[test]
    fn au_03_every_address_of_a_list_is_changed() {
        let [none, truncate, hash, exclude] = modes();
        let header = "192.0.2.77,2001:db8:85a3::8, [2001:db8::9]:443 ,junk";
        assert_eq!(forwarded_for(&none, header), header);
        assert_eq!(
            forwarded_for(&truncate, header),
            "192.0.2.0/24, 2001:db8:85a3:0:0:0:0:0/48, 2001:db8:0:0:0:0:0:0/48, invalid-ip"
        );
        assert_eq!(forwarded_for(&exclude, header), "");
        let hashes = forwarded_for(&hash, header);
        assert_eq!(hashes.matches("hashed:").count(), 4, "{hashes}");
        assert!(!hashes.contains("192") && !hashes.contains("2001"), "{hashes}");
    }

    #[test]
    fn au_03_forwarded_pairs_keep_their_form() {
        let [none, truncate, hash, exclude] = modes();
        let header =
            "for=192.0.2.60;proto=http;by=203.0.113.43, For=\"[2001:db8:cafe::17]:4711\";host=example.org";
        assert_eq!(forwarded(&none, header), header);
        assert_eq!(
            forwarded(&truncate, header),
            "for=192.0.2.0/24;proto=http;by=203.0.113.0/24, For=\"[2001:db8:cafe:0:0:0:0:0/48]\";host=example.org"
        );
        assert_eq!(forwarded(&exclude, header), "proto=http, host=example.org");
        let hashes = forwarded(&hash, header);
        assert!(hashes.starts_with("for=hashed:"), "{hashes}");
        assert!(hashes.contains(", For=hashed:"), "{hashes}");
        assert!(hashes.ends_with(";host=example.org"), "{hashes}");
    }

    #[test]
    fn au_03_odd_values_give_no_address_away() {
        let [_, truncate, hash, exclude] = modes();
        for (value, stored) in [
            ("for=unknown", "for=unknown"),
            ("for=_hidden", "for=invalid-ip"),
            ("for=2001:db8:1:2::3", "for=\"[2001:db8:1:0:0:0:0:0/48]\""),
            ("for=\"192.0.2.1:80\"", "for=192.0.2.0/24"),
            ("192.0.2.1", "192.0.2.0/24"),
            ("for=\"192.0.2.1, 192.0.2.2\"", "for=invalid-ip"),
            (";;for=", "for=invalid-ip"),
        ] {
            assert_eq!(forwarded(&truncate, value), stored, "{value}");
            assert!(!forwarded(&hash, value).contains("192"), "{value}");
            assert!(!forwarded(&exclude, value).contains("192"), "{value}");
        }
    }

    #[test]
    fn a_port_a_zone_and_brackets_are_no_part_of_an_address() {
        for text in [
            "2001:db8::1",
            "[2001:db8::1]",
            "[2001:db8::1]:443",
            "2001:db8::1%eth0",
            "[2001:db8::1%eth0]:443",
            " 2001:0db8:0::1 ",
        ] {
            let address = parse_address(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(address.to_string(), "2001:db8::1", "{text}");
        }
        for text in ["", "[", "[]", "unknown", "192.0.2", "1.2.3.4.5", "[2001:db8::1"] {
            assert_eq!(parse_address(text), None, "{text}");
        }
    }
}
