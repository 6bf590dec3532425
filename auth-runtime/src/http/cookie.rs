use std::net::IpAddr;

use ::cookie::{Cookie, SameSite};
use http::{HeaderMap, HeaderValue, header, request::Parts, uri::Authority};
use time::Duration;

use super::origin::host;

/// The most that a browser is sure to keep of one cookie, name and attributes included (promise SE-02).
const LIMIT: usize = 4096;

/// A cookie of one resource (promise SE-02): one that carries a token, or the one that tells browsers apart.
#[derive(Debug)]
pub(super) struct TokenCookie {
    name: String,
    same_site: SameSite,
    development: bool,
}

/// The cookie cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLong;

impl TokenCookie {
    /// The cookie of the session.
    pub(super) fn session(subject_name: &str, development: bool) -> Self {
        Self::new(&format!("{subject_name}_session"), SameSite::Lax, development)
    }

    /// The cookie by which a browser is remembered. It is not sent when another site leads here: such a visitor is
    /// remembered at the next click.
    pub(super) fn remember_me(name: &str, development: bool) -> Self {
        Self::new(name, SameSite::Strict, development)
    }

    /// The cookie by which one browser is told from another (promise SU-11).
    pub(super) fn browser(subject_name: &str, development: bool) -> Self {
        Self::new(&format!("{subject_name}_browser"), SameSite::Lax, development)
    }

    /// In development there is no TLS, so the cookie goes without `Secure` and without the prefix that needs it, and
    /// only to this machine.
    fn new(name: &str, same_site: SameSite, development: bool) -> Self {
        let prefix = if development { "" } else { "__Host-" };
        Self {
            name: format!("{prefix}{name}"),
            same_site,
            development,
        }
    }

    /// The one value that the request carries; none as well if there are several.
    pub(super) fn sole<'h>(&'h self, headers: &'h HeaderMap) -> Option<&'h str> {
        let mut values = self.values(headers);
        values.next().filter(|_| values.next().is_none())
    }

    /// The line that sets the cookie; `None` when this client must not get one.
    pub(super) fn set(
        &self,
        head: &Parts,
        token: &str,
        lifetime: Duration,
    ) -> Result<Option<HeaderValue>, TooLong> {
        if self.development && !host(head).is_some_and(is_loopback) {
            tracing::warn!("no cookie: in development it is set on this machine only");
            return Ok(None);
        }
        self.line(token, lifetime.max(Duration::ZERO))
            .map(Some)
            .ok_or(TooLong)
    }

    /// The line that takes the cookie away.
    pub(super) fn clear(&self) -> Option<HeaderValue> {
        self.line("", Duration::ZERO)
    }

    fn line(&self, value: &str, lifetime: Duration) -> Option<HeaderValue> {
        let cookie = Cookie::build((self.name.as_str(), value))
            .path("/")
            .http_only(true)
            .same_site(self.same_site)
            .secure(!self.development)
            .max_age(lifetime)
            .build()
            .to_string();
        let mut line = (cookie.len() <= LIMIT).then(|| HeaderValue::from_str(&cookie).ok())??;
        line.set_sensitive(true);
        Some(line)
    }

    /// The values of all cookies of this name that the request carries.
    pub(super) fn values<'h>(&'h self, headers: &'h HeaderMap) -> impl Iterator<Item = &'h str> {
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|line| std::str::from_utf8(line.as_bytes()).ok())
            .flat_map(Cookie::split_parse)
            .filter_map(|cookie| {
                let cookie = cookie.ok()?;
                (cookie.name() == self.name).then(|| cookie.value_raw()).flatten()
            })
    }

    pub(super) fn is_in(&self, headers: &HeaderMap) -> bool {
        self.values(headers).next().is_some()
    }
}

