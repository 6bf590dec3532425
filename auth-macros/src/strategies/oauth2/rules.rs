//! The rules about who somebody is here, each reported at the word that breaks it.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::ext::IdentExt;

use super::{account::Place, ast, choices::OnUntrustedMatch, values::Filling};
use crate::{
    add_ons::confirmation::ast::Confirmation,
    errors::Errors,
    identity::{Identity, IdentityFormat},
    model::{Cx, or},
    resources::user::model::Column,
    setting::{ColumnName, List, Setting},
    strategies::registration,
    suggest,
    warning::Warning,
};

/// A column and what fills it.
#[derive(Debug)]
pub(crate) struct Attribute {
    pub(crate) column: Column,
    pub(crate) filling: Filling,
}

/// The columns that the provider fills (promise IN-04).
pub(super) fn attributes(
    written: &ast::Account,
    identity: Option<&Identity>,
    cx: &Cx<'_>,
    errors: &mut Errors,
) -> Vec<Attribute> {
    let mut attributes: Vec<Attribute> = Vec::new();
    let is = |column: &Column, other: Option<&Column>| other.is_some_and(|other| other.index == column.index);
    let confirmed: Vec<Ident> = cx.written().map(Confirmation::confirmed_at).collect();
    let list = written
        .user_info_to_attributes
        .iter()
        .flat_map(|block| &block.list);
    for Setting { key: name, value, .. } in list {
        let Some(column) = cx.user.require(name, errors) else {
            continue;
        };
        let why_not = if column.index == cx.user.key {
            "it is the key"
        } else if is(column, identity.map(|identity| &identity.column)) {
            "it is the identity, which is always filled"
        } else if is(column, cx.tenant.as_ref()) {
            "it says which tenant a person belongs to"
        } else if confirmed.contains(&column.field) {
            "it tells who is confirmed"
        } else if column.sensitive {
            "it is marked `#[auth(sensitive)]`"
        } else {
            attributes.push(Attribute {
                column: column.clone(),
                filling: value.clone(),
            });
            continue;
        };
        errors.at(
            name,
            format!(
                "a provider cannot fill `{name}`: {why_not}\n= help: remove it from `user_info_to_attributes`"
            ),
        );
    }
    attributes
}

/// Whether something finds people by this column, or watches it as their address.
fn stands_for_somebody(column: &Ident, cx: &Cx<'_>) -> bool {
    let identities = cx.written.iter().filter_map(|part| part.identity_field());
    let mut addresses = cx.written().filter_map(Confirmation::address);
    identities.into_iter().any(|identity| identity == *column) || addresses.any(|address| address == column)
}

/// The places among `attributes` of the columns that follow the provider.
pub(super) fn updates(
    written: Option<&Setting<List<ColumnName>>>,
    attributes: &[Attribute],
    cx: &Cx<'_>,
    errors: &mut Errors,
) -> Vec<usize> {
    let mut updates = Vec::new();
    for ColumnName(name) in written.iter().flat_map(|setting| &setting.value.0) {
        let Some(column) = cx.user.require(name, errors) else {
            continue;
        };
        let place = attributes
            .iter()
            .position(|attribute| attribute.column.index == column.index);
        match place {
            Some(_) if stands_for_somebody(&column.field, cx) => errors.at(
                name,
                format!(
                    "`{name}` cannot follow the provider: people are found or confirmed by it\n\
                     = note: whoever writes addresses at the provider could take somebody else's (promise CF-01)\n\
                     = help: remove it from `update_on_sign_in`"
                ),
            ),
            Some(place) if updates.contains(&place) => errors.at(name, format!("`{name}` is listed twice")),
            Some(place) => updates.push(place),
            None => errors.at(
                name,
                format!(
                    "`{name}` cannot follow the provider: nothing says what fills it\n\
                     = help: add it to `user_info_to_attributes`"
                ),
            ),
        }
    }
    updates
}

