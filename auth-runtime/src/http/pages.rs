use http::{HeaderValue, StatusCode, header};
use maud::{DOCTYPE, Markup, html};

use super::{
    answer::{Answer, page},
    routes::Landing,
};
use crate::error::Failure;

fn document(title: &str, content: &Markup) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
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
pub(super) fn landing(landing: &Landing, token: &str) -> Answer {
    let form = html! {
        form method="post" action=(landing.action) {
            input type="hidden" name=(landing.input) value=(token);
            button type="submit" { "Continue" }
        }
    };
    page(StatusCode::OK, document("One more step", &form))
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

/// The page for a request that was taken.
pub(super) fn accepted() -> Answer {
    let text = html! { p { "If this concerns an account here, a message is on its way to it." } (back()) };
    page(StatusCode::OK, document("Please check your messages", &text))
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
        error::{Code, FieldError, FieldErrors},
        http::answer::seal,
    };

    fn text(answer: Answer) -> String {
        String::from_utf8(answer.into_body()).unwrap()
    }

    const LANDING: fn() -> Landing = || Landing {
        field: "token",
        input: "user[token]".to_owned(),
        action: "./magic_link".to_owned(),
    };

    #[test]
    fn su_06_the_landing_page_has_one_heading_and_one_post_form() {
        let page = text(landing(&LANDING(), "a.b.c"));
        assert_eq!(page.matches("<h1>").count(), 1);
        assert_eq!(
            page.matches("<form method=\"post\" action=\"./magic_link\">")
                .count(),
            1
        );
        assert_eq!(page.matches("<form").count(), 1);
        assert!(page.contains("<input type=\"hidden\" name=\"user[token]\" value=\"a.b.c\">"));
        assert_eq!(page.matches("<button type=\"submit\">").count(), 1);
    }

    #[test]
    fn in_05_the_landing_page_escapes_the_token() {
        let page = text(landing(&LANDING(), "\"><script>alert('x')</script>&"));
        assert!(!page.contains("<script"), "{page}");
        assert!(page.contains("value=\"&quot;&gt;&lt;script&gt;"), "{page}");
    }

    #[test]
    fn su_08_pages_tell_nobody_and_load_nothing() {
        let answer = seal(landing(&LANDING(), "a"));
        let header = |name| answer.headers()[&name].to_str().unwrap();
        assert_eq!(header(header::CACHE_CONTROL), "no-store");
        assert_eq!(header(header::REFERRER_POLICY), "no-referrer");
        assert_eq!(header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
        let policy = header(header::CONTENT_SECURITY_POLICY);
        assert!(
            policy.starts_with("default-src 'none'; form-action 'self';"),
            "{policy}"
        );
        let body = String::from_utf8(answer.into_body()).unwrap();
        assert!(!body.contains("src=") && !body.contains("://"), "{body}");
    }

    #[test]
    fn in_05_names_of_refused_fields_are_escaped() {
        let fields = FieldErrors::one("<b>", FieldError::Unknown);
        let page = text(failure(&Failure::new(Code::Invalid).with_fields(fields)));
        assert!(page.contains("&lt;b&gt; is not a field"), "{page}");
    }
}
