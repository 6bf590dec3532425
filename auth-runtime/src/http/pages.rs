use std::borrow::Cow;

use http::{HeaderValue, StatusCode, header, request::Parts};
use maud::{DOCTYPE, Markup, html};
use secrecy::{ExposeSecret, SecretString};

use super::{
    answer::{Answer, page, page_with_script},
    body::TOKEN,
    callback::{MARKED, MARKER, Response},
    routes::Landing,
};
use crate::{
    error::{Code, Failure},
    random,
    strategy::Input,
};

fn document(title: &str, content: &Markup) -> String {
    document_with(&html! {}, title, content)
}

fn document_with(more_head: &Markup, title: &str, content: &Markup) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                (more_head)
                title { (title) }
            }
            body {
                main {
                    h1 { (title) }
                    (content)
                }
            }
        }
    }
    .into_string()
}

/// The page that a link leads to. Nothing has looked at the token yet; the form sends it (promise SU-06).
///
/// Because its address is nobody's business (SU-08), browsers send the form with a null `Origin`. Fetch Metadata then
/// shows that it is ours; browsers without that, from before 2023, are refused.
///
/// # Errors
/// [`Code::Malformed`] when the address does not carry one token.
pub(super) fn landing(head: &Parts, landing: &Landing) -> Result<Answer, Failure> {
    let token = parameter(head, landing.field)
        .or_else(|| parameter(head, TOKEN))
        .filter(|token| token.len() <= Input::TOKEN_LIMIT)
        .ok_or_else(|| Failure::new(Code::Malformed))?;
    let form = html! {
        form method="post" action=(landing.action) {
            input type="hidden" name=(landing.input) value=(token);
            @if let Some(remembers) = &landing.remembers {
                p { label { input type="checkbox" name=(remembers); " Remember this browser" } }
            }
            button type="submit" { "Continue" }
        }
    };
    Ok(page(StatusCode::OK, document("One more step", &form)))
}

/// The value of a query parameter that stands once and is not empty.
fn parameter<'q>(head: &'q Parts, name: &str) -> Option<Cow<'q, str>> {
    let query = head.uri.query().unwrap_or_default();
    let mut values = form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name);
    let (_, value) = values.next()?;
    (values.next().is_none() && !value.is_empty()).then_some(value)
}

/// The page that sends a provider's response once more: from here, so that the browser adds its cookies. It shows nothing
/// and keeps nothing; the form sends only what counts, to where it came.
///
/// # Errors
/// [`Code::Internal`] when no nonce could be drawn.
pub(super) fn interstitial(head: &Parts, response: &Response) -> Result<Answer, Failure> {
    let internal = || Failure::new(Code::Internal);
    let nonce = random::identifier().map_err(|_| internal())?;
    // Seen from itself, so it is right under any prefix, behind any proxy.
    let own_segment = head.uri.path().rsplit('/').next().unwrap_or_default();
    let form = html! {
        form method="post" action={ "./" (own_segment) } {
            @for (name, value) in response.fields() {
                input type="hidden" name=(name) value=(value);
            }
            input type="hidden" name=(MARKER) value=(MARKED);
            button type="submit" { "Continue" }
        }
        script nonce=(nonce) { "document.forms[0].submit()" }
    };
    let robots = html! { meta name="robots" content="noindex"; };
    let document = document_with(&robots, "One moment", &form);
    page_with_script(StatusCode::OK, document, &nonce).ok_or_else(internal)
}

/// The page that asks before signing out.
pub(super) fn sign_out() -> Answer {
    let form = html! {
        form method="post" action="./sign_out" {
            button type="submit" { "Sign out" }
        }
    };
    let mut answer = page(StatusCode::OK, document("Sign out?", &form));
    // There is no secret in this address, and with `no-referrer` older browsers would hide the form's origin from us.
    answer
        .headers_mut()
        .insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    answer
}

/// The page for somebody whom another site has sent to begin a sign-in: a link to the same address, which is then this
/// site's own (promise SE-08).
pub(super) fn before_leaving(head: &Parts) -> Answer {
    let path = head.uri.path().rsplit('/').next().unwrap_or_default();
    let again = match head.uri.query() {
        Some(query) => format!("./{path}?{query}"),
        None => format!("./{path}"),
    };
    let text = html! {
        p { "Another site has sent you here to sign in." }
        p { a href=(again) { "Continue" } }
        (back())
    };
    page(StatusCode::OK, document("Sign in?", &text))
}

