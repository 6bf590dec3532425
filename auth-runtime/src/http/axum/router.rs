use ::axum::{Router, body::Body, extract::Request, response::Response};
use http::{header, request::Parts};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::SessionLayer;
use crate::{
    authentication::Authentication,
    error::{Code, Failure},
    http::{Application, BODY_LIMIT},
    user::Authenticated,
};

impl<U: Authenticated> Authentication<U> {
    /// The routes of the resource, to be nested under a prefix of the application's choice:
    /// `Router::new().nest("/auth", auth.router())`.
    ///
    /// For the client's address the server must be started with
    /// `into_make_service_with_connect_info::<SocketAddr>()`.
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        Application::default().with(self.clone()).router()
    }

    /// Makes the resource known to extractors such as [`CurrentUser`](crate::http::CurrentUser), and checks where
    /// requests with a session cookie come from (promise SE-08).
    #[must_use]
    pub fn layer(&self) -> SessionLayer {
        Application::default().with(self.clone()).layer()
    }
}

impl Application {
    /// The routes of all resources, as [`Authentication::router`] has them for one.
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let application = self.clone();
        Router::new().fallback(move |request: Request| {
            let application = application.clone();
            async move { application.serve(request).await }
        })
    }

    /// The layer of all resources, as [`Authentication::layer`] is that of one.
    #[must_use]
    pub fn layer(&self) -> SessionLayer {
        SessionLayer::new(self.clone())
    }

    async fn serve(&self, request: Request) -> Response {
        let (head, body) = request.into_parts();
        let body = read(&head, body).await;
        let body = body.as_deref().map_err(Clone::clone);
        self.handle_sent(&head, body).await.map(Body::from)
    }
}

/// The whole body, within the limit (promise IN-02). What is announced as larger is not read at all.
async fn read(head: &Parts, body: Body) -> Result<Vec<u8>, Failure> {
    let announced = head.headers.get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > BODY_LIMIT as u64) {
        return Err(Failure::new(Code::PayloadTooLarge));
    }
    match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(body) => Ok(body.to_bytes().into()),
        Err(error) if error.is::<LengthLimitError>() => Err(Failure::new(Code::PayloadTooLarge)),
        Err(_) => Err(Failure::new(Code::Malformed)),
    }
}

#[cfg(test)]
mod tests {
    use tower::ServiceExt;

    use super::*;

    async fn status(request: Request) -> u16 {
        let app: Router = Router::new().nest("/auth", Application::default().router());
        app.oneshot(request).await.unwrap().status().as_u16()
    }

    #[tokio::test]
    async fn in_02_bodies_over_the_limit_are_refused() {
        let request = |size: usize| {
            Request::post("/auth/user/password/sign_in")
                .body(Body::from(vec![b' '; size]))
                .unwrap()
        };
        assert_eq!(
            status(request(BODY_LIMIT)).await,
            404,
            "read, and then there is no such route"
        );
        assert_eq!(status(request(BODY_LIMIT + 1)).await, 413);
        let announced = Request::post("/auth/user/password/sign_in").header("content-length", BODY_LIMIT + 1);
        assert_eq!(status(announced.body(Body::empty()).unwrap()).await, 413);
    }
}
