//! One `key: value` as it was written, and the kinds of value there are.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Expr, ExprClosure, Ident, LitBool, LitInt, LitStr, Token, TypePath, ext::IdentExt, parse::ParseStream,
};

use crate::{block, errors::Errors, suggest};

/// A setting with both of its places.
#[derive(Debug, Clone)]
pub(crate) struct Setting<T> {
    /// The word before the colon.
    pub(crate) key: Ident,
    /// What the value means.
    pub(crate) value: T,
    /// The value as written, to underline it.
    pub(crate) written: TokenStream,
}

/// Why a value was not taken.
#[derive(Debug)]
pub(crate) enum Unfit {
    /// It is not of the expected kind.
    Kind,
    /// It is of the right kind, and something about it is wrong.
    Because(syn::Error),
}

impl From<syn::Error> for Unfit {
    // The parser's own words ("expected identifier") say less than the kind of the setting does.
    fn from(_: syn::Error) -> Self {
        Self::Kind
    }
}

impl Unfit {
    pub(crate) fn because(tokens: impl ToTokens, text: impl std::fmt::Display) -> Self {
        Self::Because(syn::Error::new_spanned(tokens, text))
    }
}

/// A kind of value.
pub(crate) trait Value: Sized {
    /// Completes "expected …" and the settings reference.
    const KIND: &'static str;

    fn read(input: ParseStream) -> Result<Self, Unfit>;
}

impl Value for bool {
    const KIND: &'static str = "`true` or `false`";

    fn read(input: ParseStream) -> Result<Self, Unfit> {
        Ok(input.parse::<LitBool>()?.value)
    }
}

impl Value for u32 {
    const KIND: &'static str = "a whole number";

    fn read(input: ParseStream) -> Result<Self, Unfit> {
        let number: LitInt = input.parse()?;
        if number.suffix().is_empty() {
            Ok(number.base10_parse()?)
        } else {
            Err(Unfit::Kind)
        }
    }
}

impl Value for LitStr {
    const KIND: &'static str = "a text such as `\"example\"`";

    fn read(input: ParseStream) -> Result<Self, Unfit> {
        Ok(input.parse()?)
    }
}

/// A span of time: a number and its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Duration {
    pub(crate) seconds: u64,
}

impl Value for Duration {
    const KIND: &'static str = "a duration such as `10 minutes`";

    fn read(input: ParseStream) -> Result<Self, Unfit> {
        const UNITS: &[&str] = &["seconds", "minutes", "hours", "days"];
        let number: LitInt = input.parse()?;
        if !number.suffix().is_empty() || !input.peek(Ident) || input.peek2(Token![:]) {
            return Err(Unfit::Kind);
        }
        let unit: Ident = input.parse()?;
        let written = unit.to_string();
        let factor: u64 = match written.as_str() {
            "second" | "seconds" => 1,
            "minute" | "minutes" => 60,
            "hour" | "hours" => 60 * 60,
            "day" | "days" => 24 * 60 * 60,
            _ => {
                let help = suggest::help(&written, "a unit", UNITS);
                return Err(Unfit::because(
                    unit,
                    format!("unknown unit of time `{written}`{help}"),
                ));
            }
        };
        if number.base10_digits().starts_with('-') {
            return Err(Unfit::because(number, "a duration cannot be negative"));
        }
        let seconds = number
            .base10_parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(factor))
            // Beyond this no timestamp of the three databases can hold the result.
            .filter(|seconds| *seconds <= 100 * 365 * 24 * 60 * 60)
            .ok_or_else(|| Unfit::because(number, "this duration is longer than a hundred years"))?;
        Ok(Self { seconds })
    }
}

/// The name of a column of the struct.
#[derive(Debug, Clone)]
pub(crate) struct ColumnName(pub(crate) Ident);

impl Value for ColumnName {
    const KIND: &'static str = "a column of the struct";

    fn read(input: ParseStream) -> Result<Self, Unfit> {
        Ok(Self(input.parse()?))
    }
}

/// A name the macro will give to something it generates.
#[derive(Debug, Clone)]
pub(crate) struct Name(pub(crate) Ident);

impl Value for Name {
    const KIND: &'static str = "a name such as `sign_in`";

