use auth_runtime::{
    UserIdentity,
    db::SqliteConnection,
    resources::user_identity::UserIdentityStore,
};

#[derive(UserIdentity)]
#[auth(
    table_name = "the_table",
    id = "the_id",
    realm = "the_realm",
    strategy = "the_strategy",
    issuer = "the_issuer",
    uid = "the_uid",
    subject = "the_subject",
    email = "the_email",
    email_verified = "the_email_verified",
    access_token = "the_access_token",
    refresh_token = "the_refresh_token",
    access_token_expires_at = "the_access_token_expires_at",
    scope = "the_scope",
    refreshing_until = "the_refreshing_until",
    created_at = "the_created_at",
    last_used_at = "the_last_used_at",
)]
pub struct Renamed;

#[derive(UserIdentity)]
pub struct Default;

fn main() {
    let table = <Renamed as UserIdentityStore<SqliteConnection>>::table();
    assert_eq!(table.name, "the_table");
    assert!(table.columns.iter().all(|column| column.name.starts_with("the_")));
    let keys = table.unique.iter().flatten().chain(&table.primary_key);
    assert!(keys.into_iter().all(|column| column.starts_with("the_")));
    <Default as UserIdentityStore<SqliteConnection>>::table();
}
