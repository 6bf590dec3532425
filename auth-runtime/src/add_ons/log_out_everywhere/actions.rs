use super::{LogOut, LogOutEverywhere};
use crate::{
    context::Context,
    session::{Ended, end_everywhere},
    strategy::{Act, Outcome, Sort, perform},
};

/// Ends every token of whoever is signed in: sessions on all devices, what renews them, and one-time tokens, as far as
/// the declared purposes go; and the API keys, if the add-on says so. All of it or nothing (promise SE-05).
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
        end_everywhere(&cx, config, input.except_this_session).await
    })
    .await
}
