/// The path of a phase, perhaps with one segment that can be anything.
#[derive(Debug)]
pub(super) struct RoutePath {
    /// The whole path, or what stands before that segment.
    before: String,
    /// Its name, and what stands behind it.
    variable: Option<(&'static str, &'static str)>,
}

/// The segment of a path that has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment<'p> {
    pub(super) name: &'static str,
    pub(super) value: &'p str,
}

impl Segment<'_> {
    /// The longest value, in bytes.
    const LIMIT: usize = 64;

    fn is_value(text: &str) -> bool {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (1..=Self::LIMIT).contains(&text.len()) && text.bytes().all(plain)
    }
}

impl RoutePath {
    /// `path` below `above`; `/:name` in it stands for any one segment.
    pub(super) fn new(above: String, path: &'static str) -> Self {
        let Some((before, rest)) = path.split_once("/:") else {
            return Self {
                before: above + path,
                variable: None,
            };
        };
        Self {
            before: above + before,
            variable: Some(rest.split_at(rest.find('/').unwrap_or(rest.len()))),
        }
    }

    /// Whether it is written out and this is it.
    pub(super) fn is(&self, path: &str) -> bool {
        self.variable.is_none() && self.before == path
    }

    /// The segment with a name, if the path has one and fits.
    pub(super) fn segment<'p>(&self, path: &'p str) -> Option<Segment<'p>> {
        let (before, segment) = self.split(path)?;
        (before == self.before).then_some(segment)
    }

    /// Whether `path` is this one below any prefix.
    #[cfg(feature = "axum")]
    pub(super) fn ends(&self, path: &str) -> bool {
        match self.variable {
            None => path.ends_with(&self.before),
            Some(_) => self
                .split(path)
                .is_some_and(|(before, _)| before.ends_with(&self.before)),
        }
    }

    fn split<'p>(&self, path: &'p str) -> Option<(&'p str, Segment<'p>)> {
        let (name, behind) = self.variable?;
        let (before, value) = path.strip_suffix(behind)?.rsplit_once('/')?;
        Segment::is_value(value).then_some((before, Segment { name, value }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(path: &'static str) -> RoutePath {
        RoutePath::new("/user/sso".to_owned(), path)
    }

    #[test]
    fn a_name_may_stand_anywhere_below_the_strategy() {
        for (pattern, fitting) in [
            ("/:id", "/user/sso/a"),
            ("/:id/request", "/user/sso/a/request"),
            ("/connections/:id/request", "/user/sso/connections/a/request"),
        ] {
            let segment = Segment {
                name: "id",
                value: "a",
            };
            assert_eq!(path(pattern).segment(fitting), Some(segment), "{pattern}");
            assert!(!path(pattern).is(fitting), "{pattern}");
            for other in [
                "/user/sso",
                "/user/sso/",
                "/user/a",
                "/b/user/sso/a",
                "/user/sso/a/b/request",
                "",
            ] {
                assert_eq!(path(pattern).segment(other), None, "{pattern} {other}");
            }
        }
        assert!(path("").is("/user/sso"));
        assert_eq!(path("").segment("/user/sso"), None);
    }

    #[cfg(feature = "axum")]
    #[test]
    fn a_prefix_ends_with_a_segment() {
        for pattern in ["/:id/callback", "/callback"] {
            let ends = |prefix: &str| {
                path(pattern).ends(&format!("{prefix}/user/sso{}", pattern.replace(":id", "a")))
            };
            assert!(ends("") && ends("/auth") && ends("/a/b"), "{pattern}");
        }
        assert!(!path("/:id/callback").ends("/auth/superuser/sso/a/callback"));
        assert!(!path("/:id/callback").ends("/auth/user/sso/a.b/callback"));
        assert!(!path("/callback").ends("/auth/superuser/sso/callback"));
    }
}