/// The page that goes on to another site.
pub(super) fn elsewhere(location: &str) -> Answer {
    let refresh = html! { meta http-equiv="refresh" content=(format!("0; url={location}")); };
    let link = html! { p { a href=(location) { "Continue" } } };
    page(StatusCode::OK, document_with(&refresh, "One moment", &link))
}

/// The page that shows a new secret, this one time.
pub(super) fn secret(name: &str, secret: &SecretString, return_to: &str) -> Answer {
    let text = html! {
        p { "This is shown once. Copy it now; it cannot be read again." }
        p { code id=(name) { (secret.expose_secret()) } }
        p { a href=(return_to) { "Continue" } }
    };
    page(StatusCode::CREATED, document("Keep this safe", &text))
}

/// The page for a request that was taken.
pub(super) fn accepted() -> Answer {
    let text = html! { p { "If this concerns an account here, a message is on its way to it." } (back()) };
    page(StatusCode::OK, document("Please check your messages", &text))
}

/// The page for an address that is confirmed.
pub(super) fn confirmed(credentials_voided: bool) -> Answer {
    let text = html! {
        p { "The address is confirmed." }
        @if credentials_voided {
            p {
                "The account was made elsewhere, so its password and sessions have ended. If you made it, ask for a new \
                 password where you sign in."
            }
        }
        (back())
    };
    page(StatusCode::OK, document("Thank you", &text))
}

/// The page for a failure, with the fields it is about.
pub(super) fn failure(failure: &Failure) -> Answer {
    let text = html! {
        @if !failure.fields.is_empty() {
            ul {
                @for (field, errors) in failure.fields.iter() {
                    @for error in errors {
                        li { (field) " " (error) }
                    }
                }
            }
        }
        (back())
    };
    page(failure.status(), document(failure.code.message(), &text))
}

