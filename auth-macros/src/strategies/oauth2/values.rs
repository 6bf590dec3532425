//! Kinds of value that stand in an `oauth2` block.

use proc_macro2::Ident;
use syn::{Expr, LitBool, LitStr, TypePath, ext::IdentExt, parse::ParseStream};

use crate::setting::{List, Secret, Unfit, Value, read_list};

/// Where a value comes from that is known when the application starts, and that is no secret.
#[derive(Debug, Clone)]
pub(crate) struct Source(pub(crate) Secret);

impl Value for Source {
    const KIND: &'static str = "a text, `env(\"NAME\")`, a closure or a type that implements `Secret`";

    fn read(input: ParseStream) -> Result<Self, Unfit> {
        Secret::read(input).map(Self)
    }
}

/// Where identities are kept.
#[derive(Debug, Clone)]
pub(crate) struct IdentityTable(pub(crate) TypePath);

impl Value for IdentityTable {
    const KIND: &'static str = TypePath::KIND;

    fn read(input: ParseStream) -> Result<Self, Unfit> {
        if input.peek(LitBool) {
            let off: LitBool = input.parse()?;
            if off.value {
                return Err(Unfit::Kind);
            }
            let text = "identities cannot be left unstored\n\
                        = note: people are found by the provider and its name for them, and by nothing else (promise OA-06)\n\
                        = help: leave `identity_resource` out for a table that the block writes, or name a struct with \
                        `#[derive(UserIdentity)]`";
            return Err(Unfit::because(off, text));
        }
        TypePath::read(input).map(Self)
    }
}

/// One text, or a list of them.
#[derive(Debug, Clone)]
pub(crate) struct Texts(pub(crate) Vec<LitStr>);

impl Value for Texts {
    const KIND: &'static str = "a text such as `\"acme\"`, or a list of texts";

    fn read(input: ParseStream) -> Result<Self, Unfit> {
        if input.peek(LitStr) {
            return Ok(Self(vec![input.parse()?]));
        }
        read_list(input).map(|List(texts)| Self(texts))
    }
}

/// Where a claim is: its name, or members separated by dots.
#[derive(Debug, Clone)]
pub(crate) struct ClaimPath(pub(crate) LitStr);

impl Value for ClaimPath {
    const KIND: &'static str = "a claim such as `name` or `\"address.locality\"`";

    fn read(input: ParseStream) -> Result<Self, Unfit> {
        if input.peek(LitStr) {
            return Ok(Self(input.parse()?));
        }
        Ok(Self::named(&input.call(Ident::parse_any)?))
    }
}

impl ClaimPath {
    fn named(name: &Ident) -> Self {
        Self(LitStr::new(&name.unraw().to_string(), name.span()))
    }
}

/// What a column is filled with.
#[derive(Debug, Clone)]
pub(crate) enum Filling {
    Claim(ClaimPath),
    /// A function of everything that the provider says.
    Function(Expr),
}

impl Value for Filling {
    const KIND: &'static str = "a claim such as `name` or `\"address.locality\"`, or a function: a closure such as `|info| …` or `path::to::function`";

    fn read(input: ParseStream) -> Result<Self, Unfit> {
        if input.peek(LitStr) {
            return ClaimPath::read(input).map(Self::Claim);
        }
        match input.parse()? {
            // A name alone is a claim, not a function.
            Expr::Path(path) => Ok(match path.path.get_ident() {
                Some(name) => Self::Claim(ClaimPath::named(name)),
                None => Self::Function(Expr::Path(path)),
            }),
            closure @ Expr::Closure(_) => Ok(Self::Function(closure)),
            _ => Err(Unfit::Kind),
        }
    }
}
