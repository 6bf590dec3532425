use auth_runtime::{
    OidcConnectionResource,
    db::SqliteConnection,
    resources::oidc_connection::OidcConnectionStore,
};

#[derive(OidcConnectionResource)]
#[auth(
    table_name = "the_table",
    id = "the_id",
    tenant = "the_tenant",
    slug = "the_slug",
    base_url = "the_base_url",
    client_id = "the_client_id",
    client_secret = "the_client_secret",
    display_name = "the_display_name",
    icon_url = "the_icon_url",
    email_domains = "the_email_domains",
    enabled = "the_enabled",
    created_at = "the_created_at",
    updated_at = "the_updated_at",
)]
pub struct Renamed;

#[derive(OidcConnectionResource)]
pub struct Default;

fn main() {
    let table = <Renamed as OidcConnectionStore<SqliteConnection>>::table();
    assert_eq!(table.name, "the_table");
    assert!(table.columns.iter().all(|column| column.name.starts_with("the_")));
    let keys = table.unique.iter().flatten().chain(&table.primary_key);
    assert!(keys.into_iter().all(|column| column.starts_with("the_")));
    <Default as OidcConnectionStore<SqliteConnection>>::table();
}
