//! `docs/official-names.md` maps names of the official SDKs to methods that exist.

use std::collections::BTreeSet;
use std::path::Path;

const PAGE: &str = include_str!("../../docs/official-names.md");

/// The names of all public functions below a directory.
fn functions(directory: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            functions(&path, found);
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            let rest = text.split("pub fn ").chain(text.split("pub async fn ")).skip(1);
            found.extend(rest.map(|rest| {
                rest.chars()
                    .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
                    .collect::<String>()
            }));
        }
    }
}

/// Returns the text between backticks.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn every_named_method_exists() {
    let mut known = BTreeSet::new();
    functions(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/session"), &mut known);
    // A macro generates their setters.
    known.extend(claude_wire::Options::table().iter().map(|row| row.name.to_owned()));
    let rows: Vec<_> = PAGE.lines().filter(|line| line.starts_with("| `")).collect();
    assert!(rows.len() > 30, "only {} rows", rows.len());
    for row in rows {
        let here = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        assert!(
            here.starts_with("none")
                || names(here).next().is_some()
                || row.contains("systemPrompt"),
            "{row}"
        );
        for name in names(here) {
            assert!(known.contains(name), "no method is called {name}: {row}");
        }
    }
    let prose = PAGE.split_once("What only the makers' own").unwrap().1.split_once("##").unwrap().0;
    for name in
        ["on_request", "env", "extra_arg", "initialize_field", "events", "transport", "connect"]
    {
        assert!(prose.contains(&format!("`{name}`")) && known.contains(name), "{name}");
    }
}
