//! `docs/official-names.md` maps names of the official SDKs to methods that exist. Paths of types
//! are checked by the compiler, in `official_names_paths`.

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

/// The names of the methods that the declarations of control requests become.
fn requests(found: &mut BTreeSet<String>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/wire/requests");
    for entry in std::fs::read_dir(path).unwrap() {
        let Ok(text) = std::fs::read_to_string(entry.unwrap().path()) else { continue };
        let lines = text.lines().filter_map(|line| line.trim().split_once(' '));
        let heads = lines.filter(|(word, _)| word.starts_with("fn")).map(|(_, rest)| rest);
        found.extend(heads.filter_map(|head| Some(head.split(['(', '[']).next()?.to_owned())));
    }
}

/// A setter, or the method at the end of a path; `None` for what the compiler looks up.
fn function(path: &str) -> Option<&str> {
    let mut parts = path.rsplit("::");
    let last = parts.next().filter(|name| name.starts_with(|first: char| first.is_lowercase()))?;
    parts.next().is_none_or(|owner| owner.starts_with(char::is_uppercase)).then_some(last)
}

#[test]
fn every_named_method_exists() {
    let mut known = BTreeSet::new();
    for folder in ["src/session", "src/wire/content"] {
        functions(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut known);
    }
    requests(&mut known);
    // A macro generates their setters.
    known.extend(claude_wire::Options::table().iter().map(|row| row.name.to_owned()));
    let rows: Vec<_> = PAGE.lines().filter(|line| line.starts_with("| ")).collect();
    assert!(rows.len() > 300, "only {} rows", rows.len());
    let mut checked = 0;
    let mut missing = Vec::new();
    for row in rows {
        let here = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        for name in names(here).filter_map(function) {
            missing.extend((!known.contains(name)).then(|| format!("{name}: {row}")));
            checked += 1;
        }
    }
    assert!(missing.is_empty(), "no method has this name: {missing:#?}");
    assert!(checked > 100, "only {checked} names");
    let prose = PAGE.split_once("What only the makers' own").unwrap().1.split_once("##").unwrap().0;
    for name in ["on_request", "env", "extra_arg", "initialize_field", "events", "transport"] {
        assert!(prose.contains(&format!("`{name}`")) && known.contains(name), "{name}");
    }
}
