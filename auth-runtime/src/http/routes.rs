use http::Method;

use super::{
    path::{RoutePath, Segment},
    respond::Activity,
};
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
    path: RoutePath,
    /// Position of the strategy; add-ons follow strategies.
    pub(super) index: usize,
    pub(super) activity: Activity,
    pub(super) method: PhaseMethod,
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
    Act(&'r Route, Option<Segment<'r>>),
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
    pub(super) fn find<'r>(&'r self, path: &'r str, method: &Method) -> Option<Step<'r>> {
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

    fn phase<'r>(&'r self, path: &'r str, method: &Method) -> Option<Step<'r>> {
        let mut written_out = self.phases.iter().filter(|route| route.path.is(path)).peekable();
        // Where a path is written out, no pattern gets it.
        if written_out.peek().is_some() {
            return written_out.find_map(|route| route.step(method, None));
        }
        self.phases.iter().find_map(|route| {
            let segment = route.path.segment(path)?;
            route.step(method, Some(segment))
        })
    }

    /// Whether a request may be the POST that a provider makes a browser send, below a prefix that is not known here.
    #[cfg(feature = "axum")]
    pub(super) fn is_posted_back(&self, path: &str, method: &Method) -> bool {
        let mut callbacks = self.phases.iter().filter(|route| route.is_callback());
        *method == Method::POST && callbacks.any(|route| route.path.ends(path))
    }
}

impl Route {
    fn new(subject_name: &str, index: usize, strategy: &'static str, phase: &PhaseInfo) -> Self {
        let above = format!("/{subject_name}/{strategy}");
        let (_, own_segment) = phase.path.rsplit_once('/').unwrap_or(("", strategy));
        let landing = match phase.method {
            PhaseMethod::LandingThenPost { field, remembers } => Some(Landing {
                field,
                input: format!("{subject_name}[{field}]"),
                remembers: remembers.then(|| format!("{subject_name}[{REMEMBER_ME}]")),
                action: format!("./{own_segment}"),
            }),
            PhaseMethod::Get
            | PhaseMethod::Post
            | PhaseMethod::PostToken { .. }
            | PhaseMethod::Begin { .. }
            | PhaseMethod::Callback => None,
        };
        Self {
            index,
            activity: Activity {
                strategy,
                phase: phase.name,
            },
            method: phase.method,
            landing,
            path: RoutePath::new(above, phase.path),
        }
    }

    /// What a request with this method asks of the phase.
    fn step<'r>(&'r self, method: &Method, segment: Option<Segment<'r>>) -> Option<Step<'r>> {
        let reads = matches!(*method, Method::GET | Method::HEAD);
        if let (true, Some(landing)) = (reads, &self.landing) {
            return Some(Step::Land(self, landing));
        }
        let acts = match self.method {
            PhaseMethod::Get => reads,
            PhaseMethod::Begin { .. } => *method == Method::GET,
            PhaseMethod::Callback => matches!(*method, Method::GET | Method::POST),
            PhaseMethod::Post | PhaseMethod::PostToken { .. } | PhaseMethod::LandingThenPost { .. } => {
                *method == Method::POST
            }
        };
        acts.then_some(Step::Act(self, segment))
    }

    /// Whether a provider leads back to it. Then its `state` is the defence against other sites (promise SE-08).
    pub(super) fn is_callback(&self) -> bool {
        self.method == PhaseMethod::Callback
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
        strategy(
            "github",
            &[
                phase(
                    "request",
                    "",
                    PhaseMethod::Begin {
                        fields: &["login_hint"],
                    },
                ),
                phase("callback", "/callback", PhaseMethod::Callback),
                phase("link", "/link", PhaseMethod::Post),
            ],
        ),
        strategy(
            "sso",
            &[
                phase(
                    "request",
                    "/:connection_id/request",
                    PhaseMethod::Begin { fields: &[] },
                ),
                phase("link", "/:connection_id/link", PhaseMethod::Post),
                phase("test", "/test/link", PhaseMethod::Get),
                phase("callback", "/callback", PhaseMethod::Callback),
            ],
        ),
    ];
    const ADD_ONS: &[StrategyInfo] = &[strategy("confirm", &[phase("confirm", "", LANDING)])];

