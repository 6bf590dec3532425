use super::{Cx, OAuth2};
use crate::user::Authenticated;

/// The kind of person and the tenant that an identity belongs to: equal identities in two of them are strangers
/// (promise TN-01).
pub(super) fn realm<S: OAuth2>(cx: &Cx<S>) -> String {
    let name = <S::User as Authenticated>::SETTINGS.subject_name;
    match cx.auth.tenant_text() {
        Some(tenant) => format!("{name}?tenant={tenant}"),
        None => name.to_owned(),
    }
}

/// Whether a realm is one of these people's, of whatever tenant.
pub(super) fn is_of_these_people<S: OAuth2>(realm: &str) -> bool {
    let rest = realm.strip_prefix(<S::User as Authenticated>::SETTINGS.subject_name);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('?'))
}

/// Whether an identity under this key is one of the strategy's.
pub(super) fn is_own<S: OAuth2>(key: &str) -> bool {
    let rest = key.strip_prefix(S::CONFIG.name);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
