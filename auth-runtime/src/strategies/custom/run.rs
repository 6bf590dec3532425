use futures_util::future::BoxFuture;

use super::{Action, Call, Custom, Done, Started};
use crate::{
    context::Context,
    error::Error,
    strategy::{Act, ActionOutcome, Input, Outcome, PhaseInfo, PhaseMethod, Sort, perform},
    user::Authenticated,
};

/// Which action of which declaration.
#[derive(Debug, Clone, Copy)]
pub struct At {
    /// Position among the resource's strategies and add-ons.
    pub index: usize,
    /// Its name in the block.
    pub name: &'static str,
    /// The action's kind.
    pub action: &'static str,
    /// The path that goes with it.
    pub path: &'static str,
}

/// One action as the block declares it. The macro implements it for a type of its own per action.
pub trait Declared: Send + Sync + 'static {
    /// The resource.
    type User: Authenticated;
    /// The strategy or add-on.
    type Strategy: Send + Sync + 'static;
    /// The action.
    type Action: Action<Self::User, Self::Strategy>;

    /// Its place.
    const AT: At;
}

type DoneOf<D> = <<D as Declared>::Action as Action<<D as Declared>::User, <D as Declared>::Strategy>>::Done;

/// What the function of the struct answers.
pub type Output<D> = <DoneOf<D> as Done<<D as Declared>::User>>::Output;

/// The action over HTTP.
#[must_use]
pub const fn phase<D: Declared>() -> PhaseInfo {
    PhaseInfo {
        name: D::AT.action,
        path: match <D::Action as Action<D::User, D::Strategy>>::PATH {
            Some(path) => path,
            None => D::AT.path,
        },
        method: <D::Action as Action<D::User, D::Strategy>>::METHOD,
    }
}

/// Whether the action is one whose answer is the same whatever comes of it.
#[must_use]
pub const fn is_request<D: Declared>() -> bool {
    matches!(
        <D::Action as Action<D::User, D::Strategy>>::SORT,
        Sort::Request | Sort::Registration
    )
}

/// Runs the action.
pub async fn run<D: Declared>(context: &Context<D::User>, input: D::Action) -> Outcome<Output<D>> {
    let (at, sort) = (D::AT, <D::Action as Action<D::User, D::Strategy>>::SORT);
    let strategy = match context.auth.part::<Started<D::Strategy>>(at.index) {
        Ok(Started(strategy)) => strategy,
        Err(error) => return Outcome::of(at.name, at.action, Err(error)),
    };
    let act = Act::new(at.name, at.action, sort);
    let about = input.about(strategy);
    let session = context.session().map(|session| session.subject().to_owned());
    let act = match about.or(session) {
        Some(about) => act.about(about),
        None => act,
    };
    perform(context, act, |context| async move {
        let call = Call {
            context: &context,
            strategy,
            at,
        };
        let done = input.run(call).await?;
        if matches!(D::Action::METHOD, PhaseMethod::Get) && done.changes_something() {
            return Err(Error::internal(
                "an action that answers GET changes something (promise SU-06); use `PhaseMethod::Post`",
            ));
        }
        done.finish(&context, sort).await
    })
    .await
}

/// Runs the action with untyped arguments. Boxed, so that a type that is no action is told once.
pub fn dispatch<'a, D: Declared>(
    context: &'a Context<D::User>,
    input: Input,
) -> BoxFuture<'a, Outcome<ActionOutcome<D::User>>> {
    Box::pin(async move {
        match read::<D>(context, input) {
            Ok(arguments) => run::<D>(context, arguments).await.map(DoneOf::<D>::outcome),
            Err(error) => Outcome::of(D::AT.name, D::AT.action, Err(error)),
        }
    })
}

fn read<D: Declared>(context: &Context<D::User>, mut input: Input) -> Result<D::Action, Error> {
    let Started(strategy) = context.auth.part(D::AT.index)?;
    let arguments = D::Action::read(strategy, &mut input);
    input.finish()?;
    arguments.ok_or_else(|| Error::internal("an action refused its arguments and did not say which"))
}

/// There is no such action.
pub fn no_such_action<T>(name: &'static str) -> Outcome<T> {
    Outcome::of(name, "unknown", Err(Error::NoSuchAction))
}

/// Refuses, while the application is compiled, an action that cannot be served.
#[doc(hidden)]
#[expect(
    clippy::panic,
    reason = "runs at compile time only, where a panic is the compile error"
)]
pub const fn check<D: Declared>(earlier: &[PhaseInfo]) {
    let PhaseInfo { path, method, .. } = phase::<D>();
    if !is_path(path.as_bytes()) {
        panic!(
            "the path of this action is neither empty nor made of a slash and lower case letters, digits and `_`"
        );
    }
    if DoneOf::<D>::SIGNS_IN && matches!(method, PhaseMethod::Get) {
        panic!(
            "this action signs people in and answers GET, which changes nothing (promise SU-06); use `PhaseMethod::Post`"
        );
    }
    if matches!(method, PhaseMethod::Begin { .. } | PhaseMethod::Callback) {
        panic!(
            "`PhaseMethod::Begin` and `PhaseMethod::Callback` are for the library's own strategies, whose state shows where a request comes from (promise SE-08); use `PhaseMethod::Post`"
        );
    }
    let mut rest = earlier;
    while let [first, others @ ..] = rest {
        let both_read = matches!(first.method, PhaseMethod::Get) == matches!(method, PhaseMethod::Get);
        if both_read && equal(first.path.as_bytes(), path.as_bytes()) {
            panic!("two actions of one strategy have the same route; give one of them another `PATH`");
        }
        rest = others;
    }
}

/// Refuses, while the application is compiled, what needs tokens where they are off.
#[doc(hidden)]
#[expect(
    clippy::panic,
    reason = "runs at compile time only, where a panic is the compile error"
)]
pub const fn check_tokens<U: Authenticated, S: Custom<U>>() {
    if S::TOKENS_REQUIRED && !U::SETTINGS.tokens.enabled {
        panic!("this strategy needs tokens, which are off; add `tokens {{ … }}`");
    }
}

/// Empty, or segments of lower case letters, digits and `_`, each after a slash.
const fn is_path(path: &[u8]) -> bool {
    let mut rest = path;
    let mut after_slash = false;
    if let [first, ..] = rest
        && *first != b'/'
    {
        return false;
    }
    while let [byte, others @ ..] = rest {
        match *byte {
            b'/' if after_slash => return false,
            b'/' => after_slash = true,
            b'a'..=b'z' | b'0'..=b'9' | b'_' => after_slash = false,
            _ => return false,
        }
        rest = others;
    }
    !after_slash
}

const fn equal(one: &[u8], other: &[u8]) -> bool {
    let (mut one, mut other) = (one, other);
    loop {
        match (one, other) {
            ([], []) => return true,
            ([a, rest_of_one @ ..], [b, rest_of_other @ ..]) if *a == *b => {
                (one, other) = (rest_of_one, rest_of_other);
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_segments() {
        for path in ["", "/a", "/sign_in", "/a/b2"] {
            assert!(is_path(path.as_bytes()), "{path}");
        }
        for path in ["a", "/", "//", "/a/", "/A", "/a b", "/a-b", "/%61", "/a?b"] {
            assert!(!is_path(path.as_bytes()), "{path}");
        }
    }

    #[test]
    fn equal_paths_are_equal() {
        assert!(equal(b"/a", b"/a") && equal(b"", b""));
        assert!(!equal(b"/a", b"/b") && !equal(b"/a", b"/ab") && !equal(b"", b"/"));
    }
}
