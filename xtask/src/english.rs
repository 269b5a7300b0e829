//! The words that readers stumbled over, and how often each may still be found.

use std::fs;
use std::path::Path;

use claude_wire_cli::Failure;

/// Each word, in any case and within identifiers, with the most that may be left.
const WORDS: [(&str, usize); 13] = [
    ("told", 4),
    ("nobody", 0),
    // The CLI has a component `BesidePrompt`, which is named twice, and a field of its name.
    ("beside", 3),
    ("anew", 0),
    ("whoever", 0),
    ("somebody", 0),
    ("surroundings", 0),
    ("patience", 0),
    ("for want of", 0),
    ("of its own", 4),
    ("is no longer", 0),
    ("nevertheless", 0),
    ("of yours", 0),
];

/// What is searched, below the root: the changelog names what was renamed, so it is left out.
const SEARCHED: [&str; 5] = ["src", "mock-cli", "tests", "docs", "README.md"];

/// Prints the count of each word. True if one is found too often.
pub(crate) fn too_many(root: &Path) -> Result<bool, Failure> {
    let mut texts = Vec::new();
    for place in SEARCHED {
        read(&root.join(place), &mut texts)?;
    }
    let mut too_many = false;
    for (word, most) in WORDS {
        let found = count(word, &texts);
        println!("\"{word}\": {found} of at most {most}");
        too_many |= found > most;
    }
    Ok(too_many)
}

fn count(word: &str, texts: &[String]) -> usize {
    texts.iter().map(|text| text.matches(word).count()).sum()
}

/// The text files at or below a path, in lower case.
fn read(path: &Path, texts: &mut Vec<String>) -> Result<(), Failure> {
    let failed = |error| format!("{}: {error}", path.display());
    if path.is_dir() {
        // What a tool has built or installed.
        if path.ends_with("target") || path.ends_with("node_modules") {
            return Ok(());
        }
        for entry in fs::read_dir(path).map_err(failed)? {
            read(&entry.map_err(failed)?.path(), texts)?;
        }
        return Ok(());
    }
    if let Ok(text) = String::from_utf8(fs::read(path).map_err(failed)?) {
        texts.push(text.to_lowercase());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_any_case_and_in_identifiers() {
        let texts = ["Told twice: is_told.".to_lowercase(), "toll".to_owned()];
        assert_eq!(count("told", &texts), 2);
    }

    #[test]
    fn all_text_files_are_searched() {
        let folder = tempfile::tempdir().unwrap_or_else(|why| panic!("{why}"));
        fs::create_dir(folder.path().join("target")).unwrap_or_else(|why| panic!("{why}"));
        for (name, content) in [
            ("a.json", &b"Told"[..]),
            ("b", b"told"),
            ("c.png", b"told\xff"),
            ("target/d.rs", b"told"),
        ] {
            fs::write(folder.path().join(name), content).unwrap_or_else(|why| panic!("{why}"));
        }
        let mut texts = Vec::new();
        read(folder.path(), &mut texts).unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(count("told", &texts), 2);
    }

    #[test]
    fn every_searched_place_has_texts() {
        for place in SEARCHED {
            let mut texts = Vec::new();
            read(&crate::root().join(place), &mut texts).unwrap_or_else(|why| panic!("{why}"));
            assert!(!texts.is_empty(), "{place}");
        }
    }

    #[test]
    fn the_english_is_plain() {
        assert_eq!(too_many(&crate::root()), Ok(false));
    }
}