fn is_loopback(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    let name = authority.host();
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || name.to_ascii_lowercase().ends_with(".localhost")
        || address
            .parse::<IpAddr>()
            .is_ok_and(|ip| ip.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(host: &str) -> Parts {
        http::Request::builder()
            .header("host", host)
            .body(())
            .unwrap()
            .into_parts()
            .0
    }

    fn line(cookie: &TokenCookie, host: &str) -> Option<String> {
        let line = cookie.set(&head(host), "a.b.c", Duration::hours(1)).unwrap();
        line.map(|line| line.to_str().unwrap().to_owned())
    }

    #[test]
    fn se_02_attributes_of_the_session_cookie() {
        let line = line(&TokenCookie::session("user", false), "site.example").unwrap();
        let (pair, attributes) = line.split_once("; ").unwrap();
        assert_eq!(pair, "__Host-user_session=a.b.c");
        let mut attributes: Vec<&str> = attributes.split("; ").collect();
        attributes.sort_unstable();
        assert_eq!(
            attributes,
            ["HttpOnly", "Max-Age=3600", "Path=/", "SameSite=Lax", "Secure"]
        );
    }

    #[test]
    fn se_02_attributes_of_the_cookie_that_remembers() {
        let line = line(
            &TokenCookie::remember_me("user_remember_me", false),
            "site.example",
        )
        .unwrap();
        assert!(line.starts_with("__Host-user_remember_me=a.b.c; "), "{line}");
        for attribute in ["HttpOnly", "SameSite=Strict", "Secure", "Path=/"] {
            assert!(line.contains(attribute), "{line}");
        }
    }

    #[test]
    fn se_02_development_is_for_loopback_only() {
        let cookie = TokenCookie::session("user", true);
        for host in [
            "localhost:3000",
            "app.localhost",
            "127.0.0.1:3000",
            "[::1]:3000",
            "[::ffff:127.0.0.1]",
        ] {
            let line = line(&cookie, host).expect(host);
            assert!(line.starts_with("user_session=a.b.c;"), "{line}");
            assert!(!line.contains("Secure"), "{line}");
        }
        for host in [
            "site.example",
            "192.168.0.2:3000",
            "localhost.evil.example",
            "",
            "127.0.0.1@evil.example",
        ] {
            assert_eq!(line(&cookie, host), None, "{host}");
        }
        assert_eq!(
            cookie.set(&http::Request::new(()).into_parts().0, "t", Duration::HOUR),
            Ok(None)
        );
    }

    #[test]
    fn se_02_longer_cookies_are_not_sent() {
        let cookie = TokenCookie::session("user", false);
        let rest = line(&cookie, "site.example").unwrap().len() - "a.b.c".len();
        let set = |length: usize| cookie.set(&head("site.example"), &"x".repeat(length), Duration::hours(1));
        assert_eq!(set(LIMIT - rest).unwrap().unwrap().len(), LIMIT);
        assert_eq!(set(LIMIT - rest + 1), Err(TooLong));
    }

    #[test]
    fn se_03_clearing_names_the_same_cookie() {
        let cookie = TokenCookie::session("user", false);
        let line = cookie.clear().unwrap();
        let line = line.to_str().unwrap();
        assert!(line.starts_with("__Host-user_session=;"), "{line}");
        for attribute in ["Max-Age=0", "Path=/", "Secure", "HttpOnly"] {
            assert!(line.contains(attribute), "{line}");
        }
    }

    #[test]
    fn only_cookies_of_exactly_this_name_count() {
        let cookie = TokenCookie::session("user", false);
        let headers: HeaderMap = [
            (
                header::COOKIE,
                "a=1; __Host-user_session=one; user_session=two; =; x"
                    .parse()
                    .unwrap(),
            ),
            (
                header::COOKIE,
                "__host-user_session=three;__Host-user_session=four"
                    .parse()
                    .unwrap(),
            ),
            (header::COOKIE, HeaderValue::from_bytes(b"\xff=1").unwrap()),
        ]
        .into_iter()
        .collect();
        assert_eq!(cookie.values(&headers).collect::<Vec<_>>(), ["one", "four"]);
    }
}