/// Every column of a new row gets its value from somewhere.
pub(super) fn check_fillable(
    place: &Place<'_>,
    written: &ast::Account,
    identity: &Identity,
    attributes: &[Attribute],
    cx: &Cx<'_>,
    errors: &mut Errors,
) {
    let block = written.user_info_to_attributes.as_ref();
    // What was refused or could not be read may be the one that is missing.
    let is_whole = match block {
        Some(block) => block.is_whole && block.list.len() == attributes.len(),
        None => written.seen.lacks("user_info_to_attributes"),
    };
    if !is_whole {
        return;
    }
    let empty = registration::unfilled(cx, |column| {
        column.index == identity.column.index
            || attributes
                .iter()
                .any(|attribute| attribute.column.index == column.index)
    });
    if empty.is_empty() {
        return;
    }
    let names: Vec<&str> = empty.iter().map(String::as_str).collect();
    let word = place.word;
    errors.at(
        block.map_or_else(|| word.to_token_stream(), |block| block.word.to_token_stream()),
        format!(
            "a registration by `{word}` has no value for {}\n\
             = help: fill it in `user_info_to_attributes {{ … }}`, make it an `Option`, \
             give it a value with `#[auth(default = …)]`, or set `registration_enabled: false`",
            suggest::all_of(&names)
        ),
    );
}

/// The claims that people have (OpenID Connect Core §5.1).
const STANDARD_CLAIMS: &[&str] = &[
    "address",
    "birthdate",
    "email",
    "email_verified",
    "family_name",
    "gender",
    "given_name",
    "locale",
    "middle_name",
    "name",
    "nickname",
    "phone_number",
    "phone_number_verified",
    "picture",
    "preferred_username",
    "profile",
    "sub",
    "updated_at",
    "website",
    "zoneinfo",
];

/// A claim that is mapped is a standard one, or one that a column is filled with.
pub(crate) fn check_claims(flow: &ast::Flow, account: &ast::Account, errors: &mut Errors) {
    let attributes = account.user_info_to_attributes.as_ref();
    let fillings = || attributes.into_iter().flat_map(|block| &block.list);
    let is_known = match attributes {
        Some(block) => block.is_whole,
        None => account.seen.lacks("user_info_to_attributes"),
    };
    // A function may read anything.
    let reads_all = fillings().any(|setting| matches!(setting.value, Filling::Function(_)));
    if reads_all || !is_known {
        return;
    }
    for Setting { key, .. } in flow.claims.iter().flat_map(|block| &block.list) {
        let name = key.unraw().to_string();
        let is_read = fillings().any(|setting| match &setting.value {
            Filling::Claim(path) => path.0.value().split('.').next() == Some(&*name),
            Filling::Function(_) => false,
        });
        if !is_read && !STANDARD_CLAIMS.contains(&&*name) {
            let help = suggest::help(&name, "a standard claim", STANDARD_CLAIMS);
            errors.at(
                key,
                format!(
                    "`{name}` is no standard claim, and no column is filled with it{help}\n\
                     = help: remove it, or fill a column with it in `user_info_to_attributes`"
                ),
            );
        }
    }
}

/// Columns are filled where somebody is registered, or where they follow the provider.
pub(super) fn check_used(written: &ast::Account, updates: &[usize], errors: &mut Errors) {
    let is_off = written
        .registration_enabled
        .as_ref()
        .is_some_and(|setting| !setting.value);
    // A column that was refused may have been the right one.
    let names_none = match &written.update_on_sign_in {
        Some(list) => list.value.0.is_empty(),
        None => written.seen.lacks("update_on_sign_in"),
    };
    if let Some(block) = written
        .user_info_to_attributes
        .as_ref()
        .filter(|_| is_off && updates.is_empty() && names_none)
    {
        errors.at(
            &block.word,
            "`user_info_to_attributes` fills nothing: `registration_enabled` is off and no column follows the provider\n\
             = help: remove it, or name columns in `update_on_sign_in`",
        );
    }
}

