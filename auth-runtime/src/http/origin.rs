use http::{header, request::Parts};
use url::Url;

use super::{header::sole, negotiation::ContentType};

const SEC_FETCH_SITE: &str = "sec-fetch-site";

/// Tells requests of the application's own pages from those that another site caused (promise SE-08).
#[derive(Debug)]
pub(super) struct SameOrigin {
    expected: Option<String>,
}

impl SameOrigin {
    /// Without a public URL a page counts as the application's own when its host and port are those of the request.
    pub(super) fn new(public_url: Option<&Url>) -> Self {
        Self {
            expected: public_url.map(|url| url.origin().ascii_serialization()),
        }
    }

    /// Whether a request that may change something may go on. In this order:
    ///
    /// 1. Safe methods (RFC 9110, section 9.2.1) pass: they change nothing (SU-06).
    /// 2. `Sec-Fetch-Site` is the browser's own word, and no page can set it: `same-origin` passes, `none` (the
    ///    person, not a page, made the request) passes, other subdomains and other sites do not.
    /// 3. `Origin`, from browsers without Fetch Metadata, must be ours. `null` is nobody's.
    /// 4. With neither, the sender is no browser that a page could have steered, except for very old ones. So it
    ///    passes if it sends no session cookie, because there is nothing to abuse; and with one if the body is JSON,
    ///    because a page of another site would have to ask for leave first (CORS preflight), which is not granted.
    pub(super) fn admits(&self, head: &Parts, with_session_cookie: bool) -> bool {
        if head.method.is_safe() {
            return true;
        }
        match (
            sole(&head.headers, SEC_FETCH_SITE),
            sole(&head.headers, header::ORIGIN),
        ) {
            (Ok(Some(site)), Ok(_)) => matches!(site, "same-origin" | "none"),
            (Ok(None), Ok(Some(origin))) => self.is_own(head, origin),
            (Ok(None), Ok(None)) => {
                !with_session_cookie || ContentType::of(&head.headers) == ContentType::Json
            }
            _ => false,
        }
    }

    fn is_own(&self, head: &Parts, origin: &str) -> bool {
        match &self.expected {
            Some(expected) => origin == expected,
            None => {
                let page = origin.split_once("://").map(|(_, authority)| authority);
                matches!((page, host(head)), (Some(page), Some(host)) if page.eq_ignore_ascii_case(host))
            }
        }
    }
}

/// The host and port that the request was sent to.
pub(super) fn host(head: &Parts) -> Option<&str> {
    match sole(&head.headers, header::HOST) {
        Ok(Some(host)) => Some(host),
        // HTTP/2 carries it in the target.
        Ok(None) => head.uri.authority().map(|authority| authority.as_str()),
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COOKIE: bool = true;
    const NO_COOKIE: bool = false;

    fn head(method: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = http::Request::builder()
            .method(method)
            .uri("/user/password/sign_in");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    fn admits(headers: &[(&str, &str)], cookie: bool) -> bool {
        let url = Url::parse("https://site.example/app").unwrap();
        SameOrigin::new(Some(&url)).admits(&head("POST", headers), cookie)
    }

    #[test]
    fn se_08_fetch_metadata_decides_first() {
        for cookie in [COOKIE, NO_COOKIE] {
            assert!(admits(&[("sec-fetch-site", "same-origin")], cookie));
            assert!(admits(&[("sec-fetch-site", "none")], cookie));
            for site in ["same-site", "cross-site", "", "Same-Origin", "same-origin, none"] {
                assert!(!admits(&[("sec-fetch-site", site)], cookie), "{site}");
            }
            assert!(
                admits(&[("sec-fetch-site", "same-origin"), ("origin", "null")], cookie),
                "a page without referrer sends a null origin to itself"
            );
            assert!(!admits(
                &[
                    ("sec-fetch-site", "cross-site"),
                    ("origin", "https://site.example")
                ],
                cookie
            ));
        }
    }

    #[test]
    fn se_08_origin_must_be_the_public_one() {
        for cookie in [COOKIE, NO_COOKIE] {
            assert!(admits(&[("origin", "https://site.example")], cookie));
            for origin in [
                "null",
                "",
                "http://site.example",
                "https://site.example:8443",
                "https://sub.site.example",
                "https://site.example.evil.example",
                "https://evil.example",
                "https://site.example/",
            ] {
                let json = ("content-type", "application/json");
                assert!(!admits(&[("origin", origin), json], cookie), "{origin}");
                assert!(
                    !admits(&[("origin", origin), ("host", "site.example")], cookie),
                    "{origin}"
                );
            }
        }
    }

    #[test]
    fn se_08_without_public_url_the_host_is_compared() {
        let admits = |origin, host| {
            let headers = [("origin", origin), ("host", host)];
            SameOrigin::new(None).admits(&head("POST", &headers), COOKIE)
        };
        assert!(admits("http://127.0.0.1:3000", "127.0.0.1:3000"));
        assert!(admits("https://Site.example", "site.example"));
        assert!(!admits("http://127.0.0.1:3001", "127.0.0.1:3000"));
        assert!(!admits("https://evil.example", "site.example"));
        assert!(!admits("null", "null"), "an opaque origin is nobody's");
    }

    #[test]
    fn se_08_without_either_header_only_harmless_requests_pass() {
        assert!(admits(&[], NO_COOKIE));
        assert!(admits(&[("content-type", "application/json")], COOKIE));
        assert!(!admits(&[], COOKIE));
        assert!(!admits(
            &[("content-type", "application/x-www-form-urlencoded")],
            COOKIE
        ));
        assert!(!admits(&[("content-type", "text/plain")], COOKIE));
    }

    #[test]
    fn se_08_doubled_headers_are_refused_and_reading_is_free() {
        let twice = [
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-site", "same-origin"),
        ];
        assert!(!admits(&twice, NO_COOKIE));
        let twice = [
            ("origin", "https://site.example"),
            ("origin", "https://evil.example"),
        ];
        assert!(!admits(&twice, NO_COOKIE));
        let rule = SameOrigin::new(None);
        let cross = [
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://evil.example"),
        ];
        for method in ["GET", "HEAD", "OPTIONS"] {
            assert!(rule.admits(&head(method, &cross), COOKIE));
        }
        for method in ["POST", "PUT", "PATCH", "DELETE", "UNHEARD-OF"] {
            assert!(!rule.admits(&head(method, &cross), NO_COOKIE));
        }
    }
}
