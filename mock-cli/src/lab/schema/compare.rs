//! Comparing two schemas, section by section.

use std::collections::{BTreeMap, BTreeSet};

use claude_wire::wire::declared::{Kinds, Shape};

use super::difference::{Rows, What};
use super::library::Known;
use super::{SECTIONS, Schema};

/// The outcome of one section.
#[derive(Debug, Default)]
pub(super) struct Compared {
    pub(super) section: &'static str,
    pub(super) added: Rows,
    pub(super) gone: Rows,
    /// What is added, but excused by an exception.
    pub(super) excused: BTreeMap<&'static str, Rows>,
    /// Why it was not compared, or only in part.
    pub(super) unread: Vec<String>,
}

/// Two schemas side by side.
#[derive(Debug)]
pub(crate) struct Comparison {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) sections: Vec<Compared>,
    /// The exceptions that were not used.
    pub(super) needless: Vec<String>,
}

impl Comparison {
    /// What `to` has and `from` has not, and the other way round.
    pub(crate) fn of_two(from: &Schema, to: &Schema) -> Self {
        let sections = SECTIONS.iter().zip(from.sections.iter().zip(&to.sections));
        let sections = sections.map(|(section, (from, to))| {
            let mut compared = Compared { section, ..Compared::default() };
            for (of, side) in [(&from, "the first CLI"), (&to, "the second CLI")] {
                match of {
                    Err(why) => compared.unread.push(format!("{side}: {why}")),
                    Ok(found) => compared
                        .unread
                        .extend(found.unread.iter().map(|at| format!("{side}: a part of {at}"))),
                }
            }
            if let (Ok(from), Ok(to)) = (from, to) {
                compared.added = missing(&to.kinds, &from.kinds);
                compared.gone = missing(&from.kinds, &to.kinds);
            }
            compared
        });
        let sections = sections.collect();
        Self { from: from.of.clone(), to: to.of.clone(), sections, needless: Vec::new() }
    }

    /// What a CLI has that the library does not declare.
    pub(crate) fn with_library(known: &Known, cli: &Schema) -> Self {
        let mut used = BTreeSet::new();
        let mut sections = Vec::new();
        for (section, found) in SECTIONS.iter().zip(&cli.sections) {
            let Some(declared) = known.sections.get(section) else { continue };
            let mut compared = Compared { section, ..Compared::default() };
            match found {
                Err(why) => compared.unread.push(why.clone()),
                Ok(found) => {
                    compared.unread.extend(found.unread.iter().map(|at| format!("a part of {at}")));
                    let mut rows = missing(&found.kinds, declared);
                    if *section == "requests of a host" {
                        // The library declares only their names.
                        rows.retain(|what, _| *what == What::Kind);
                    }
                    for (what, kinds) in rows {
                        for kind in kinds {
                            let excuse = known.excuse(section, &kind, &what);
                            used.extend(excuse.and_then(|excuse| excuse.number));
                            let rows = match excuse {
                                Some(excuse) => compared.excused.entry(excuse.reason).or_default(),
                                None => &mut compared.added,
                            };
                            rows.entry(what.clone()).or_default().insert(kind);
                        }
                    }
                }
            }
            sections.push(compared);
        }
        let from = "this library".to_owned();
        Self { from, to: cli.of.clone(), sections, needless: known.needless(&used) }
    }

    pub(super) fn added(&self) -> usize {
        self.sections.iter().map(|section| section.added.len()).sum()
    }

    pub(super) fn gone(&self) -> usize {
        self.sections.iter().map(|section| section.gone.len()).sum()
    }

    /// How many sections were not compared in full.
    pub(super) fn unread(&self) -> usize {
        self.sections.iter().filter(|section| !section.unread.is_empty()).count()
    }
}

/// What `there` has and `here` has not. The content of a missing field is not listed.
fn missing(there: &Kinds, here: &Kinds) -> Rows {
    let mut rows = Rows::new();
    for (kind, shape) in there {
        match here.get(kind) {
            None => drop(rows.entry(What::Kind).or_default().insert(kind.clone())),
            Some(known) => {
                for what in missing_in(shape, known) {
                    rows.entry(what).or_default().insert(kind.clone());
                }
            }
        }
    }
    rows
}

fn missing_in(there: &Shape, here: &Shape) -> BTreeSet<What> {
    let mut found = BTreeSet::new();
    for path in there.paths() {
        if let Some(raw) = here.any_above(path) {
            // Items and values without a schema are just as open there.
            let inside = path[raw.len()..].replace("[]", "").replace(".*", "");
            if !inside.is_empty() {
                found.insert(What::Raw(raw.to_owned()));
            }
        } else if !here.has(path) {
            if parent(path).is_none_or(|parent| here.has(parent)) {
                found.insert(What::Field(path.to_owned()));
            }
        } else if here.words(path).next().is_some() {
            let known: BTreeSet<_> = here.words(path).collect();
            let words = there.words(path).filter(|word| !known.contains(word));
            found.extend(words.map(|word| What::Word(path.to_owned(), word.to_owned())));
        }
    }
    found
}

/// The object or array that contains a field.
fn parent(path: &str) -> Option<&str> {
    path.rfind(['.', '[']).map(|end| &path[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(paths: &[&str]) -> Shape {
        let mut shape = Shape::default();
        for path in paths {
            match path.split_once('=') {
                Some((path, word)) => shape.add_word(path, word),
                None => shape.add(path),
            }
        }
        shape
    }

    fn kinds(of: &[(&str, &[&str])]) -> Kinds {
        of.iter().map(|(kind, paths)| ((*kind).to_owned(), shape(paths))).collect()
    }

    #[test]
    fn kinds_fields_and_words_that_are_missing() {
        let there = kinds(&[
            ("a", &["x", "y.z", "list[].n", "mode=plan", "mode=auto", "by.*.n", "free=word"]),
            ("b", &["x"]),
        ]);
        let here = kinds(&[("a", &["x", "list", "mode=plan", "by.*.n", "free"])]);
        let rows: Vec<_> =
            missing(&there, &here).into_keys().map(|what| what.to_string()).collect();
        assert_eq!(rows, ["the whole kind", "list[]", "y", "mode = \"auto\""]);
        assert!(missing(&here, &there).is_empty());
    }

    #[test]
    fn what_is_kept_raw_is_listed_if_it_has_fields() {
        let mut here = shape(&["a"]);
        here.add_any("raw");
        here.add_any("leaf");
        here.add_any("open");
        let found = missing_in(&shape(&["raw.x", "raw.y.z", "leaf", "open.*", "open.*[]"]), &here);
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [What::Raw("raw".into())]);
    }
}
