//! The list of names: `xtask/official-names.tsv`.

use std::collections::BTreeMap;

/// The language of an official SDK.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Language {
    TypeScript,
    Python,
}

/// A package that the names come from.
#[derive(Debug, Default)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: String,
}

#[derive(Debug, Default)]
pub(super) struct List {
    typescript: Package,
    python: Package,
    pub(super) sections: Vec<Section>,
}

/// A table of the page.
#[derive(Debug)]
pub(super) struct Section {
    /// Which names of a package it lists, such as `options`. Several sections may share a set.
    pub(super) set: String,
    pub(super) title: String,
    pub(super) rows: Vec<Row>,
}

#[derive(Debug)]
pub(super) struct Row {
    pub(super) line: usize,
    pub(super) typescript: Vec<String>,
    pub(super) python: Vec<String>,
    /// Paths, or why there is none.
    pub(super) here: String,
}

impl List {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut list = Self::default();
        for (line, text) in (1..).zip(text.lines()) {
            list.line(line, text).map_err(|why| format!("line {line}: {why}"))?;
        }
        for (word, package) in [("typescript", &list.typescript), ("python", &list.python)] {
            if package.version.is_empty() {
                return Err(format!("no line `{word} PACKAGE VERSION`"));
            }
        }
        list.no_name_twice()?;
        Ok(list)
    }

    fn line(&mut self, line: usize, text: &str) -> Result<(), String> {
        if text.is_empty() || text.starts_with('#') {
            return Ok(());
        }
        if let Some((set, title)) = text.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
            let (set, title) = (set.to_owned(), title.to_owned());
            self.sections.push(Section { set, title, rows: Vec::new() });
            return Ok(());
        }
        if !text.contains('\t') {
            return self.package_line(text);
        }
        let columns: Vec<_> = text.split('\t').collect();
        let [typescript, python, here] = columns[..] else {
            return Err(format!("{} columns, not 3", columns.len()));
        };
        let (typescript, python) = (names(typescript), names(python));
        if typescript.is_empty() && python.is_empty() {
            return Err("no name".to_owned());
        }
        let settles = ["none: ", "not yet: "].iter().any(|word| here.starts_with(word));
        if !settles && here != WHOLE && paths(here).next().is_none() {
            return Err(format!("{here:?} is neither a `path` nor `none: ` nor `not yet: `"));
        }
        let section = self.sections.last_mut().ok_or("a row before the first section")?;
        section.rows.push(Row { line, typescript, python, here: here.to_owned() });
        Ok(())
    }

    fn package_line(&mut self, text: &str) -> Result<(), String> {
        let words: Vec<_> = text.split(' ').collect();
        let [language, name, version] = words[..] else {
            return Err(format!("{text:?} is neither a package nor a section nor a row"));
        };
        let package = match language {
            "typescript" => &mut self.typescript,
            "python" => &mut self.python,
            other => return Err(format!("unknown language {other:?}")),
        };
        *package = Package { name: name.to_owned(), version: version.to_owned() };
        Ok(())
    }

    fn no_name_twice(&self) -> Result<(), String> {
        for language in [Language::TypeScript, Language::Python] {
            let mut seen = BTreeMap::new();
            for (key, line) in self.lines(language) {
                if let Some(before) = seen.insert(key, line) {
                    return Err(format!("line {line}: {} is in line {before} already", key.1));
                }
            }
        }
        Ok(())
    }

    pub(super) fn package(&self, language: Language) -> &Package {
        match language {
            Language::TypeScript => &self.typescript,
            Language::Python => &self.python,
        }
    }

    /// The names of a language, by set and name, with the line of each.
    pub(super) fn names(&self, language: Language) -> BTreeMap<(&str, &str), usize> {
        self.lines(language).collect()
    }

    fn lines(&self, language: Language) -> impl Iterator<Item = ((&str, &str), usize)> {
        self.sections.iter().flat_map(move |section| {
            section.rows.iter().flat_map(move |row| {
                let names = row.names(language).iter();
                names.map(move |name| ((&*section.set, &**name), row.line))
            })
        })
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.sections.iter().flat_map(|section| &section.rows)
    }
}

/// What is here for the main module of a package.
const WHOLE: &str = "the crate";

impl Row {
    pub(super) fn names(&self, language: Language) -> &[String] {
        match language {
            Language::TypeScript => &self.typescript,
            Language::Python => &self.python,
        }
    }

    /// How many names it settles.
    pub(super) fn count(&self) -> usize {
        self.typescript.len() + self.python.len()
    }

    pub(super) fn is_not_yet(&self) -> bool {
        self.here.starts_with("not yet: ")
    }

    pub(super) fn is_none(&self) -> bool {
        self.here.starts_with("none: ")
    }
}

fn names(column: &str) -> Vec<String> {
    if column == "-" {
        return Vec::new();
    }
    column.split(", ").map(str::to_owned).collect()
}

/// What is between backticks.
pub(super) fn paths(here: &str) -> impl Iterator<Item = &str> {
    here.split('`').skip(1).step_by(2)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "helpers of tests")]

    use super::*;

    const HEAD: &str = "# A comment\ntypescript a 1.0.0\npython b 2.0.0\n\n[exports] Types\n";

    fn refused(rest: &str) -> String {
        List::parse(&format!("{HEAD}{rest}")).unwrap_err()
    }

    #[test]
    fn a_row_has_names_and_what_is_here() {
        let list = List::parse(&format!("{HEAD}A, B\tC\t`Session`, and more\n")).unwrap();
        assert_eq!(list.package(Language::Python).version, "2.0.0");
        let row = list.rows().next().unwrap();
        assert_eq!((row.count(), row.line), (3, 6));
        assert_eq!(paths(&row.here).collect::<Vec<_>>(), ["Session"]);
        let names = list.names(Language::TypeScript);
        assert_eq!(names.keys().copied().collect::<Vec<_>>(), [("exports", "A"), ("exports", "B")]);
    }

    #[test]
    fn a_row_that_settles_nothing_is_refused() {
        for here in ["", "somewhere else", "none", "not yet", "none:"] {
            assert!(refused(&format!("A\t-\t{here}\n")).contains("line 6: "), "{here}");
        }
        for here in ["none: a reason", "not yet: stores", "`Session`"] {
            assert!(List::parse(&format!("{HEAD}A\t-\t{here}\n")).is_ok(), "{here}");
        }
    }

    #[test]
    fn what_is_not_a_list_is_refused_by_line() {
        assert!(refused("A\t-\n").contains("line 6: 2 columns"));
        assert!(refused("-\t-\t`x`\n").contains("no name"));
        assert!(refused("A\t-\t`x`\nB, A\t-\t`y`\n").contains("line 7: A is in line 6 already"));
        assert!(refused("ruby c 1.0.0\n").contains("unknown language"));
        assert!(
            List::parse("typescript a 1.0.0\n").unwrap_err().contains("python PACKAGE VERSION")
        );
        assert!(List::parse("A\t-\t`x`\n").unwrap_err().contains("before the first section"));
    }
}
