//! What the compiler says about blocks that are right and blocks that are wrong.
//!
//! One file is one mistake, named after it. The texts beside the files are what a user reads: after a change run
//! with `TRYBUILD=overwrite`, then read every difference as a user would.

#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.pass("*/pass/*.rs");
    cases.compile_fail("*/fail/*.rs");
}
