use http::Method;

use super::respond::Activity;
use crate::{
    strategies::remember_me::REMEMBER_ME,
    strategy::{PhaseInfo, PhaseMethod, StrategyInfo},
};

/// The route that ends a session, below the subject's name.
const SIGN_OUT: &str = "sign_out";

/// The route that lists the sessions of whoever is signed in; those that end them are below it.
const SESSIONS: &str = "sessions";

/// The route that renews a session, where there are refresh tokens.
const REFRESH: &str = "refresh";

/// The routes of one resource, written out once. Paths are relative to where the application mounts them.
#[derive(Debug)]
pub(super) struct Routes {
    sign_out: String,
    sessions: String,
    refresh: Option<String>,
    phases: Vec<Route>,
}

/// One phase at its path.
#[derive(Debug)]
pub(super) struct Route {
    path: String,
    /// Position of the strategy; add-ons follow strategies.
    pub(super) index: usize,
    pub(super) activity: Activity,
    method: PhaseMethod,
    landing: Option<Landing>,
}

/// What the page of a phase needs that a link leads to.
#[derive(Debug)]
#[cfg_attr(
    not(feature = "axum"),
    expect(dead_code, reason = "only pages have form fields")
)]
pub(super) struct Landing {
    /// The query parameter and argument with the token.
    pub(super) field: &'static str,
    /// The form field with the token.
    pub(super) input: String,
    /// The form field that asks whether the browser is to be remembered.
    pub(super) remembers: Option<String>,
    /// The phase's own path, seen from itself. So it is right under any prefix, behind any proxy.
    pub(super) action: String,
}

/// What a request asks for.
#[derive(Debug)]
pub(super) enum Step<'r> {
    Act(&'r Route),
    Land(&'r Route, &'r Landing),
    SignOut,
    AskToSignOut,
    ListSessions,
    EndSession,
    EndOtherSessions,
    Refresh,
}

impl Routes {
    /// `refresh` says whether there are refresh tokens.
    pub(super) fn new(
        subject_name: &str,
        strategies: &[StrategyInfo],
        add_ons: &[StrategyInfo],
        refresh: bool,
    ) -> Self {
        let phases = strategies
            .iter()
            .chain(add_ons)
            .enumerate()
            .flat_map(|(index, strategy)| {
                let routes = strategy.phases.iter();
                routes.map(move |phase| Route::new(subject_name, index, strategy.name, phase))
            })
            .collect();
        Self {
            sign_out: format!("/{subject_name}/{SIGN_OUT}"),
            sessions: format!("/{subject_name}/{SESSIONS}"),
            refresh: refresh.then(|| format!("/{subject_name}/{REFRESH}")),
            phases,
        }
    }

    /// The first route with this path and method.
    pub(super) fn find(&self, path: &str, method: &Method) -> Option<Step<'_>> {
        let reads = matches!(*method, Method::GET | Method::HEAD);
        if path == self.sign_out {
            return match *method {
                Method::POST | Method::DELETE => Some(Step::SignOut),
                _ => reads.then_some(Step::AskToSignOut),
            };
        }
        if self.refresh.as_deref() == Some(path) {
            return (*method == Method::POST).then_some(Step::Refresh);
        }
        if let Some(rest) = path.strip_prefix(&self.sessions) {
            return match rest {
                "" if reads => Some(Step::ListSessions),
                "/end" if *method == Method::POST => Some(Step::EndSession),
                "/end_others" if *method == Method::POST => Some(Step::EndOtherSessions),
                _ => self.phase(path, method),
            };
        }
        self.phase(path, method)
    }

    fn phase(&self, path: &str, method: &Method) -> Option<Step<'_>> {
        let reads = matches!(*method, Method::GET | Method::HEAD);
        let mut at_path = self.phases.iter().filter(|route| route.path == path);
        if reads {
            at_path.find_map(|route| match &route.landing {
                Some(landing) => Some(Step::Land(route, landing)),
                None => (route.method == PhaseMethod::Get).then_some(Step::Act(route)),
            })
        } else if *method == Method::POST {
            at_path
                .find(|route| route.method != PhaseMethod::Get)
                .map(Step::Act)
        } else {
            None
        }
    }
}

impl Route {
    fn new(subject_name: &str, index: usize, strategy: &'static str, phase: &PhaseInfo) -> Self {
        let path = format!("/{subject_name}/{strategy}{}", phase.path);
        let own_segment = path.rsplit('/').next().unwrap_or_default();
        let landing = match phase.method {
            PhaseMethod::LandingThenPost { field, remembers } => Some(Landing {
                field,
                input: format!("{subject_name}[{field}]"),
                remembers: remembers.then(|| format!("{subject_name}[{REMEMBER_ME}]")),
                action: format!("./{own_segment}"),
            }),
            PhaseMethod::Get | PhaseMethod::Post | PhaseMethod::PostToken { .. } => None,
        };
        Self {
            index,
            activity: Activity {
                strategy,
                phase: phase.name,
            },
            method: phase.method,
            landing,
            path,
        }
    }

