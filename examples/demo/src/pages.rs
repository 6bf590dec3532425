//! The HTML of the site. Plain forms; nothing needs JavaScript.

use auth_runtime::{
    error::{Code, Failure},
    http::{Answer, AuthRequest, Respond, default_failure, default_success, see_other},
    prelude::{ExposeSecret, SecretString},
    strategy::ActionOutcome,
};
use maud::{DOCTYPE, Markup, html};

use crate::{accounts::User, outbox::Sent};

mod account;
mod admin_pages;
mod providers;

pub use account::account;
pub use admin_pages::{AdminPages, admin, admin_sign_in};
pub use providers::{Providers, identities};

pub const STYLE: &str = include_str!("style.css");

fn page(title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · demo" }
                link rel="stylesheet" href="/style.css";
            }
            body {
                nav { a href="/" { "demo" } a href="/account" { "account" } @if crate::is_development() { a href="/dev/outbox" { "outbox" } } }
                main { h1 { (title) } (content) }
            }
        }
    }
}

/// One labelled input with what was wrong with it.
fn field(name: &str, label: &str, kind: &str, autocomplete: &str, failure: Option<&Failure>) -> Markup {
    labelled(&format!("user[{name}]"), name, label, kind, autocomplete, failure)
}

fn labelled(
    input: &str,
    name: &str,
    label: &str,
    kind: &str,
    autocomplete: &str,
    failure: Option<&Failure>,
) -> Markup {
    let problems = failure.into_iter().flat_map(|failure| failure.fields.iter());
    let problems: Vec<String> = problems
        .filter(|(field, _)| *field == name)
        .flat_map(|(_, all)| all)
        .map(ToString::to_string)
        .collect();
    html! {
        label {
            (label)
            input name=(input) type=(kind) autocomplete=(autocomplete) required[name != "display_name"]
                aria-invalid[!problems.is_empty()];
            @for problem in &problems { small.problem { (problem) } }
        }
    }
}

fn notice(failure: Option<&Failure>) -> Markup {
    html! { @if let Some(failure) = failure { p.problem role="alert" { (failure.code.message()) } } }
}

fn new_password(failure: Option<&Failure>) -> Markup {
    html! {
        (field("password", "New password, 15 characters or more", "password", "new-password", failure))
        (field("password_confirmation", "The same again", "password", "new-password", failure))
    }
}

pub fn home(user: Option<&User>) -> Markup {
    page(
        "Welcome",
        &html! {
            @match user {
                Some(user) => {
                    p { "You are signed in as " strong { (user.display_name.as_deref().unwrap_or(&user.email)) } "." }
                    (sign_out())
                }
                None => p { a.button href="/sign-in" { "Sign in" } " or " a href="/register" { "make an account" } }
            }
        },
    )
}

fn sign_out() -> Markup {
    html! { form method="post" action="/auth/user/sign_out" { button { "Sign out" } } }
}

pub fn sign_in(failure: Option<&Failure>, providers: Providers) -> Markup {
    page(
        "Sign in",
        &html! {
            (notice(failure))
            form method="post" action="/auth/user/password/sign_in" {
                (field("email", "E-mail address", "email", "username", failure))
                (field("password", "Password", "password", "current-password", failure))
                label.check { input type="checkbox" name="user[remember_me]" value="true"; "Stay signed in on this device" }
                button { "Sign in" }
            }
            p { a href="/forgot" { "Forgot your password?" } " · " a href="/register" { "Make an account" } }
            h2 { "Or without a password" }
            (link_form("user", failure))
            (providers::buttons(providers))
        },
    )
}

pub fn register(failure: Option<&Failure>) -> Markup {
    page(
        "Make an account",
        &html! {
            (notice(failure))
            form method="post" action="/auth/user/password/register" {
                (field("email", "E-mail address", "email", "username", failure))
                (field("display_name", "Name (if you like)", "text", "name", failure))
                (new_password(failure))
                button { "Register" }
            }
            p { a href="/sign-in" { "I have an account" } }
        },
    )
}

pub fn forgot(failure: Option<&Failure>) -> Markup {
    page(
        "Forgot your password?",
        &html! {
            (notice(failure))
            form method="post" action="/auth/user/password/reset_request" {
                (field("email", "E-mail address", "email", "username", failure))
                button { "Send me a link" }
            }
        },
    )
}

/// Asks for a link that signs in. Whoever has no account gets one that makes it.
fn link_form(who: &str, failure: Option<&Failure>) -> Markup {
    html! {
        form method="post" action=(format!("/auth/{who}/magic_link/request")) {
            (labelled(&format!("{who}[email]"), "email", "E-mail address", "email", "username", failure))
            button { "Send me a link" }
        }
    }
}

fn on_its_way() -> Markup {
    page(
        "Look into your mail",
        &html! {
            p { "If that address can be used here, a message is on its way to it." }
            @if crate::is_development() { p { "This is a demo: it is in the " a href="/dev/outbox" { "outbox" } "." } }
        },
    )
}

pub fn reset(token: &str) -> Markup {
    page(
        "Choose a new password",
        &html! {
            form method="post" action="/auth/user/password/reset" {
                input type="hidden" name="user[reset_token]" value=(token);
                (new_password(None))
                button { "Set the password" }
            }
        },
    )
}

