use super::{LogOut, LogOutEverywhere};
use crate::{
    context::Context,
    session::{Ended, end_everywhere},
    strategy::{Act, Outcome, Sort, perform},
};

/// Ends everything that whoever is signed in holds: sessions on all devices, what renews them, and one-time tokens,
/// as far as the declared purposes go. All of it or nothing (promise SE-05).
///
/// # Errors
/// [`Error::AuthenticationFailed`](crate::Error::AuthenticationFailed) when nobody is signed in;
/// [`Error::Storage`](crate::Error::Storage).
pub async fn log_out_everywhere<A: LogOutEverywhere>(cx: &Context<A::User>, input: LogOut) -> Outcome<Ended> {
    let config = &A::CONFIG;
    let act = Act::new(config.name, "log_out", Sort::Account);
    let act = match cx.session() {
        Some(session) => act.about(session.subject()),
        None => act,
    };
    perform(cx, act, |cx| async move {
        end_everywhere(
            &cx,
            config.name,
            config.include_purposes,
            config.exclude_purposes,
            input.except_this_session,
        )
        .await
    })
    .await
}