    fn read(input: ParseStream) -> Result<Self, Unfit> {
        let name: Ident = input.parse()?;
        if is_name(&name.to_string()) {
            Ok(Self(name))
        } else {
            Err(Unfit::because(
                &name,
                format!(
                    "expected a name of lower case letters, digits and `_`, found `{name}`\n\
                     = note: it becomes the name of a function, a field or a part of a route"
                ),
            ))
        }
    }
}

/// Words of [that alphabet](is_snake_case), the first of which begins with a letter, with one `_` between two of them: what
/// has one form as the name of a function and one as that of a type.
pub(crate) fn is_name(text: &str) -> bool {
    is_snake_case(text)
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && !text.ends_with('_')
        && !text.contains("__")
}

/// The alphabet of names that become paths, keys and identifiers.
pub(crate) fn is_snake_case(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && text.contains(|c| c != '_')
}

impl Value for TypePath {
    const KIND: &'static str = "a type such as `path::to::Type`";

    fn read(input: ParseStream) -> Result<Self, Unfit> {
        Ok(input.parse()?)
    }
}

impl Value for Expr {
    const KIND: &'static str = "an expression";

    fn read(input: ParseStream) -> Result<Self, Unfit> {
        Ok(input.parse()?)
    }
}

/// A sender: what delivers messages.
#[derive(Debug, Clone)]
pub(crate) struct Sender(pub(crate) Expr);

impl Value for Sender {
    const KIND: &'static str = "a sender such as `Mailer` or `Mailer::new()`";

    fn read(input: ParseStream) -> Result<Self, Unfit> {
        match input.parse()? {
            Expr::Lit(_) => Err(Unfit::Kind),
            sender => Ok(Self(sender)),
        }
    }
}

/// A function: by its path or as a closure.
#[derive(Debug, Clone)]
pub(crate) struct Function(pub(crate) Expr);

impl Value for Function {
    const KIND: &'static str = "a function: its path or a closure such as `|user| …`";

    fn read(input: ParseStream) -> Result<Self, Unfit> {
        match input.parse()? {
            function @ (Expr::Path(_) | Expr::Closure(_)) => Ok(Self(function)),
            _ => Err(Unfit::Kind),
        }
    }
}

/// Where a confidential value comes from.
#[derive(Debug, Clone)]
pub(crate) enum Secret {
    /// `env("NAME")`
    Env(LitStr),
    /// Written into the source.
    Literal(LitStr),
    /// `|context| …`
    Closure(ExprClosure),
    /// A value whose type implements `Secret`.
    Provider(Expr),
}

impl Value for Secret {
    const KIND: &'static str =
        "a secret such as `env(\"NAME\")`, a closure or a type that implements `Secret`";

    fn read(input: ParseStream) -> Result<Self, Unfit> {
        if input.peek(LitStr) {
            let text: LitStr = input.parse()?;
            return match text.value().trim() {
                "" => Err(Unfit::because(text, "expected a value, found an empty text")),
                _ => Ok(Self::Literal(text)),
            };
        }
        match in_parentheses(input.parse()?) {
            Expr::Closure(closure) => Ok(Self::Closure(closure)),
            Expr::Lit(_) | Expr::Array(_) => Err(Unfit::Kind),
            Expr::Call(call) if matches!(&*call.func, Expr::Path(path) if path.path.is_ident("env")) => {
                let mut arguments = call.args.iter();
                match (arguments.next(), arguments.next()) {
                    (Some(Expr::Lit(literal)), None) => match &literal.lit {
                        syn::Lit::Str(name) if !name.value().is_empty() => Ok(Self::Env(name.clone())),
                        _ => Err(Unfit::Kind),
                    },
                    _ => Err(Unfit::Kind),
                }
            }
            provider if calls_env(provider.to_token_stream()) => Err(Unfit::because(
                provider,
                "`env(\"NAME\")` stands alone\n= help: write a closure where it takes more than one variable",
            )),
            provider => Ok(Self::Provider(provider)),
        }
    }
}

fn in_parentheses(expression: Expr) -> Expr {
    match expression {
        Expr::Paren(inside) => in_parentheses(*inside.expr),
        Expr::Group(inside) => in_parentheses(*inside.expr),
        other => other,
    }
}

/// Whether `env(…)` stands somewhere in there: outside of a setting there is no such function.
fn calls_env(tokens: TokenStream) -> bool {
    let mut after_env = false;
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => {
            let is_call = after_env && group.delimiter() == Delimiter::Parenthesis;
            after_env = false;
            is_call || calls_env(group.stream())
        }
        TokenTree::Ident(ident) => {
            after_env = ident == "env";
            false
        }
        _ => {
            after_env = false;
            false
        }
    })
}

