//! The routes by which people see, renew and end their own sessions (promises SE-07, SE-10).

use http::{StatusCode, request::Parts};
use serde_json::json;

use super::{
    Answer, AuthRequest,
    answer::{json as json_answer, seal, told},
    body::{Body, Sent},
    handle::refused,
    metadata::metadata,
    respond::Activity,
};
use crate::{
    authentication::Authentication,
    context::Context,
    error::{Code, Failure},
    session::STRATEGY,
    strategy::{ActionOutcome, Input},
    user::Authenticated,
};

/// The argument with the refresh token, and its name in answers.
const REFRESH_TOKEN: &str = "refresh_token";

/// The argument that names a session.
const ID: &str = "id";

/// The longest id of a session, in bytes.
const ID_LIMIT: usize = 255;

/// Which sessions a request wants to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    One,
    Others,
}

impl Ending {
    fn action(self) -> &'static str {
        match self {
            Self::One => "end_session",
            Self::Others => "end_other_sessions",
        }
    }
}

impl<U: Authenticated> Authentication<U> {
    /// Answers with JSON always: what a page about sessions looks like is up to the application.
    pub(super) async fn list_sessions_over_http(&self, head: &Parts) -> Answer {
        let listed = async {
            let context = self.signed_in_context(head).await?;
            let sessions = context.sessions().await;
            sessions.map_err(|error| told(&error, context.request().request_id.as_deref()))
        };
        match listed.await {
            Ok(sessions) => seal(json_answer(StatusCode::OK, &json!({"sessions": sessions}))),
            Err(failure) => self.http().refuse(&AuthRequest::new(head, None), &failure),
        }
    }

    pub(super) async fn end_sessions_over_http(
        &self,
        head: &Parts,
        body: Sent<'_>,
        ending: Ending,
    ) -> Answer {
        let http = self.http();
        let mut request = AuthRequest::new(head, None);
        let prepared = async {
            http.check_origin(head)?;
            let name = U::SETTINGS.subject_name;
            let Body {
                mut arguments,
                return_to,
            } = Body::read(&head.headers, body?, name, None)?;
            request.set_return_to(return_to.as_deref());
            let id = match ending {
                Ending::One => arguments.text(ID, ID_LIMIT),
                Ending::Others => String::new(),
            };
            arguments
                .finish()
                .map_err(|errors| Failure::new(Code::Invalid).with_fields(errors))?;
            Ok((self.signed_in_context(head).await?, id))
        };
        let (context, id) = match prepared.await {
            Ok(prepared) => prepared,
            Err(failure) => {
                let context = Context::new(self.clone(), metadata(head, U::SETTINGS.client_ip));
                let failure = refused(&context, STRATEGY, ending.action(), failure).await;
                return http.refuse(&request, &failure);
            }
        };
        let ended = match ending {
            Ending::One => context.end_session(&id).await,
            Ending::Others => context.end_other_sessions().await,
        };
        match ended.map_err(|error| told(&error, context.request().request_id.as_deref())) {
            Ok(ended) => {
                let mut answer = seal(http.respond.sessions_ended(&request, &ended));
                if ended.current {
                    http.clear_session(head, &mut answer);
                }
                answer
            }
            Err(failure) => http.refuse(&request, &failure),
        }
    }

    /// Answers with JSON always: the browser's own session is in its cookie and needs no refresh token.
    pub(super) async fn refresh_over_http(&self, head: &Parts, body: Sent<'_>) -> Answer {
        let http = self.http();
        let activity = Activity {
            strategy: STRATEGY,
            phase: "refresh",
        };
        let request = AuthRequest::new(head, Some(activity));
        let context = Context::new(self.clone(), metadata(head, U::SETTINGS.client_ip));
        let prepared = async {
            http.check_origin(head)?;
            let name = U::SETTINGS.subject_name;
            let body = Body::read(&head.headers, body?, name, Some(REFRESH_TOKEN))?;
            let mut arguments = body.arguments;
            let token = arguments.secret(REFRESH_TOKEN, Input::TOKEN_LIMIT);
            arguments
                .finish()
                .map_err(|errors| Failure::new(Code::Invalid).with_fields(errors))?;
            Ok((token, self.load(head).await?.session))
        };
        let (token, session) = match prepared.await {
            Ok(prepared) => prepared,
            Err(failure) => {
                let failure = refused(&context, STRATEGY, "refresh", failure).await;
                return http.refuse(&request, &failure);
            }
        };
        let context = match session {
            Some(session) => context.with_session(session),
            None => context,
        };
        let refreshed = context.refresh(&token).await;
        match refreshed.map_err(|error| told(&error, context.request().request_id.as_deref())) {
            Ok(signed_in) => http.succeed(&request, &ActionOutcome::SignedIn(signed_in)),
            Err(failure) => http.refuse(&request, &failure),
        }
    }

    /// The context of a request on behalf of whoever is signed in.
    async fn signed_in_context(&self, head: &Parts) -> Result<Context<U>, Failure> {
        let session = self.load(head).await?.session;
        let session = session.ok_or_else(|| Failure::new(Code::Unauthenticated))?;
        let context = Context::new(self.clone(), metadata(head, U::SETTINGS.client_ip));
        Ok(context.with_session(session))
    }
}
