use http::{HeaderMap, header::AsHeaderName};

/// A header that must stand once stands several times or is not readable text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotSole;

/// The value of a header that counts only if it stands once.
pub(super) fn sole(headers: &HeaderMap, name: impl AsHeaderName) -> Result<Option<&str>, NotSole> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| NotSole),
        (Some(_), Some(_)) => Err(NotSole),
    }
}
