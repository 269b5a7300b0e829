//! The README shows code that runs.

/// Code that the README only compiles, since a documentation test would not run it, is tested here.
#[test]
fn the_first_test_is_the_one_in_this_folder() {
    let readme = include_str!("../../README.md");
    let (_, code) = include_str!("../greeting.rs").split_once("\n\n").unwrap();
    assert!(
        readme.contains(&format!("```rust,no_run\n{code}```\n")),
        "README.md and tests/greeting.rs differ"
    );
}
