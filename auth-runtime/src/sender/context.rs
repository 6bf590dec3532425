use std::{any::Any, collections::HashMap, fmt, sync::Arc};

use serde_json::{Map, Value};
use url::Url;

/// What a sender may know besides the message.
#[derive(Clone, Default)]
pub struct SendContext {
    pub(crate) public_url: Option<Url>,
    pub(crate) tenant: Option<String>,
    pub(crate) extensions: Extensions,
    pub(crate) fields: Map<String, Value>,
}

impl SendContext {
    /// The configured base URL of the application: that of the tenant, where
    /// [`Builder::tenant_url`](crate::authentication::Builder::tenant_url) knows one.
    #[must_use]
    pub const fn public_url(&self) -> Option<&Url> {
        self.public_url.as_ref()
    }

    /// The tenant that the message is about, as tokens name it: that of the person, or of the link to somebody without an
    /// account. `None` where there are no tenants, at the start, and for a message to somebody without an account that
    /// carries no token.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    /// `path` on the application's own site, with `token` as its only query parameter.
    ///
    /// Without a configured base URL the link is relative, which is of use in development only.
    #[must_use]
    pub fn link(&self, path: &str, token: &str) -> String {
        let query: String = form_urlencoded::Serializer::new(String::new())
            .append_pair("token", token)
            .finish();
        match self.public_url.as_ref().and_then(|base| base.join(path).ok()) {
            Some(mut url) => {
                url.set_query(Some(&query));
                url.into()
            }
            None => format!("{path}?{query}"),
        }
    }

    /// The text of a column that `select_for_senders` names, such as `email`, as it was when the message was made.
    ///
    /// This is where the message goes. For most messages it is what is stored for the person (promise IN-01); a
    /// confirmation of a new address carries that new one, and the notice about it the old one (promise SU-10).
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).and_then(Value::as_str)
    }

    /// A value that the application gave to the builder with `extension`.
    #[must_use]
    pub fn extension<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.extensions.get()
    }
}

impl fmt::Debug for SendContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendContext")
            .field("public_url", &self.public_url)
            .finish_non_exhaustive()
    }
}

/// Application values by type.
#[derive(Clone, Default)]
pub(crate) struct Extensions(Arc<HashMap<std::any::TypeId, Arc<dyn Any + Send + Sync>>>);

impl Extensions {
    pub(crate) fn insert<T: Send + Sync + 'static>(&mut self, value: T) {
        Arc::make_mut(&mut self.0).insert(std::any::TypeId::of::<T>(), Arc::new(value));
    }

    fn get<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.0.get(&std::any::TypeId::of::<T>())?.downcast_ref()
    }
}
