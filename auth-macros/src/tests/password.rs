use super::{first_lines, mistakes_of_password};

#[test]
fn pw_02_a_cheap_hash_is_refused() {
    let of = |cost: &str| mistakes_of_password(&format!("argon2id {{ {cost} }}"));
    assert_eq!(
        first_lines(&of("memory_kib: 12288")),
        ["12288 KiB of memory make a hash that is too cheap to guess"]
    );
    assert_eq!(of("memory_kib: 12288, iterations: 3"), Vec::<String>::new());
    assert_eq!(
        of("iterations: 1"),
        ["`iterations: 1` needs `memory_kib` of at least 47104 (promise PW-02)"]
    );
    assert_eq!(of("memory_kib: 47104, iterations: 1"), Vec::<String>::new());
    assert_eq!(of("parallelism: 0"), ["a hash takes at least one lane"]);
    assert_eq!(
        of("iterations: 0"),
        ["a hash takes at least one pass over the memory"]
    );
}

#[test]
fn pw_03_pw_04_bounds_of_lengths() {
    assert_eq!(
        mistakes_of_password("minimum_length: 64, maximum_bytes: 256"),
        Vec::<String>::new()
    );
    assert_eq!(
        first_lines(&mistakes_of_password("minimum_length: 65")),
        ["passwords of 64 characters must be accepted (promise PW-04)"]
    );
    assert_eq!(
        first_lines(&mistakes_of_password("maximum_bytes: 255")),
        ["expected a number of bytes from 256 to 4096, found `255`"]
    );
}
