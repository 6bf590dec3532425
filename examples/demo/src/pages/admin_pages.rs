//! What those see who look after the site.

use auth_runtime::{
    error::Failure,
    http::{Answer, AuthRequest, Respond, default_failure, default_success, see_other},
    resources::audit_log::LogEntry,
    strategy::ActionOutcome,
};
use maud::{Markup, html};

use super::{account::moment, link_form, notice, on_its_way, page, written};
use crate::admin::Admin;

pub fn admin_sign_in(failure: Option<&Failure>) -> Markup {
    page(
        "Looking after the site",
        &html! { (notice(failure)) (link_form("admin", failure)) },
    )
}

pub fn admin(admin: &Admin, failures: &[LogEntry]) -> Markup {
    page(
        "Looking after the site",
        &html! {
            p { "Signed in as " strong { (admin.email) } "." }
            form method="post" action="/auth/admin/sign_out" { button { "Sign out" } }
            h2 { "What did not work lately" }
            ul {
                @for event in failures {
                    li {
                        (moment(event.logged_at)) " " (event.action_name) ": "
                        (event.cause.as_deref().unwrap_or("unknown")) " "
                        (event.client_ip.as_deref().unwrap_or(""))
                    }
                }
            }
        },
    )
}

/// The pages of admins.
pub struct AdminPages;

impl Respond<Admin> for AdminPages {
    fn success(&self, request: &AuthRequest<'_>, outcome: &ActionOutcome<Admin>) -> Answer {
        match outcome {
            ActionOutcome::SignedIn(_) if request.prefers_html() => see_other("/admin"),
            ActionOutcome::Accepted(_) if request.prefers_html() => written(200, on_its_way()),
            _ => default_success(request, outcome),
        }
    }

    fn failure(&self, request: &AuthRequest<'_>, failure: &Failure) -> Answer {
        if request.prefers_html() {
            return written(failure.status().as_u16(), admin_sign_in(Some(failure)));
        }
        default_failure(request, failure)
    }
}
