//! The examples are where a reader looks for them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn root(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The names of the files in `examples/`.
fn examples() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let names = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let names: BTreeSet<_> =
        names.filter_map(|name| name.strip_suffix(".rs").map(String::from)).collect();
    assert!(names.contains("quickstart"), "{names:?}");
    names
}

#[test]
fn the_page_of_examples_lists_each_and_no_other() {
    let page = root("examples/README.md");
    let link = |line: &str| Some(line.split_once("](")?.1.split_once(".rs)")?.0.to_owned());
    assert_eq!(page.lines().filter_map(link).collect::<BTreeSet<_>>(), examples());
}

#[test]
fn each_example_says_how_to_run_it() {
    for name in examples() {
        let text = root(&format!("examples/{name}.rs"));
        let head: String = text.lines().take_while(|line| line.starts_with("//!")).collect();
        assert!(
            head.contains("`cargo run ") && head.contains(&format!(" --example {name}`")),
            "{name}: its head does not say how to run it"
        );
        assert!(text.lines().count() <= 130, "{name}: an example fits on a page");
    }
}
