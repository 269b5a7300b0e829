//! `docs/official-names.md` maps names of the official SDKs to methods that exist. Paths of types
//! are checked by the compiler, in `official_names_paths`.

use std::collections::BTreeSet;
use std::path::Path;

const PAGE: &str = include_str!("../../docs/official-names.md");

/// The type that bare names are methods of: they are options.
const BUILDER: &str = "SessionBuilder";

/// The methods that exist: the name of the type, and that of the method.
type Methods = BTreeSet<(String, String)>;

/// The text of each file below a folder of the library, with its name.
fn files(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            found.push((path.file_name().unwrap().to_string_lossy().into_owned(), text));
        }
    }
}

/// The letters of the name with which a text begins.
fn word(text: &str) -> String {
    text.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
}

/// The type of an `impl` block, from what follows that word.
fn implemented(head: &str) -> String {
    let mut depth = 0;
    let generics = head.find(|letter| {
        depth += i32::from(letter == '<') - i32::from(letter == '>');
        depth == 0
    });
    let head = head.get(generics.unwrap_or_default()..).unwrap_or_default();
    let head = head.trim_start_matches('>').trim_start();
    let name = head.split_once(" for ").map_or(head, |(_, name)| name);
    word(name.rsplit("::").find(|part| !part.starts_with(['<', ' '])).unwrap_or(name))
}

/// The public methods of all types in the sources, and the setters that a macro repeats.
fn methods(found: &mut Methods) {
    let mut texts = Vec::new();
    for folder in ["src/history", "src/session", "src/store", "src/wire/tools"] {
        files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut texts);
    }
    for (file, text) in texts {
        let setters = file == "setters.rs";
        let mut owner = String::new();
        for line in text.lines() {
            if let Some(head) = line.trim_start().strip_prefix("impl").filter(|_| !setters) {
                owner = implemented(head);
            }
            let declared = ["pub fn ", "pub async fn "];
            let name = declared.iter().find_map(|start| line.trim_start().strip_prefix(start));
            if let Some(name) = name {
                let owner = if setters { BUILDER } else { &owner };
                found.insert((owner.to_owned(), word(name)));
            }
        }
    }
    let options = claude_wire::Options::table().iter();
    found.extend(options.map(|row| (BUILDER.to_owned(), row.name.to_owned())));
}

/// The methods that the declarations of control requests become.
fn requests(found: &mut Methods) {
    let mut texts = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/wire/requests"), &mut texts);
    for (_, text) in texts {
        let mut owner = String::new();
        for line in text.lines() {
            if let Some(group) = line.strip_prefix("group ") {
                owner = word(group);
            } else if line.starts_with("session {") {
                owner = "Session".to_owned();
            }
            let declared = ["fn ", "fn_if_running "];
            let name = declared.iter().find_map(|start| line.trim_start().strip_prefix(start));
            found.extend(name.map(|name| (owner.clone(), word(name))));
        }
    }
}

/// Returns the text between backticks.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The type and the method at the end of a path; `None` for what the compiler looks up.
fn method(path: &str) -> Option<(String, String)> {
    let mut parts = path.rsplit("::");
    let last = parts.next().filter(|name| name.starts_with(|first: char| first.is_lowercase()))?;
    let owner = parts.next().unwrap_or(BUILDER);
    owner.starts_with(char::is_uppercase).then(|| (owner.to_owned(), last.to_owned()))
}

#[test]
fn every_named_method_exists() {
    let mut known = Methods::new();
    methods(&mut known);
    requests(&mut known);
    let rows: Vec<_> = PAGE.lines().filter(|line| line.starts_with("| ")).collect();
    assert!(rows.len() > 300, "only {} rows", rows.len());
    let mut checked = 0;
    let mut missing = Vec::new();
    for row in rows {
        let here = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        for name in names(here).filter_map(method) {
            missing.extend((!known.contains(&name)).then(|| format!("{name:?}: {row}")));
            checked += 1;
        }
    }
    assert!(missing.is_empty(), "no such method: {missing:#?}");
    assert!(checked > 100, "only {checked} names");
    let prose = PAGE.split_once("What only the makers' own").unwrap().1.split_once("##").unwrap().0;
    for name in ["on_request", "env", "extra_arg", "initialize_field", "events", "transport"] {
        let owner = if name == "events" { "Session" } else { BUILDER };
        let method = (owner.to_owned(), name.to_owned());
        assert!(prose.contains(&format!("`{name}`")) && known.contains(&method), "{name}");
    }
}

#[test]
fn a_method_of_another_type_is_not_found() {
    let mut known = Methods::new();
    methods(&mut known);
    requests(&mut known);
    for (path, exists) in [
        ("session::Spare::claim", true),
        ("session::Turn::claim", false),
        ("Session::fork", true),
        ("session::control::Files::read", true),
        ("session::control::Mcp::read", false),
        ("Session::interrupt", true),
        ("model", true),
        ("interrupt", false),
        ("Error::outcome", true),
    ] {
        assert_eq!(known.contains(&method(path).unwrap()), exists, "{path}");
    }
    assert_eq!(implemented("<T: Into<U>> a::Turn<T> {"), "Turn");
    assert_eq!(implemented(" Drop for Session {"), "Session");
    assert_eq!(method("session::query"), None);
}
