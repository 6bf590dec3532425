//! What strategies that make accounts have in common: who else could make one, and what a new one lacks.

use proc_macro2::Ident;

use super::password::ast::Password;
use crate::{
    add_ons::confirmation::ast::Confirmation,
    errors::Errors,
    identity::{Identity, IdentityFormat},
    model::{Cx, or},
    part::Written,
    resources::user::model::Column,
};

/// CF-01: where people register with a password, something must know who has proven the address and who has not. `harm` is
/// what whoever registers somebody else's address would do otherwise.
pub(crate) fn check_hijacking(
    word: &Ident,
    harm: &str,
    identity: &Identity,
    cx: &Cx<'_>,
    errors: &mut Errors,
) {
    let field = &identity.column.field;
    let registers = |password: &&Password| {
        let identity = password.identity_field.as_ref();
        let is_identity = identity.map_or_else(|| field == "username", |setting| setting.value.0 == *field);
        let accepted = password.register_action_accept.iter();
        let mut accepted = accepted.flat_map(|setting| &setting.value.0);
        let takes = is_identity || accepted.any(|name| name.0 == *field);
        takes && or(password.registration_enabled.as_ref(), true)
    };
    let Some(password) = cx.written::<Password>().find(registers) else {
        return;
    };
    if identity.format == IdentityFormat::Name || is_confirmed(identity, cx) {
        return;
    }
    let other = password.name();
    errors.at(
        word,
        format!(
            "`{word}` needs a `confirmation` of `{field}`, because people register with `{other}`\n\
             = note: whoever registers an address that is not theirs would {harm} (promise CF-01)\n\
             = help: add `confirmation {{ monitor_fields: [{field}], sender: … }}` to `add_ons`"
        ),
    );
}

/// Whether something knows which addresses are proven. A confirmation whose column could not be read may be the one.
pub(crate) fn is_confirmed(identity: &Identity, cx: &Cx<'_>) -> bool {
    let field = &identity.column.field;
    let confirms = |it: &Confirmation| it.watches(field) || it.address_is_unread();
    cx.written::<Confirmation>().any(confirms)
}

/// The columns of a new row that nobody fills, but for those that are `taken` care of.
pub(crate) fn unfilled(cx: &Cx<'_>, taken: impl Fn(&Column) -> bool) -> Vec<String> {
    let is_tenant = |column: &Column| {
        cx.tenant
            .as_ref()
            .is_some_and(|tenant| tenant.index == column.index)
    };
    let columns = cx.user.columns.iter().filter(|column| {
        column.index != cx.user.key
            && !is_tenant(column)
            && !taken(column)
            && column.optional().is_none()
            && column.default.is_none()
    });
    columns.map(Column::name).collect()
}
