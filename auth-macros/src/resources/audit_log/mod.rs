//! `#[derive(AuditLogResource)]`: a table of audit events. All of its code is a macro of the runtime; here are its
//! names, and how long events are kept.

use darling::FromDeriveInput;
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{
    DeriveInput, LitStr,
    parse::{ParseStream, Parser},
};

use super::names;
use crate::{
    errors::Errors,
    paths,
    setting::{Duration, Unfit, Value},
};

/// `#[derive(AuditLogResource)] struct …;` as written.
#[derive(Debug, FromDeriveInput)]
#[darling(attributes(auth), supports(struct_unit))]
struct Written {
    ident: Ident,
    #[darling(default)]
    table_name: Option<LitStr>,
    #[darling(default)]
    log_lifetime: Option<LitStr>,
    #[darling(default)]
    expunge_interval: Option<LitStr>,
    #[darling(default)]
    id: Option<LitStr>,
    #[darling(default)]
    logged_at: Option<LitStr>,
    #[darling(default)]
    resource: Option<LitStr>,
    #[darling(default)]
    audit_log: Option<LitStr>,
    #[darling(default)]
    strategy: Option<LitStr>,
    #[darling(default)]
    action_name: Option<LitStr>,
    #[darling(default)]
    status: Option<LitStr>,
    #[darling(default)]
    cause: Option<LitStr>,
    #[darling(default)]
    subject: Option<LitStr>,
    #[darling(default)]
    identity: Option<LitStr>,
    #[darling(default)]
    client_ip: Option<LitStr>,
    #[darling(default)]
    tenant: Option<LitStr>,
    #[darling(default)]
    request_id: Option<LitStr>,
    #[darling(default)]
    extra_data: Option<LitStr>,
}

const DEFAULT_LIFETIME: u64 = 90 * 24 * 60 * 60;
const DEFAULT_INTERVAL: u64 = 12 * 60 * 60;

/// Writes the table, or nothing and the mistakes.
pub(crate) fn derive(input: &DeriveInput, errors: &mut Errors) -> TokenStream {
    match Written::from_derive_input(input) {
        Ok(written) => expand(&written, errors),
        Err(error) => {
            errors.darling(error);
            TokenStream::new()
        }
    }
}

fn expand(written: &Written, errors: &mut Errors) -> TokenStream {
    let Written {
        ident,
        table_name,
        log_lifetime,
        expunge_interval,
        id,
        logged_at,
        resource,
        audit_log,
        strategy,
        action_name,
        status,
        cause,
        subject,
        identity,
        client_ip,
        tenant,
        request_id,
        extra_data,
    } = written;
    let table = names::table(ident, table_name.as_ref(), |name| name, errors);
    let columns = [
        ("id", id),
        ("logged_at", logged_at),
        ("resource", resource),
        ("audit_log", audit_log),
        ("strategy", strategy),
        ("action_name", action_name),
        ("status", status),
        ("cause", cause),
        ("subject", subject),
        ("identity", identity),
        ("client_ip", client_ip),
        ("tenant", tenant),
        ("request_id", request_id),
        ("extra_data", extra_data),
    ];
    let columns = names::columns(ident, &columns, errors);
    let (lifetime, interval) = (
        lifetime(log_lifetime.as_ref(), errors),
        interval(expunge_interval.as_ref(), errors),
    );
    let audit_log_resource = paths::AUDIT_LOG_RESOURCE;
    quote! {
        #audit_log_resource! { #ident; table #table; lifetime #lifetime; interval #interval; #columns }
    }
}

/// How long events are kept, as an `Option<Duration>` of the runtime.
fn lifetime(written: Option<&LitStr>, errors: &mut Errors) -> TokenStream {
    let private = paths::PRIVATE;
    let seconds = match written {
        Some(text) if text.value() == "infinity" => return quote!(#private::None),
        Some(text) => duration(text, "a duration such as \"90 days\", or \"infinity\"", errors),
        None => None,
    }
    .unwrap_or(DEFAULT_LIFETIME);
    quote!(#private::Some(::core::time::Duration::from_secs(#seconds)))
}

fn interval(written: Option<&LitStr>, errors: &mut Errors) -> TokenStream {
    let seconds = written
        .and_then(|text| duration(text, "a duration such as \"12 hours\"", errors))
        .unwrap_or(DEFAULT_INTERVAL);
    let seconds = proc_macro2::Literal::u64_unsuffixed(seconds);
    quote!(#seconds)
}

/// The seconds of a duration in quotes: attributes take no other form.
fn duration(text: &LitStr, expected: &str, errors: &mut Errors) -> Option<u64> {
    let read = |input: ParseStream| {
        let duration = Duration::read(input);
        // What is left would only repeat that something is wrong.
        let rest: TokenStream = input.parse()?;
        Ok(duration.map(|duration| (duration, rest.is_empty())))
    };
    match read.parse_str(&text.value()) {
        Ok(Ok((duration, true))) if duration.seconds > 0 => Some(duration.seconds),
        Ok(Ok((_, true))) => {
            errors.at(text, "expected a duration that is longer than nothing");
            None
        }
        Ok(Err(Unfit::Because(error))) => {
            errors.at(text, error);
            None
        }
        Ok(_) | Err(_) => {
            errors.at(text, format!("expected {expected}, found \"{}\"", text.value()));
            None
        }
    }
}