    fn found(method: &str, path: &str) -> Option<String> {
        let routes = Routes::new("user", STRATEGIES, ADD_ONS, true);
        let method = method.parse().unwrap();
        routes.find(path, &method).map(|step| match step {
            Step::Act(route, None) => format!("act {} {}", route.index, route.activity.phase),
            Step::Act(route, Some(Segment { name, value })) => {
                format!("act {} {} {name}={value}", route.index, route.activity.phase)
            }
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
            ("POST", "/user/confirm", Some("act 7 confirm")),
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
                ("/user/github/link", None),
            ] {
                assert_eq!(found(method, path).as_deref(), expected, "{method} {path}");
            }
        }
    }

    #[test]
    fn su_06_what_begins_and_ends_elsewhere_acts_on_get_alone() {
        for (method, path, expected) in [
            ("GET", "/user/github", Some("act 5 request")),
            ("HEAD", "/user/github", None),
            ("POST", "/user/github", None),
            ("GET", "/user/github/callback", Some("act 5 callback")),
            ("POST", "/user/github/callback", Some("act 5 callback")),
            ("HEAD", "/user/github/callback", None),
            ("PUT", "/user/github/callback", None),
            ("GET", "/user/github/callback/", None),
            ("POST", "/user/github/link", Some("act 5 link")),
        ] {
            assert_eq!(found(method, path).as_deref(), expected, "{method} {path}");
        }
    }

    #[test]
    fn a_segment_with_a_name_is_an_argument() {
        let longest = "x".repeat(64);
        let of = |id: &str| found("GET", &format!("/user/sso/{id}/request"));
        for id in ["0192-aF_9", "callback", "test", "a", &longest] {
            assert_eq!(of(id), Some(format!("act 6 request connection_id={id}")));
        }
        let long = format!("{longest}x");
        for id in [
            "",
            "a/b",
            "a.b",
            "a%20b",
            "%61",
            "ä",
            "a b",
            ":connection_id",
            &long,
        ] {
            assert_eq!(of(id), None, "{id}");
        }
        assert_eq!(found("HEAD", "/user/sso/a/request"), None);
        assert_eq!(found("GET", "/user/sso/a/requests"), None);
        assert_eq!(found("GET", "/admin/sso/a/request"), None);
    }

    #[test]
    fn what_is_written_out_wins_over_a_pattern() {
        let link = "act 6 link connection_id=a";
        assert_eq!(found("POST", "/user/sso/a/link").as_deref(), Some(link));
        assert_eq!(found("GET", "/user/sso/test/link").as_deref(), Some("act 6 test"));
        assert_eq!(found("POST", "/user/sso/test/link"), None);
    }

    #[cfg(feature = "axum")]
    #[test]
    fn se_08_only_what_a_provider_posts_back_is_exempt() {
        let routes = Routes::new("user", STRATEGIES, ADD_ONS, true);
        let exempt = |method, path| routes.is_posted_back(path, method);
        for path in [
            "/user/github/callback",
            "/auth/user/github/callback",
            "/a/b/user/sso/callback",
        ] {
            assert!(exempt(&Method::POST, path), "{path}");
            assert!(
                !exempt(&Method::PUT, path) && !exempt(&Method::DELETE, path),
                "{path}"
            );
        }
        for path in [
            "/callback",
            "/github/callback",
            "/superuser/github/callback",
            "/auth/user/github/callback/",
            "/auth/user/github/callback/more",
            "/auth/user/github/link",
            "/auth/user/github",
            "/auth/user/sso/a/link",
            "/auth/user/sign_out",
            "/orders",
        ] {
            assert!(!exempt(&Method::POST, path), "{path}");
        }
    }

    #[test]
    fn there_is_no_refresh_without_refresh_tokens() {
        let routes = Routes::new("user", STRATEGIES, ADD_ONS, false);
        assert!(routes.find("/user/refresh", &Method::POST).is_none());
    }
}