/// A page with nothing but a button, so that programs which fetch links do not act.
fn button_page(title: &str, action: &str, token: &str, button: &str) -> Markup {
    page(
        title,
        &html! {
            form method="post" action=(action) {
                input type="hidden" name="token" value=(token);
                button { (button) }
            }
        },
    )
}

pub fn confirm(token: &str) -> Markup {
    button_page(
        "Is this your address?",
        "/auth/user/confirm",
        token,
        "Yes, confirm it",
    )
}

pub fn connect(token: &str) -> Markup {
    button_page(
        "Connect this account?",
        "/auth/user/oidc/confirm",
        token,
        "Yes, connect it",
    )
}

pub fn enter(who: &str, token: &str) -> Markup {
    button_page("Welcome", &format!("/auth/{who}/magic_link"), token, "Sign in")
}

fn confirmed(credentials_voided: bool) -> Markup {
    page(
        "Thank you",
        &html! {
            p { "The address is confirmed." }
            @if credentials_voided {
                p { "The account was made elsewhere, so its password has ended. If you made it, "
                    a href="/forgot" { "choose a new one" } "." }
            }
            p { a href="/account" { "Your account" } }
        },
    )
}

fn secret(secret: &SecretString) -> Markup {
    page(
        "Keep this safe",
        &html! {
            p { "This is shown once. Copy it now; it cannot be read again." }
            article { p { code { (secret.expose_secret()) } } }
            p { a href="/account" { "Your account" } }
        },
    )
}

fn reset_failed(failure: &Failure) -> Markup {
    page(
        "The password was not set",
        &html! {
            (notice(Some(failure)))
            ul { @for (_, problems) in failure.fields.iter() { @for problem in problems { li.problem { "The password " (problem) "." } } } }
            p { "Open the link out of the message once more, or " a href="/forgot" { "ask for another one" } "." }
        },
    )
}

fn change_form(failure: Option<&Failure>) -> Markup {
    html! {
        (notice(failure))
        form method="post" action="/auth/user/password/change" {
            input type="hidden" name="return_to" value="/account";
            (field("current_password", "Current password", "password", "current-password", failure))
            (new_password(failure))
            button { "Change it" }
        }
    }
}

pub fn outbox(messages: &[Sent]) -> Markup {
    page(
        "Outbox",
        &html! {
            @if messages.is_empty() { p { "Nothing was sent yet." } }
            @for message in messages {
                article {
                    p { strong { (message.kind) } " to " (message.to) }
                    @if let Some(link) = &message.link { p { a href=(link) { "open the link" } } }
                }
            }
        },
    )
}

fn written(status: u16, page: Markup) -> Answer {
    let mut answer = Answer::new(page.into_string().into_bytes());
    *answer.status_mut() = axum::http::StatusCode::from_u16(status).unwrap_or_default();
    let html = axum::http::HeaderValue::from_static("text/html; charset=utf-8");
    answer
        .headers_mut()
        .insert(axum::http::header::CONTENT_TYPE, html);
    answer
}

/// What was refused on a page of the library's.
fn refused(failure: &Failure) -> Markup {
    page(
        "That did not work",
        &html! {
            (notice(Some(failure)))
            ul { @for (field, problems) in failure.fields.iter() { @for problem in problems { li.problem { (field) " " (problem) } } } }
            p { a href="/account" { "Back" } }
        },
    )
}

/// Browsers get the site's own pages; everybody else the library's JSON.
pub struct Pages;

impl Respond<User> for Pages {
    fn success(&self, request: &AuthRequest<'_>, outcome: &ActionOutcome<User>) -> Answer {
        if !request.prefers_html() {
            return default_success(request, outcome);
        }
        match outcome {
            ActionOutcome::Accepted(_) => written(200, on_its_way()),
            ActionOutcome::Confirmed(done) if done.signed_in.is_none() => {
                written(200, confirmed(done.credentials_voided))
            }
            ActionOutcome::Report(report) => match report.secret() {
                Some((_, key)) => written(201, secret(key)),
                None => default_success(request, outcome),
            },
            _ => default_success(request, outcome),
        }
    }

    fn failure(&self, request: &AuthRequest<'_>, failure: &Failure) -> Answer {
        if !request.prefers_html() {
            return default_failure(request, failure);
        }
        let activity = request.activity();
        if activity.is_some_and(|activity| activity.strategy != "password") {
            return written(failure.status().as_u16(), refused(failure));
        }
        let page = match (activity.map(|activity| activity.phase), failure.code) {
            (None, Code::Unauthenticated) => return see_other("/sign-in"),
            (Some("sign_in"), _) => sign_in(Some(failure), Providers::none()),
            (Some("register"), _) => register(Some(failure)),
            (Some("reset_request"), _) => forgot(Some(failure)),
            (Some("reset"), _) => reset_failed(failure),
            (Some("change"), Code::Invalid) => page("Change your password", &change_form(Some(failure))),
            _ => return default_failure(request, failure),
        };
        written(failure.status().as_u16(), page)
    }
}
