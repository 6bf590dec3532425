use std::sync::LazyLock;

use url::{Position, Url};

/// The longest target that is looked at.
const LIMIT: usize = 2048;

/// Stands for the application's own origin while a target is judged.
static BASE: LazyLock<Option<Url>> = LazyLock::new(|| Url::parse("https://origin.invalid/").ok());

/// The target as a path, query and fragment on the application's own origin, or `None` (promise SE-09).
///
/// The URL parser decides, on text without the backslashes and control characters that browsers read in their own
/// way; and what comes out is judged once more, because taking out dot segments can leave a path that begins with
/// two slashes, which names another host.
pub(crate) fn same_origin(target: &str) -> Option<String> {
    let odd = |character: char| character == '\\' || character.is_control();
    if target.len() > LIMIT || !target.starts_with('/') || target.starts_with("//") || target.contains(odd) {
        return None;
    }
    let base = BASE.as_ref()?;
    let url = base.join(target).ok()?;
    let path = &url[Position::BeforePath..];
    let stays = url.origin() == base.origin() && !path.starts_with("//") && base.join(path).ok()? == url;
    stays.then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn se_09_paths_of_this_site_pass() {
        for (target, expected) in [
            ("/", "/"),
            ("/me", "/me"),
            ("/a/b?c=d#e", "/a/b?c=d#e"),
            ("/a/../b", "/b"),
            ("/grüße?q=ä", "/gr%C3%BC%C3%9Fe?q=%C3%A4"),
            (
                "/to?next=https://elsewhere.example/",
                "/to?next=https://elsewhere.example/",
            ),
            ("/user@host", "/user@host"),
        ] {
            assert_eq!(same_origin(target).as_deref(), Some(expected), "{target}");
        }
    }

    #[test]
    fn se_09_everything_else_is_refused() {
        let long = format!("/{}", "a".repeat(LIMIT));
        for target in [
            "",
            "me",
            "https://elsewhere.example/",
            "//elsewhere.example/",
            "///elsewhere.example/",
            "/\\elsewhere.example/",
            "\\\\elsewhere.example/",
            "/a\\..\\\\elsewhere.example",
            "/\t/elsewhere.example/",
            "/\n/elsewhere.example/",
            "\u{0}/",
            "/\u{85}x",
            " /me",
            "/..//elsewhere.example/",
            "/.//elsewhere.example/",
            "/a/..//elsewhere.example/",
            "/%2e%2e//elsewhere.example/",
            "javascript:alert(1)",
            &long,
        ] {
            assert_eq!(same_origin(target), None, "{target:?}");
        }
    }

    proptest! {
        #[test]
        fn se_09_never_leaves_the_origin(target in r"/?([/\\.@:%?#\ta-z]|\PC|%2[eEfF]|\.\./|//){0,24}") {
            if let Some(path) = same_origin(&target) {
                prop_assert!(path.is_ascii() && !path.contains(['\\', '\r', '\n']));
                for base in ["https://site.example/deep/page?x", "http://127.0.0.1:3000/"] {
                    let base = Url::parse(base).unwrap();
                    let reached = base.join(&path).unwrap();
                    prop_assert_eq!(reached.origin(), base.origin());
                    prop_assert_eq!(reached.username(), "");
                }
            }
        }

        #[test]
        fn se_09_ordinary_paths_are_kept(path in "/[a-z0-9/_-]{0,30}") {
            prop_assume!(!path.contains("//"));
            prop_assert_eq!(same_origin(&path), Some(path));
        }
    }
}