fn back() -> Markup {
    html! { p { a href="/" { "Back to the start page" } } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        error::{FieldError, FieldErrors},
        http::answer::seal,
    };

    fn text(answer: Answer) -> String {
        String::from_utf8(answer.into_body()).unwrap()
    }

    fn land(query: &str) -> Result<Answer, Failure> {
        land_at(query, None)
    }

    fn land_at(query: &str, remembers: Option<&str>) -> Result<Answer, Failure> {
        let route = Landing {
            remembers: remembers.map(str::to_owned),
            field: "confirm",
            input: "user[confirm]".to_owned(),
            action: "./magic_link".to_owned(),
        };
        let request = http::Request::builder().uri(format!("/user/magic_link?{query}"));
        landing(&request.body(()).unwrap().into_parts().0, &route)
    }

    #[test]
    fn su_06_the_landing_page_has_one_heading_and_one_post_form() {
        for query in ["confirm=a.b.c", "token=a.b.c", "x=1&token=other&confirm=a.b.c"] {
            let page = text(land(query).unwrap());
            assert_eq!(page.matches("<h1>").count(), 1);
            let form = "<form method=\"post\" action=\"./magic_link\">";
            assert_eq!(page.matches(form).count(), 1);
            assert_eq!(page.matches("<form").count(), 1);
            let input = "<input type=\"hidden\" name=\"user[confirm]\" value=\"a.b.c\">";
            assert!(page.contains(input), "{page}");
            assert_eq!(page.matches("<button type=\"submit\">").count(), 1);
        }
    }

    #[test]
    fn the_landing_page_asks_about_remembering_where_the_strategy_does() {
        let checkbox = "<input type=\"checkbox\" name=\"user[remember_me]\">";
        let page = text(land_at("token=a", Some("user[remember_me]")).unwrap());
        assert!(page.contains(checkbox), "{page}");
        assert!(!text(land("token=a").unwrap()).contains("checkbox"));
    }

    #[test]
    fn in_03_a_landing_page_needs_one_token() {
        let long = format!("token={}", "x".repeat(Input::TOKEN_LIMIT + 1));
        for query in ["", "token=", "token=a&token=b", "other=a", &long] {
            assert_eq!(land(query).unwrap_err(), Failure::new(Code::Malformed), "{query}");
        }
    }

    #[test]
    fn in_05_the_landing_page_escapes_the_token() {
        let page = text(land("token=%22%3E%3Cscript%3Ealert('x')%3C/script%3E%26").unwrap());
        assert!(!page.contains("<script"), "{page}");
        assert!(page.contains("value=\"&quot;&gt;&lt;script&gt;"), "{page}");
    }

    fn reflected(form: &str) -> Answer {
        let request = http::Request::post("/user/github/callback?code=of-the-query")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let head = request.body(()).unwrap().into_parts().0;
        let response = Response::read(&head, form.as_bytes()).unwrap();
        seal(interstitial(&head, &response).unwrap())
    }

    #[test]
    fn oa_08_the_interstitial_sends_what_counts_once_more() {
        let page = text(reflected(
            "code=c%2B1&state=s&user=%7B%7D&id_token=secret&SAMLResponse=x&_auth_reflected=0",
        ));
        let form = "<form method=\"post\" action=\"./callback\">";
        assert_eq!(
            (page.matches(form).count(), page.matches("<form").count()),
            (1, 1)
        );
        for (name, value) in [
            ("code", "c+1"),
            ("state", "s"),
            ("user", "{}"),
            ("_auth_reflected", "1"),
        ] {
            let input = format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">");
            assert_eq!(page.matches(&input).count(), 1, "{page}");
        }
        assert_eq!(page.matches("<input").count(), 4, "{page}");
        assert_eq!(page.matches("<button type=\"submit\">").count(), 1);
        assert!(
            page.contains("<meta name=\"robots\" content=\"noindex\">"),
            "{page}"
        );
        assert!(
            !page.contains("of-the-query") && !page.contains("secret"),
            "{page}"
        );
    }

    #[test]
    fn in_05_the_interstitial_escapes_what_it_sends() {
        let page = text(reflected("state=%22%3E%3Cscript%3Ealert('x')%3C/script%3E%26"));
        assert!(
            page.contains("value=\"&quot;&gt;&lt;script&gt;alert('x')&lt;/script&gt;&amp;\""),
            "{page}"
        );
        assert_eq!(page.matches("<script").count(), 1, "our own: {page}");
    }

    #[test]
    fn su_08_the_interstitial_runs_our_script_alone() {
        let nonce = || {
            let answer = reflected("state=s");
            assert!(!answer.headers().contains_key(header::SET_COOKIE));
            assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
            assert_eq!(answer.headers()[header::REFERRER_POLICY], "no-referrer");
            let policy = answer.headers()[header::CONTENT_SECURITY_POLICY]
                .to_str()
                .unwrap()
                .to_owned();
            let page = text(answer);
            let script = page.split_once("<script nonce=\"").unwrap().1;
            let (nonce, script) = script.split_once("\">").unwrap();
            assert!(
                script.starts_with("document.forms[0].submit()</script>"),
                "{script}"
            );
            let expected = format!(
                "default-src 'none'; script-src 'nonce-{nonce}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
            );
            assert_eq!(policy, expected);
            assert!(nonce.len() >= 32);
            nonce.to_owned()
        };
        assert_ne!(nonce(), nonce());
    }

    #[test]
    fn su_08_pages_tell_nobody_and_load_nothing() {
        let answer = seal(land("token=a").unwrap());
        let header = |name| answer.headers()[&name].to_str().unwrap();
        assert_eq!(header(header::CACHE_CONTROL), "no-store");
        assert_eq!(header(header::REFERRER_POLICY), "no-referrer");
        assert_eq!(header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
        let policy = header(header::CONTENT_SECURITY_POLICY);
        assert!(
            policy.starts_with("default-src 'none'; form-action 'self';"),
            "{policy}"
        );
        let body = text(answer);
        assert!(!body.contains("src=") && !body.contains("://"), "{body}");
    }

    #[test]
    fn in_05_names_of_refused_fields_are_escaped() {
        let fields = FieldErrors::one("<b>", FieldError::Unknown);
        let page = text(failure(&Failure::new(Code::Invalid).with_fields(fields)));
        assert!(page.contains("&lt;b&gt; is not a field"), "{page}");
    }
}
