//! The examples are listed and documented.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

fn root(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Each example by its name: how it is run, and its file in `examples/`. One with its own
/// dependencies is a package; one with a program in another language is a script.
fn examples() -> BTreeMap<String, (String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut examples = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.join("Cargo.toml").is_file() {
            let file = format!("{name}/src/main.rs");
            examples.insert(name.clone(), (format!("`cargo run --package {name}`"), file));
        } else if path.is_dir() {
            assert!(path.join("run.sh").is_file(), "{name} is neither a package nor a script");
            let file = format!("{name}/README.md");
            examples.insert(name.clone(), (format!("$ examples/{name}/run.sh"), file));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let file = format!("{name}.rs");
            examples.insert(name.clone(), (format!("`cargo run --example {name}`"), file));
        }
    }
    assert!(examples.contains_key("quickstart"), "{examples:?}");
    examples
}

#[test]
fn the_page_of_examples_lists_exactly_the_examples() {
    let page = root("examples/README.md");
    let link = |line: &str| Some(line.split_once("](")?.1.split_once(')')?.0.to_owned());
    let links: BTreeSet<_> = page.lines().filter_map(link).collect();
    assert_eq!(links, examples().into_values().map(|(_, file)| file).collect());
}

#[test]
fn each_example_shows_how_to_run_it() {
    for (name, (run, file)) in examples() {
        let text = root(&format!("examples/{file}"));
        let in_head = |line: &&str| line.starts_with("//!") || file.ends_with(".md");
        let head: String = text.lines().take_while(in_head).collect();
        assert!(head.contains(&run), "{name}: its head does not say how to run it");
        assert!(text.lines().count() <= 130, "{name}: an example fits on a page");
    }
}

/// An example that is a file is built by `cargo test`: what it needs is there already.
#[test]
fn an_example_with_other_dependencies_is_a_package_that_cargo_test_does_not_build() {
    let manifest = root("Cargo.toml");
    let members = manifest.lines().find(|line| line.starts_with("default-members")).unwrap();
    assert_eq!(members, r#"default-members = [".", "mock-cli"]"#);
    assert!(!manifest.contains("[[example]]"), "an example that needs a feature is a package");
}
