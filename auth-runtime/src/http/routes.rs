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
mod tests;
