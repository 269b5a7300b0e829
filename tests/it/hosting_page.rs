//! `docs/hosting.md` has the sections of the official page in its order, and what it says is so.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use claude_wire::Options;

use crate::house_rules::files;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The text below a heading of this level, up to the next one.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let level = heading.split(' ').next().unwrap();
    let (_, rest) =
        page.split_once(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no {heading}"));
    rest.split(&format!("\n{level} ")).next().unwrap()
}

/// A reader of the official page finds each of its subjects, in its order.
#[test]
fn the_sections_are_those_of_the_official_page_in_its_order() {
    let page = read("docs/hosting.md");
    let headings: Vec<_> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    let official = [
        "The subprocess model",
        "Choose a session pattern",
        "Provision the container",
        "Handle production concerns",
    ];
    assert_eq!(headings[..official.len()], official);
    let patterns = section(&page, "## Choose a session pattern");
    let rows: Vec<_> = patterns
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" |").next())
        .filter(|cell| *cell != "pattern")
        .collect();
    assert_eq!(rows, ["ephemeral", "long-running", "hybrid", "single container"]);
    // The example has a function for each.
    let example = read("examples/hosting.rs");
    let functions = rows.iter().map(|row| format!("async fn {}(", row.replace([' ', '-'], "_")));
    let places: Vec<_> = functions.map(|function| example.find(&function)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}");
}

#[test]
fn each_subject_refers_to_the_official_page_about_it() {
    let page = read("docs/hosting.md");
    let official = "https://code.claude.com/docs/en/agent-sdk/";
    for (heading, name) in [
        ("# Hosting", "hosting"),
        ("## Secure deployment", "secure-deployment"),
        ("### Sessions", "sessions"),
        ("### Costs", "cost-tracking"),
    ] {
        let page = format!("\n{page}");
        let link = format!("]({official}{name})");
        assert!(section(&page, heading).contains(&link), "{heading} has no link to {name}");
    }
}

/// The public functions and types, and the options.
fn known() -> BTreeSet<String> {
    let mut known: BTreeSet<_> = Options::table().iter().map(|row| row.name.to_owned()).collect();
    let is_word = |char: char| char.is_alphanumeric() || char == '_';
    for (_, text) in files(&["src"], "rs") {
        for declared in
            ["pub fn ", "pub async fn ", "pub const fn ", "pub struct ", "pub enum ", "pub trait "]
        {
            let names = text.split(declared).skip(1);
            known.extend(
                names
                    .filter_map(|rest| rest.split(|char| !is_word(char)).next())
                    .map(str::to_owned),
            );
        }
    }
    known
}

/// An option or a function that is renamed is renamed on the page as well.
#[test]
fn what_the_page_names_exists() {
    let page = read("docs/hosting.md");
    let known = known();
    let sources: String =
        files(&["src", "examples/chat/src"], "rs").into_iter().map(|(_, text)| text).collect();
    // Names of the wire, of the system, and of crates.
    let others = [
        "ripgrep",
        "git",
        "setpriv",
        "last_error",
        "make",
        "object_store",
        "otel",
        "claude",
        "history",
    ];
    let mut missing = Vec::new();
    let mut checked = 0;
    let prose = page.split("```").step_by(2);
    for quoted in prose.flat_map(|text| text.split('`').skip(1).step_by(2)) {
        let name = quoted.split('(').next().unwrap();
        let is_name = name.chars().all(|char| char.is_ascii_lowercase() || char == '_');
        let path: Vec<_> = name.split("::").collect();
        let is_path =
            path.len() == 2 && path.iter().all(|part| part.chars().all(char::is_alphanumeric));
        let exists = if is_name {
            known.contains(name) || others.contains(&name)
        } else if is_path {
            path.iter().all(|part| sources.contains(part))
        } else {
            continue;
        };
        checked += 1;
        if !exists {
            missing.push(quoted);
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
    assert!(checked > 40, "only {checked} names");
}

/// The sizes in MB of the only row of a page that begins so.
fn sizes<'a>(page: &'a str, row: &str) -> Vec<&'a str> {
    let mut rows = page.lines().filter(|line| line.starts_with(&format!("| {row}")));
    let found = rows.next().unwrap_or_else(|| panic!("no row {row}"));
    assert!(rows.next().is_none(), "two rows {row}");
    let before = found.split(" MB").map(|text| text.rsplit(' ').next().unwrap_or_default());
    before.filter(|size| size.parse::<u32>().is_ok()).collect()
}

#[test]
fn the_sizes_are_the_measured_ones() {
    let measured = read("docs/performance.md");
    let page = read("docs/hosting.md");
    let costs = section(&page, "## The subprocess model");
    for figure in ["8 KiB", "0.56 s"] {
        assert!(measured.contains(figure) && costs.contains(figure), "{figure}");
    }
    // One measurement of the CLI, for all pages.
    let of_the_cli = sizes(&measured, "memory of the CLI");
    assert!(of_the_cli.len() >= 2, "{of_the_cli:?}");
    let scale = read("docs/scale.md");
    for (page, row) in [(&page, "memory of the CLI"), (&scale, "the CLI")] {
        let sizes = sizes(page, row);
        assert!(sizes.len() >= 2, "{row}: {sizes:?}");
        assert!(sizes.iter().all(|size| of_the_cli.contains(size)), "{row}: {sizes:?}");
    }
}
