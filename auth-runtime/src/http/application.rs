use std::{fmt, sync::Arc};

use futures_util::future::BoxFuture;
use http::request::Parts;

use super::{Answer, AuthRequest, answer::seal, body::Sent, respond::default_failure};
use crate::{
    authentication::Authentication,
    error::{Code, Failure},
    user::Authenticated,
};

/// Several resources of one application: `auth_runtime::application!(User => users, Admin => admins)`.
#[derive(Clone, Default)]
pub struct Application {
    resources: Arc<Vec<Arc<dyn Mounted>>>,
}

/// A started resource of any type.
pub(super) trait Mounted: Send + Sync {
    fn subject_name(&self) -> &'static str;

    fn handle<'a>(&'a self, head: &'a Parts, body: Sent<'a>) -> BoxFuture<'a, Answer>;

    /// Whether a request may be the POST that a provider makes a browser send. Under which prefix the routes are mounted
    /// is not known.
    #[cfg(feature = "axum")]
    fn is_posted_back(&self, head: &Parts) -> bool;

    /// Lets a request pass the layer, or answers it. `posted_back` is what some resource says of it.
    #[cfg(feature = "axum")]
    fn enter(
        &self,
        head: &mut Parts,
        posted_back: bool,
    ) -> Result<Option<super::axum::CookieWatch>, Box<Answer>>;
}

impl<U: Authenticated> Mounted for Authentication<U> {
    fn subject_name(&self) -> &'static str {
        U::SETTINGS.subject_name
    }

    fn handle<'a>(&'a self, head: &'a Parts, body: Sent<'a>) -> BoxFuture<'a, Answer> {
        Box::pin(self.handle_sent(head, body))
    }

    #[cfg(feature = "axum")]
    fn is_posted_back(&self, head: &Parts) -> bool {
        self.http().routes.is_posted_back(head.uri.path(), &head.method)
    }

    #[cfg(feature = "axum")]
    fn enter(
        &self,
        head: &mut Parts,
        posted_back: bool,
    ) -> Result<Option<super::axum::CookieWatch>, Box<Answer>> {
        super::axum::enter(self, head, posted_back)
    }
}

impl Application {
    /// Adds a resource. [`application!`](crate::application) calls it after it has compared the subject names.
    #[doc(hidden)]
    #[must_use]
    pub fn with<U: Authenticated>(self, authentication: Authentication<U>) -> Self {
        let mut resources = Vec::clone(&self.resources);
        resources.push(Arc::new(authentication));
        Self {
            resources: Arc::new(resources),
        }
    }

    /// Answers a request to a route of any of the resources, as [`Authentication::handle`] does for one.
    ///
    /// A path that belongs to none of them is answered by the first one.
    pub async fn handle(&self, head: &Parts, body: &[u8]) -> Answer {
        self.handle_sent(head, Ok(body)).await
    }

    /// The same with a body that perhaps could not be read.
    pub(super) async fn handle_sent(&self, head: &Parts, body: Sent<'_>) -> Answer {
        if let Some(resource) = self.responsible(head) {
            return resource.handle(head, body).await;
        }
        let failure = body.err().unwrap_or_else(|| Failure::new(Code::NotFound));
        seal(default_failure(&AuthRequest::new(head, None), &failure))
    }

    fn responsible(&self, head: &Parts) -> Option<&dyn Mounted> {
        let subject = head.uri.path().split('/').nth(1).unwrap_or_default();
        let named = self
            .resources()
            .find(|resource| resource.subject_name() == subject);
        named.or_else(|| self.resources().next())
    }

    pub(super) fn resources(&self) -> impl Iterator<Item = &dyn Mounted> {
        self.resources.iter().map(AsRef::as_ref)
    }
}

impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.resources().map(Mounted::subject_name))
            .finish()
    }
}

/// Refuses two resources of one subject name (rule H1).
#[doc(hidden)]
#[expect(
    clippy::panic,
    clippy::indexing_slicing,
    reason = "runs at compile time only, where a panic is the compile error and an index is checked"
)]
pub const fn assert_distinct(names: &[&str]) {
    let mut one = 0;
    while one < names.len() {
        let mut other = one + 1;
        while other < names.len() {
            if equal(names[one].as_bytes(), names[other].as_bytes()) {
                panic!(
                    "two resources of one application have the same subject name, so their subjects could not be told apart (rule H1); set `subject_name` in the `authentication!` block of one of them"
                );
            }
            other += 1;
        }
        one += 1;
    }
}

