//! Buttons that lead to other sites, and what came from there.

use auth_runtime::{authentication::Authentication, strategies::oauth2::IdentityInfo};
use maud::{Markup, html};

use crate::accounts::User;

/// The strategies that lead elsewhere, with what people call them.
const ALL: [(&str, &str); 3] = [
    ("oidc", "your organisation"),
    ("github", "GitHub"),
    ("google", "Google"),
];

/// Which of them this deployment has.
#[derive(Debug, Clone, Copy)]
pub struct Providers([bool; 3]);

impl Providers {
    pub fn of(users: &Authentication<User>) -> Self {
        Self(ALL.map(|(strategy, _)| users.offers(strategy)))
    }

    /// For a page that has shown them before.
    pub const fn none() -> Self {
        Self([false; 3])
    }

    fn iter(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let all = ALL.into_iter().zip(self.0);
        all.filter_map(|(provider, on)| on.then_some(provider))
    }
}

/// What leads to a sign-in elsewhere.
pub fn buttons(providers: Providers) -> Markup {
    html! {
        @for (strategy, label) in providers.iter() {
            p { a.button href=(format!("/auth/user/{strategy}?return_to=/account")) { "Sign in with " (label) } }
        }
    }
}

/// What the account is connected with, and what it can be.
pub fn identities(identities: &[IdentityInfo], providers: Providers) -> Markup {
    html! {
        @for identity in identities {
            article {
                p { strong { (identity.strategy) } " " (identity.email.as_deref().unwrap_or("")) }
                form method="post" action=(format!("/auth/user/{}/unlink", identity.strategy)) {
                    input type="hidden" name="return_to" value="/account";
                    input type="hidden" name="user[id]" value=(identity.id);
                    button { "Disconnect" }
                }
            }
        }
        @for (strategy, label) in providers.iter().filter(|(strategy, _)| identities.iter().all(|it| it.strategy != *strategy)) {
            form method="post" action=(format!("/auth/user/{strategy}/link")) {
                input type="hidden" name="return_to" value="/account";
                button { "Connect with " (label) }
            }
        }
    }
}
