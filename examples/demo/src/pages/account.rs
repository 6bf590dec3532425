//! What people see and do about their own account.

use auth_runtime::{
    prelude::*, resources::audit_log::LogEntry, session::SessionInfo, strategies::api_key::ApiKeyInfo,
};
use maud::{Markup, html};

use super::{change_form, field, page, sign_out};
use crate::accounts::User;

pub fn account(
    user: &User,
    sessions: &[SessionInfo],
    keys: &[ApiKeyInfo],
    ways_in: &Markup,
    activity: &[LogEntry],
) -> Markup {
    page(
        "Your account",
        &html! {
            p { "Signed in as " strong { (user.email) } "." }
            (sign_out())
            h2 { "Change your address" }
            form method="post" action="/auth/user/confirm/change" {
                (field("email", "New e-mail address", "email", "email", None))
                button { "Send a link to it" }
            }
            h2 { "Change your password" }
            (change_form(None))
            h2 { "Accounts elsewhere" }
            (ways_in)
            h2 { "Where you are signed in" }
            @for session in sessions { (one_session(session)) }
            (post("/auth/user/sessions/end_others", "End all the others"))
            (post("/auth/user/log_out_everywhere", "Sign out everywhere"))
            h2 { "Keys for programs" }
            @for key in keys {
                article {
                    p { strong { (key.name) } " until " (day(key.expires_at)) }
                    form method="post" action="/auth/user/api_key/revoke" {
                        input type="hidden" name="return_to" value="/account";
                        input type="hidden" name="user[id]" value=(key.id);
                        button { "Revoke" }
                    }
                }
            }
            form method="post" action="/auth/user/api_key/create" {
                (field("name", "Name of the program", "text", "off", None))
                input type="hidden" name="user[scopes]" value="read";
                button { "Make a key" }
            }
            h2 { "Recent activity" }
            ul {
                // Each look at this page lists the keys, which is an action like any other.
                @for event in activity.iter().filter(|event| !event.action_name.starts_with("list_")).take(10) {
                    li { (moment(event.logged_at)) " " (event.action_name) ": " (event.status) }
                }
            }
        },
    )
}

fn one_session(session: &SessionInfo) -> Markup {
    html! {
        article {
            p {
                (session.user_agent.as_deref().unwrap_or("An unknown program"))
                " at " (session.client_address.as_deref().unwrap_or("an unknown address"))
                @if session.current { strong { " (this one)" } }
            }
            p { "Signed in " (moment(session.signed_in_at.get())) ", last seen " (moment(session.last_seen_at.get())) }
            form method="post" action="/auth/user/sessions/end" {
                input type="hidden" name="return_to" value="/account";
                input type="hidden" name="user[id]" value=(session.id);
                button { "End it" }
            }
        }
    }
}

fn post(action: &str, label: &str) -> Markup {
    html! {
        form method="post" action=(action) {
            input type="hidden" name="return_to" value="/account";
            button { (label) }
        }
    }
}

pub(super) fn moment(moment: time::OffsetDateTime) -> String {
    format!(
        "{} {:02}:{:02} UTC",
        moment.date(),
        moment.hour(),
        moment.minute()
    )
}

fn day(moment: UtcTimestamp) -> String {
    moment.get().date().to_string()
}
