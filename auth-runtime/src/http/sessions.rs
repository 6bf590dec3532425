//! The routes by which people see and end their own sessions (promise SE-10).

use http::{StatusCode, request::Parts};
use serde_json::json;

use super::{
    Answer, AuthRequest,
    answer::{json as json_answer, seal, told},
    body::Body,
    metadata::metadata,
};
use crate::{
    authentication::Authentication,
    context::Context,
    error::{Code, Failure},
    user::Authenticated,
};

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

    pub(super) async fn end_sessions_over_http(&self, head: &Parts, body: &[u8], ending: Ending) -> Answer {
        let http = self.http();
        let mut request = AuthRequest::new(head, None);
        let ended = async {
            http.check_origin(head)?;
            let name = U::SETTINGS.subject_name;
            let Body {
                mut arguments,
                return_to,
            } = Body::read(&head.headers, body, name, None)?;
            request.set_return_to(return_to.as_deref());
            let id = match ending {
                Ending::One => arguments.text(ID, ID_LIMIT),
                Ending::Others => String::new(),
            };
            arguments
                .finish()
                .map_err(|errors| Failure::new(Code::Invalid).with_fields(errors))?;
            let context = self.signed_in_context(head).await?;
            let ended = match ending {
                Ending::One => context.end_session(&id).await,
                Ending::Others => context.end_other_sessions().await,
            };
            ended.map_err(|error| told(&error, context.request().request_id.as_deref()))
        }
        .await;
        match ended {
            Ok(ended) => {
                let mut answer = seal(http.respond.sessions_ended(&request, &ended));
                if ended.current {
                    http.clear_session(&mut answer);
                }
                answer
            }
            Err(failure) => http.refuse(&request, &failure),
        }
    }

    /// The context of a request on behalf of whoever is signed in.
    async fn signed_in_context(&self, head: &Parts) -> Result<Context<U>, Failure> {
        let session = self.load(&head.headers).await?.session;
        let session = session.ok_or_else(|| Failure::new(Code::Unauthenticated))?;
        let context = Context::new(self.clone(), metadata(head, U::SETTINGS.client_ip));
        Ok(context.with_session(session))
    }
}
