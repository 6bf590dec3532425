use http::{HeaderMap, header};

use super::header::{NotSole, sole};

/// The content types that routes read (promise IN-03).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ContentType {
    Json,
    Form,
    Missing,
    Other,
}

impl ContentType {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let value = match sole(headers, header::CONTENT_TYPE) {
            Ok(None) => return Self::Missing,
            Ok(Some(value)) => value,
            Err(NotSole) => return Self::Other,
        };
        let essence = value.split(';').next().unwrap_or_default().trim();
        if essence.eq_ignore_ascii_case("application/json") {
            Self::Json
        } else if essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            Self::Form
        } else {
            Self::Other
        }
    }
}

/// Whether the client is a browser that shows pages: it names `text/html` in `Accept`, ranks it above JSON, and did
/// not send JSON itself. Everybody else gets JSON.
pub(super) fn prefers_html(headers: &HeaderMap) -> bool {
    if cfg!(not(feature = "axum")) || ContentType::of(headers) == ContentType::Json {
        return false;
    }
    let mut html = 0.0;
    // Quality by exact type, by `application/*` and by `*/*`: the most specific range that is there counts.
    let mut json = [None; 3];
    for range in headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
    {
        let mut parameters = range.split(';').map(str::trim);
        let name = parameters.next().unwrap_or_default();
        let quality = parameters
            .find_map(|parameter| {
                parameter
                    .strip_prefix("q=")
                    .or_else(|| parameter.strip_prefix("Q="))
            })
            .map_or(1.0, quality);
        let [exact, partial, any] = &mut json;
        if name.eq_ignore_ascii_case("text/html") {
            html = quality;
        } else if name.eq_ignore_ascii_case("application/json") {
            *exact = Some(quality);
        } else if name.eq_ignore_ascii_case("application/*") {
            *partial = Some(quality);
        } else if name == "*/*" {
            *any = Some(quality);
        }
    }
    html > json.into_iter().flatten().next().unwrap_or(0.0)
}

/// A quality value (RFC 9110, section 12.4.2); `0` for anything unreadable.
fn quality(text: &str) -> f32 {
    text.parse()
        .ok()
        .filter(|quality| (0.0..=1.0).contains(quality))
        .unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    name.parse::<header::HeaderName>().unwrap(),
                    value.parse().unwrap(),
                )
            })
            .collect()
    }

    #[cfg(feature = "axum")]
    #[test]
    fn browsers_get_pages_and_everybody_else_json() {
        let html = |accept| prefers_html(&headers(&[("accept", accept)]));
        assert!(html("text/html"));
        assert!(html(
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
        ));
        assert!(html("application/json;q=0.5, text/html;q=0.6"));
        assert!(html("TEXT/HTML;level=1, application/json;Q=0.9"));
        assert!(!html("*/*"));
        assert!(!html("application/json"));
        assert!(!html("application/json, text/html"), "a tie goes to JSON");
        assert!(!html("text/html;q=0"));
        assert!(!html("text/html;q=nonsense"));
        assert!(!html("text/html;q=0.7, application/*"));
        assert!(!prefers_html(&HeaderMap::new()));
    }

    #[test]
    fn whoever_sends_json_gets_json() {
        let sent = headers(&[("accept", "text/html"), ("content-type", "application/json")]);
        assert!(!prefers_html(&sent));
    }

    #[test]
    fn in_03_content_types_are_a_closed_set() {
        let of = |value| ContentType::of(&headers(&[("content-type", value)]));
        assert_eq!(of("application/json"), ContentType::Json);
        assert_eq!(of("Application/JSON; charset=utf-8"), ContentType::Json);
        assert_eq!(
            of("application/x-www-form-urlencoded;charset=UTF-8"),
            ContentType::Form
        );
        for other in [
            "text/plain",
            "application/json5",
            "multipart/form-data; boundary=x",
            "",
            "text/json",
        ] {
            assert_eq!(of(other), ContentType::Other, "{other}");
        }
        assert_eq!(ContentType::of(&HeaderMap::new()), ContentType::Missing);
        let twice = headers(&[
            ("content-type", "application/json"),
            ("content-type", "text/plain"),
        ]);
        assert_eq!(ContentType::of(&twice), ContentType::Other);
    }
}
