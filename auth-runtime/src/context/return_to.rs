use super::Context;
use crate::{http::same_origin, user::Authenticated};

impl<U: Authenticated> Context<U> {
    /// The same context with where the browser is to go in the end. What is begun elsewhere, such as at a provider, leads
    /// there when it is done. Anything but a path of the application's own site counts as nowhere (promise SE-09).
    ///
    /// The library's own routes take it from `return_to`.
    #[must_use]
    pub fn with_return_to(mut self, target: &str) -> Self {
        self.return_to = same_origin(target);
        self
    }

    /// Where the request wants the browser to go afterwards: a path of this site.
    pub(crate) fn return_to(&self) -> Option<&str> {
        self.return_to.as_deref()
    }

    /// Notes where the browser goes after this request, which ends what began with another. It is judged once more.
    #[cfg_attr(
        not(feature = "oauth"),
        allow(dead_code, reason = "only the strategies of features use it")
    )]
    pub(crate) fn leads_to(&self, target: String) {
        self.led_to.get_or_init(|| target);
    }

    /// Where the action said that the browser goes. Not judged yet.
    pub(crate) fn led_to(&self) -> Option<&str> {
        self.led_to.get().map(String::as_str)
    }
}
