//! The tables of the declared people, without their tokens.
#![allow(missing_docs, reason = "columns speak for themselves")]

diesel::table! {
    /// People with default settings.
    users (id) {
        id -> auth_runtime::db::SqlId,
        email -> Text,
        hashed_password -> Nullable<Text>,
        display_name -> Nullable<Text>,
        nickname -> Nullable<Text>,
    }
}

diesel::table! {
    /// People who must be confirmed.
    admins (id) {
        id -> auth_runtime::db::SqlId,
        email -> Text,
        hashed_password -> Nullable<Text>,
        confirmed_at -> Nullable<auth_runtime::db::SqlTimestamp>,
    }
}

diesel::table! {
    /// People under other column names, with two passwords.
    members (member_no) {
        member_no -> BigInt,
        mail_address -> Text,
        hash -> Nullable<Text>,
        nick -> Text,
        phrase_hash -> Nullable<Text>,
        joined_at -> auth_runtime::db::SqlTimestamp,
        points -> BigInt,
    }
}

diesel::table! {
    /// Accounts of machines, with a text as key.
    devices (id) {
        id -> Text,
        username -> Text,
        hashed_password -> Text,
    }
}

diesel::table! {
    /// What `#[auth(table_name = "tokens")]` makes, for looking inside.
    tokens (jti) {
        jti -> Text,
        subject -> Text,
        purpose -> Text,
        expires_at -> auth_runtime::db::SqlTimestamp,
        extra_data -> Nullable<Text>,
    }
}

diesel::table! {
    /// The library's counters.
    auth_limits (id) {
        id -> Text,
        attempts -> BigInt,
        pending -> BigInt,
    }
}

/// A stored token.
#[derive(Debug, Clone, PartialEq, diesel::Queryable, diesel::Selectable)]
#[diesel(table_name = tokens)]
pub struct TokenRow {
    /// The identifier.
    pub jti: String,
    /// Whose it is.
    pub subject: String,
    /// What it is for.
    pub purpose: String,
    /// When it ends.
    pub expires_at: auth_runtime::db::UtcTimestamp,
    /// Claims of the application.
    pub extra_data: Option<String>,
}
