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
