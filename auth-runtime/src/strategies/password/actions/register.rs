use std::sync::Arc;

use super::{Cx, KeyOf, check_new_password, hashing_act, ready, refused, sign_in_if_admitted};
use crate::{
    db::{AsStorage, Key, Problem, classify},
    error::{Cause, Error, FieldError, FieldErrors},
    session::{SignedIn, subject, void},
    strategies::password::{Password, Register},
    strategy::{Outcome, perform},
    user::{Authenticated, Conn, Resource},
};

/// Makes a new person and signs them in.
///
/// With `require_confirmed_with` and the column still null, the person exists afterwards but is not signed in.
///
/// # Errors
/// [`Error::Invalid`] with the refused fields, a taken identity among them; [`Error::AuthenticationFailed`] when
/// registration is off or the person must be confirmed first; [`Error::Overloaded`]; [`Error::Storage`].
pub async fn register<S: Password>(cx: &Cx<S>, input: Register<S::Extras>) -> Outcome<SignedIn<S::User>> {
    let act = hashing_act::<S>("register", &input.identity);
    perform(cx, act, |cx| async move { try_register::<S>(&cx, input).await }).await
}

async fn try_register<S: Password>(
    cx: &Cx<S>,
    input: Register<S::Extras>,
) -> Result<SignedIn<S::User>, Error> {
    let job = Arc::new(checked::<S>(cx, input).await?);
    let signed_in = cx
        .auth
        .write({
            let cx = cx.clone();
            move |connection| {
                let (cx, new) = (cx.clone(), Arc::clone(&job));
                Box::pin(async move {
                    let user = insert::<S>(&cx, connection, &new).await?;
                    sign_in_if_admitted::<S>(&cx, connection, Arc::new(user), "register").await
                })
            }
        })
        .await?;
    signed_in.ok_or_else(|| refused::<S>("register", Cause::Unconfirmed))
}

/// Somebody new whose arguments are right.
pub(super) struct New<S: Password> {
    pub(super) key: Option<KeyOf<S>>,
    pub(super) identity: String,
    pub(super) hash: String,
    pub(super) extras: S::Extras,
}

/// Checks the arguments of a registration and makes the hash. Nothing of it depends on who exists.
pub(super) async fn checked<S: Password>(cx: &Cx<S>, input: Register<S::Extras>) -> Result<New<S>, Error> {
    let config = &S::CONFIG;
    if !config.registration_enabled {
        return Err(refused::<S>("register", Cause::RegistrationDisabled));
    }
    cx.note_params(|| S::params(&input.extras));
    let mut errors = FieldErrors::default();
    let identity = S::IDENTITY
        .format
        .canonical(&input.identity)
        .unwrap_or_else(|error| {
            errors.add(S::IDENTITY.field, error);
            String::new()
        });
    check_new_password::<S>(
        cx,
        &input.password,
        input.confirmation.as_ref(),
        &identity,
        &mut errors,
    )
    .await?;
    errors.or(())?;

    let hash = cx
        .auth
        .hash_pool()
        .hash(&ready::<S>(cx)?.hashing, input.password)
        .await?;
    Ok(New {
        key: KeyOf::<S>::generate(cx.auth.now()),
        identity,
        hash,
        extras: input.extras,
    })
}

/// Writes somebody new and tells every strategy and add-on.
pub(super) async fn insert<S: Password>(
    cx: &Cx<S>,
    connection: &mut Conn<S::User>,
    new: &New<S>,
) -> Result<S::User, Error> {
    let New {
        key,
        identity,
        hash,
        extras,
    } = new;
    let tenant = cx.auth.tenant()?;
    S::insert(connection, key.clone(), tenant, identity, hash, extras.clone())
        .await
        .map_err(|error| taken::<S>(error.into()))?;
    let Some((user, _)) = S::find(connection, tenant, identity).await? else {
        return Err(Error::internal("a person just inserted was not found"));
    };
    if key.is_none() {
        // A database that numbers its rows may give the number of a deleted person to this one, whose tokens must not
        // come along (promise SE-06).
        void(cx, connection, &subject(&user), None).await?;
    }
    cx.registered(connection, &user).await?;
    // A hook may have written to the row.
    let user = <S::User as Authenticated>::find(connection, user.key()).await?;
    user.ok_or_else(|| Error::internal("a person just inserted was not found"))
}

/// A violated uniqueness constraint becomes an error of the field it stands for.
pub(super) fn taken<S: Password>(error: Error) -> Error {
    let Some(problem @ Problem::UniqueViolation { .. }) = error.as_storage().map(classify) else {
        return error;
    };
    let table = <S::User as Resource>::table();
    let other = table
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .find(|column| *column != S::IDENTITY.column && problem.is_duplicate(&table.name, column));
    FieldErrors::one(other.unwrap_or(S::IDENTITY.field), FieldError::Taken).into()
}