    pub(super) fn token_field(&self) -> Option<&'static str> {
        self.method.token_field()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn phase(name: &'static str, path: &'static str, method: PhaseMethod) -> PhaseInfo {
        PhaseInfo { name, path, method }
    }

    const fn strategy(name: &'static str, phases: &'static [PhaseInfo]) -> StrategyInfo {
        StrategyInfo {
            name,
            kind: name,
            phases,
            actions: &[],
            tokens_required: false,
        }
    }

    const LANDING: PhaseMethod = PhaseMethod::LandingThenPost {
        field: "token",
        remembers: false,
    };
    const STRATEGIES: &[StrategyInfo] = &[
        strategy(
            "password",
            &[
                phase("sign_in", "/sign_in", PhaseMethod::Post),
                phase("exchange", "/exchange", LANDING),
                phase("reset", "/reset", PhaseMethod::PostToken { field: "reset_token" }),
            ],
        ),
        strategy("magic_link", &[phase("sign_in", "", LANDING)]),
        strategy("shadow", &[phase("sign_in", "/sign_in", PhaseMethod::Post)]),
        strategy("shadow", &[phase("later", "/sign_in", PhaseMethod::Post)]),
        strategy(
            "keys",
            &[
                phase("list", "", PhaseMethod::Get),
                phase("add", "", PhaseMethod::Post),
            ],
        ),
    ];
    const ADD_ONS: &[StrategyInfo] = &[strategy("confirm", &[phase("confirm", "", LANDING)])];

    fn found(method: &str, path: &str) -> Option<String> {
        let routes = Routes::new("user", STRATEGIES, ADD_ONS, true);
        let method = method.parse().unwrap();
        routes.find(path, &method).map(|step| match step {
            Step::Act(route) => format!("act {} {}", route.index, route.activity.phase),
            Step::Land(route, landing) => {
                format!("land {} {} {}", route.index, landing.action, landing.input)
            }
            Step::SignOut => "sign out".to_owned(),
            Step::AskToSignOut => "ask".to_owned(),
            Step::ListSessions => "list".to_owned(),
            Step::EndSession => "end".to_owned(),
            Step::EndOtherSessions => "end others".to_owned(),
            Step::Refresh => "refresh".to_owned(),
        })
    }

    #[test]
    fn routes_match_on_path_and_method() {
        for (method, path, expected) in [
            ("POST", "/user/password/sign_in", Some("act 0 sign_in")),
            ("POST", "/user/password/reset", Some("act 0 reset")),
            ("POST", "/user/magic_link", Some("act 1 sign_in")),
            ("POST", "/user/shadow/sign_in", Some("act 2 sign_in")),
            ("POST", "/user/confirm", Some("act 5 confirm")),
            ("POST", "/user/keys", Some("act 4 add")),
            ("POST", "/user/sign_out", Some("sign out")),
            ("DELETE", "/user/sign_out", Some("sign out")),
            ("POST", "/user/sessions/end", Some("end")),
            ("POST", "/user/sessions/end_others", Some("end others")),
            ("POST", "/user/sessions", None),
            ("POST", "/user/refresh", Some("refresh")),
            ("DELETE", "/user/refresh", None),
            ("DELETE", "/user/sessions/end", None),
            ("POST", "/user/sessions/", None),
            ("POST", "/user/sessions/end/", None),
            ("POST", "/user/password", None),
            ("POST", "/user/password/sign_in/", None),
            ("POST", "/user/password/%73ign_in", None),
            ("POST", "/user//password/sign_in", None),
            ("POST", "/admin/password/sign_in", None),
            ("POST", "/", None),
            ("PUT", "/user/password/sign_in", None),
            ("DELETE", "/user/password/sign_in", None),
            ("PATCH", "/user/sign_out", None),
        ] {
            assert_eq!(found(method, path).as_deref(), expected, "{method} {path}");
        }
    }

    #[test]
    fn su_06_reading_methods_only_lead_to_pages() {
        for method in ["GET", "HEAD"] {
            for (path, expected) in [
                ("/user/password/exchange", Some("land 0 ./exchange user[token]")),
                ("/user/magic_link", Some("land 1 ./magic_link user[token]")),
                ("/user/sign_out", Some("ask")),
                ("/user/keys", Some("act 4 list")),
                ("/user/sessions", Some("list")),
                ("/user/sessions/end", None),
                ("/user/refresh", None),
                ("/user/sessions/end_others", None),
                ("/user/password/sign_in", None),
                ("/user/password/reset", None),
            ] {
                assert_eq!(found(method, path).as_deref(), expected, "{method} {path}");
            }
        }
    }

    #[test]
    fn there_is_no_refresh_without_refresh_tokens() {
        let routes = Routes::new("user", STRATEGIES, ADD_ONS, false);
        assert!(routes.find("/user/refresh", &Method::POST).is_none());
    }
}