/// C28, R11 and OA-06: whose word about an address counts.
pub(super) fn check_trust(
    place: &Place<'_>,
    written: &ast::Account,
    identity: &Identity,
    cx: &Cx<'_>,
    errors: &mut Errors,
) {
    let Some(setting) = written
        .trust_email_verified
        .as_ref()
        .filter(|setting| setting.value)
    else {
        return;
    };
    let field = &identity.column.field;
    let Place { word, preset, .. } = place;
    if identity.format == IdentityFormat::Name {
        errors.at(
            &setting.written,
            format!(
                "`trust_email_verified` is about addresses, and `{field}` is a name\n\
                 = note: an address proves nothing about who has a name (promise OA-06)\n\
                 = help: remove it"
            ),
        );
        return;
    }
    if !registration::is_confirmed(identity, cx) {
        errors.at(
            &setting.written,
            format!(
                "`trust_email_verified` needs a `confirmation` of `{field}`\n\
                 = note: nothing knows which addresses are proven, so nobody could be recognised by theirs (promise OA-06)\n\
                 = help: add `confirmation {{ monitor_fields: [{field}], sender: … }}` to `add_ons`"
            ),
        );
    }
    let rests_on = preset.trust_rests_on.unwrap_or_default();
    let says_which = !rests_on.is_empty() && rests_on.iter().all(|option| !written.seen.lacks(option));
    let is_allowed = written.allows.iter().any(|allow| allow.promise == "OA-06");
    if preset.trust_rests_on.is_some() && !says_which && !is_allowed {
        let pinned: String = rests_on
            .iter()
            .map(|option| format!("set `{option}`, or "))
            .collect();
        errors.at(
            &setting.written,
            format!(
                "addresses of `{word}` are what an administrator there writes\n\
                 = note: whoever administers an organisation at {} could enter any account by its address (promise OA-06)\n\
                 = help: {pinned}say why that is right here: `allow(OA-06, reason = \"…\")`",
                preset.label
            ),
        );
    }
}

/// C23: whoever is asked has an address that is watched.
pub(super) fn check_asking(written: &ast::Account, identity: &Identity, cx: &Cx<'_>, errors: &mut Errors) {
    let asks = written
        .on_untrusted_email_match
        .as_ref()
        .filter(|setting| setting.value == OnUntrustedMatch::Confirm);
    let Some(setting) = asks else {
        return;
    };
    let field = &identity.column.field;
    if identity.format == IdentityFormat::Name {
        errors.at(
            &setting.written,
            format!("nobody can be asked by way of `{field}`: it is a name, not an address\n= help: use `reject`, the default"),
        );
    } else if !registration::is_confirmed(identity, cx) {
        errors.at(
            &setting.written,
            format!(
                "`on_untrusted_email_match: confirm` needs a `confirmation` of `{field}`\n\
                 = note: whoever follows the link has proven the address, which something must keep\n\
                 = help: add `confirmation {{ monitor_fields: [{field}], sender: … }}` to `add_ons`, or use `reject`"
            ),
        );
    }
}

/// C24.
pub(super) fn check_hijacking(
    place: &Place<'_>,
    written: &ast::Account,
    identity: &Identity,
    cx: &Cx<'_>,
    warnings: &mut Vec<Warning>,
    errors: &mut Errors,
) {
    let off = written
        .prevent_hijacking
        .as_ref()
        .filter(|setting| !setting.value);
    if let Some(setting) = off {
        let what = "whoever registers an address with a password first keeps its owner out";
        warnings.extend(Warning::unless_allowed(
            &written.allows,
            "CF-01",
            &setting.written,
            what,
        ));
    } else if or(written.registration_enabled.as_ref(), true) {
        registration::check_hijacking(place.word, "keep its owner out", identity, cx, errors);
    }
}

/// OA-11: what is kept is sealed.
pub(super) fn check_store_tokens(written: &ast::Account, cx: &Cx<'_>, errors: &mut Errors) {
    if let Some(setting) = written.store_tokens.as_ref().filter(|setting| setting.value)
        && !cx.encryption
    {
        errors.at(
            &setting.key,
            "`store_tokens: true` needs an `encryption_key`\n\
             = note: whoever reads the database, or a copy of it, could act for people at the provider (promise OA-11)\n\
             = help: add `encryption_key: env(\"ENCRYPTION_KEY\")` to `authentication!`",
        );
    }
}

/// A provider ends sessions by their rows.
pub(super) fn check_backchannel(written: &ast::Account, cx: &Cx<'_>, errors: &mut Errors) {
    if let Some(setting) = written
        .backchannel_logout
        .as_ref()
        .filter(|setting| setting.value)
        && cx.tokens
        && !cx.store_all
    {
        errors.at(
            &setting.key,
            "`backchannel_logout` and `store_all_tokens: false` cannot be used together\n\
             = note: a session that left no row cannot be found when the provider ends it\n\
             = help: leave `store_all_tokens` out, or remove `backchannel_logout`",
        );
    }
}
