use auth_runtime::OidcConnectionResource;

#[derive(OidcConnectionResource)]
#[auth(client_secrets = "kind")]
pub struct Unknown;

#[derive(OidcConnectionResource)]
#[auth(table_name = "The Table")]
pub struct Alphabet;

#[derive(OidcConnectionResource)]
#[auth(tenant = "name", slug = "name")]
pub struct Twice;

#[derive(OidcConnectionResource)]
pub struct NotAUnit {
    pub slug: String,
}

fn main() {}
