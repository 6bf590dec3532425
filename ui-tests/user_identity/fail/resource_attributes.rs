use auth_runtime::UserIdentity;

#[derive(UserIdentity)]
#[auth(strateg = "kind")]
pub struct Unknown;

#[derive(UserIdentity)]
#[auth(table_name = "The Table")]
pub struct Alphabet;

#[derive(UserIdentity)]
#[auth(realm = "name", strategy = "name")]
pub struct Twice;

#[derive(UserIdentity)]
pub struct NotAUnit {
    pub uid: String,
}

#[derive(UserIdentity)]
pub struct Generic<const N: usize>;

fn main() {}
