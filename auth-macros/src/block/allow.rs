//! `allow(PROMISE-ID, reason = "…")`: a promise given up, and why.

use proc_macro2::TokenStream;
use syn::{Ident, LitInt, LitStr, Token, parse::ParseStream};

use super::{
    Table,
    skip::{parentheses, skip_all},
};
use crate::{errors::Errors, suggest};

/// `allow(PROMISE-ID, reason = "…")`
#[derive(Debug, Clone)]
pub(crate) struct Allow {
    pub(crate) promise: String,
    pub(crate) reason: LitStr,
}

pub(super) fn read_allow(
    word: &Ident,
    input: ParseStream,
    table: &Table,
    block: &str,
    errors: &mut Errors,
) -> Option<Allow> {
    const FORM: &str = "\n= help: write `allow(PROMISE-ID, reason = \"…\")`";
    let (promise, place, reason) = match parse_allow(input) {
        Ok(parts) => parts,
        Err(_) => {
            errors.at(
                word,
                format!("expected a promise and the reason to give it up{FORM}"),
            );
            return None;
        }
    };
    let promises = table.given_up();
    if !promises.contains(&promise.as_str()) {
        let help = match promises[..] {
            [] => "\n= note: no setting of this block gives up a promise".to_owned(),
            _ => format!(
                "\n= help: its settings can give up {}",
                suggest::one_of(&promises)
            ),
        };
        errors.at(place, format!("`{promise}` cannot be given up in {block}{help}"));
        return None;
    }
    let Some(reason) = reason else {
        errors.at(place, format!("giving up `{promise}` needs a reason{FORM}"));
        return None;
    };
    if reason.value().trim().is_empty() {
        errors.at(
            &reason,
            format!("giving up `{promise}` needs a reason\n= help: say why it is right here"),
        );
        return None;
    }
    Some(Allow { promise, reason })
}

type AllowParts = (String, TokenStream, Option<LitStr>);

fn parse_allow(input: ParseStream) -> syn::Result<AllowParts> {
    let content = parentheses(input)?;
    let parse = |content: ParseStream| -> syn::Result<AllowParts> {
        let chapter: Ident = content.parse()?;
        let dash: Token![-] = content.parse()?;
        let number: LitInt = content.parse()?;
        let mut reason = None;
        if content.parse::<Option<Token![,]>>()?.is_some() && !content.is_empty() {
            let word: Ident = content.parse()?;
            content.parse::<Token![=]>()?;
            let text = content.parse()?;
            if word != "reason" {
                return Err(content.error("expected `reason`"));
            }
            reason = Some(text);
            content.parse::<Option<Token![,]>>()?;
        }
        if !content.is_empty() {
            return Err(content.error("expected the end"));
        }
        Ok((
            format!("{chapter}-{number}"),
            quote::quote!(#chapter #dash #number),
            reason,
        ))
    };
    let result = parse(&content);
    skip_all(&content);
    result
}