/// Refuses two resources that would put different tokens into one cookie (rule R-1). Each is a subject name and the name
/// of the cookie that remembers.
#[doc(hidden)]
#[expect(
    clippy::panic,
    clippy::indexing_slicing,
    reason = "runs at compile time only, where a panic is the compile error and an index is checked"
)]
pub const fn assert_distinct_cookies(resources: &[(&str, Option<crate::strategies::remember_me::Config>)]) {
    let mut one = 0;
    while one < resources.len() {
        let Some(cookie) = resources[one].1 else {
            one += 1;
            continue;
        };
        let name = cookie.cookie_name.as_bytes();
        let mut other = 0;
        while other < resources.len() {
            let (subject, remembers) = resources[other];
            if let Some(remembers) = remembers
                && other != one
                && equal(name, remembers.cookie_name.as_bytes())
            {
                panic!(
                    "two resources of one application remember people in the same cookie (rule R-1); set `cookie_name` in the `remember_me` of one of them"
                );
            }
            if names_session(name, subject.as_bytes()) {
                panic!(
                    "a resource of this application remembers people in the cookie of a session (rule R-1); set another `cookie_name` in its `remember_me`"
                );
            }
            other += 1;
        }
        one += 1;
    }
}

/// Whether `name` is that of the session cookie of `subject`.
#[expect(
    clippy::indexing_slicing,
    reason = "runs at compile time only, where an index is checked"
)]
const fn names_session(name: &[u8], subject: &[u8]) -> bool {
    let suffix = b"_session";
    if name.len() != subject.len() + suffix.len() {
        return false;
    }
    let mut index = 0;
    while index < name.len() {
        let expected = if index < subject.len() {
            subject[index]
        } else {
            suffix[index - subject.len()]
        };
        if name[index] != expected {
            return false;
        }
        index += 1;
    }
    true
}

#[expect(
    clippy::indexing_slicing,
    reason = "runs at compile time only, where an index is checked"
)]
const fn equal(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut index = 0;
    while index < one.len() {
        if one[index] != other[index] {
            return false;
        }
        index += 1;
    }
    true
}

/// Puts several resources under one router and one layer, as an [`Application`].
///
/// Two resources of one subject name are a compile error (rule H1), and so are two that remember people in one cookie
/// (rule R-1).
///
/// # Example
/// ```no_run
/// # use auth_runtime::{authentication::Authentication, user::Authenticated};
/// # macro_rules! example { ($User:ty, $Admin:ty) => {
/// let auth = auth_runtime::application!(User => users, Admin => admins);
/// # }; }
/// ```
#[macro_export]
macro_rules! application {
    ($($resource:ty => $authentication:expr),+ $(,)?) => {{
        const _: () = $crate::http::assert_distinct(&[
            $(<$resource as $crate::user::Authenticated>::SETTINGS.subject_name),+
        ]);
        const _: () = $crate::http::assert_distinct_cookies(&[
            $((
                <$resource as $crate::user::Authenticated>::SETTINGS.subject_name,
                <$resource as $crate::user::Authenticated>::SETTINGS.remember_me,
            )),+
        ]);
        $crate::http::Application::default()$(.with::<$resource>($authentication))+
    }};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h1_distinct_subject_names_pass() {
        const _: () = assert_distinct(&["user", "admin", "users", ""]);
        assert_distinct(&[]);
    }

    #[test]
    #[should_panic(expected = "rule H1")]
    fn h1_equal_subject_names_are_refused() {
        assert_distinct(&["user", "admin", "user"]);
    }

    const fn remembering(cookie_name: &'static str) -> Option<crate::strategies::remember_me::Config> {
        Some(crate::strategies::remember_me::Config {
            name: "remember_me",
            cookie_name,
            token_lifetime_seconds: 1,
            reuse_grace_seconds: 1,
        })
    }

    #[test]
    fn r_1_cookies_of_their_own_pass() {
        assert_distinct_cookies(&[
            ("user", remembering("user_remember_me")),
            ("admin", remembering("admin_remember_me")),
            ("guest", None),
        ]);
    }

    #[test]
    #[should_panic(expected = "the same cookie (rule R-1)")]
    fn r_1_a_shared_cookie_is_refused() {
        assert_distinct_cookies(&[("user", remembering("me")), ("admin", remembering("me"))]);
    }

    #[test]
    #[should_panic(expected = "the cookie of a session (rule R-1)")]
    fn r_1_the_cookie_of_another_session_is_refused() {
        assert_distinct_cookies(&[("user", remembering("admin_session")), ("admin", None)]);
    }

    #[tokio::test]
    async fn an_application_without_resources_finds_nothing() {
        let head = http::Request::builder()
            .uri("/user")
            .body(())
            .unwrap()
            .into_parts()
            .0;
        let answer = Application::default().handle(&head, b"").await;
        assert_eq!(answer.status(), http::StatusCode::NOT_FOUND);
    }
}