/// A value whose type can be told from how it is written.
#[derive(Debug, Clone)]
pub(crate) struct Built {
    pub(crate) value: Expr,
    pub(crate) ty: TypePath,
}

impl Value for Built {
    const KIND: &'static str = "a value such as `Strategy { setting: 1 }`";

    fn read(input: ParseStream) -> Result<Self, Unfit> {
        let value: Expr = input.parse()?;
        let (qself, path) = match &value {
            Expr::Struct(literal) => (literal.qself.clone(), literal.path.clone()),
            Expr::Path(unit) => (unit.qself.clone(), unit.path.clone()),
            _ => return Err(Unfit::Kind),
        };
        Ok(Self {
            value,
            ty: TypePath {
                attrs: Vec::new(),
                qself,
                path,
            },
        })
    }
}

/// `[a, b, c]`
#[derive(Debug, Clone)]
pub(crate) struct List<T>(pub(crate) Vec<T>);

impl Value for List<ColumnName> {
    const KIND: &'static str = "a list of columns such as `[email, name]`";

    fn read(input: ParseStream) -> Result<Self, Unfit> {
        read_list(input)
    }
}

impl Value for List<Name> {
    const KIND: &'static str = "a list of names such as `[read, write]`";

    fn read(input: ParseStream) -> Result<Self, Unfit> {
        read_list(input)
    }
}

impl Value for List<TypePath> {
    const KIND: &'static str = "a list of types such as `[SignIn]`";

    fn read(input: ParseStream) -> Result<Self, Unfit> {
        read_list(input)
    }
}

impl Value for List<LitStr> {
    const KIND: &'static str = "a list of texts such as `[\"acme\", \"rocket\"]`";

    fn read(input: ParseStream) -> Result<Self, Unfit> {
        read_list(input)
    }
}

impl Value for List<Secret> {
    const KIND: &'static str = "a list of secrets such as `[env(\"OLD_SECRET\")]`";

    fn read(input: ParseStream) -> Result<Self, Unfit> {
        read_list(input)
    }
}

/// Reads `[a, b, c]`.
pub(crate) fn read_list<T: Value>(input: ParseStream) -> Result<List<T>, Unfit> {
    let content = block::brackets(input)?;
    let mut items = Vec::new();
    let mut read_all = || {
        while !content.is_empty() {
            items.push(T::read(&content)?);
            if !content.is_empty() {
                content.parse::<Token![,]>()?;
            }
        }
        Ok(())
    };
    let result = read_all();
    // What is left unread in the brackets would be reported once more by the parser.
    block::skip_all(&content);
    result.map(|()| List(items))
}

/// One word out of a closed set.
pub(crate) trait Choice: Sized + Copy + 'static {
    /// Completes "expected …": all words, for people.
    const KIND: &'static str;
    /// Completes "unknown …".
    const NOUN: &'static str;
    const CHOICES: &'static [(&'static str, Self)];
}

impl<C: Choice> Value for C {
    const KIND: &'static str = C::KIND;

    fn read(input: ParseStream) -> Result<Self, Unfit> {
        let word = input.call(Ident::parse_any)?;
        let written = word.to_string();
        match C::CHOICES.iter().find(|(name, _)| *name == written) {
            Some((_, choice)) => Ok(*choice),
            None => {
                let names: Vec<&str> = C::CHOICES.iter().map(|(name, _)| *name).collect();
                let noun = C::NOUN;
                let near = suggest::help(&written, "a value", &names);
                Err(Unfit::because(word, format!("unknown {noun} `{written}`{near}")))
            }
        }
    }
}

/// Reports `setting` when its duration is not within `1 second ..= ceiling`.
pub(crate) fn check_duration(
    setting: Option<&Setting<Duration>>,
    default: Duration,
    ceiling: Option<(Duration, &str)>,
    errors: &mut Errors,
) -> Duration {
    let Some(Setting { key, value, written }) = setting else {
        return default;
    };
    if value.seconds == 0 {
        errors.at(written, format!("`{key}` must be longer than nothing"));
        return default;
    }
    if let Some((ceiling, reason)) = ceiling
        && value.seconds > ceiling.seconds
    {
        errors.at(
            written,
            format!("`{key}` is longer than allowed\n= note: {reason}"),
        );
        return default;
    }
    *value
}
