//! `names`: the exported names of the official SDKs, and what each is here.
//!
//! `xtask/official-names.tsv` is the list. It is compared with the names that the packages export,
//! so that a new version cannot add a name without a row, nor a field without a type; and it
//! becomes the tables of
//! `docs/official-names.md`, and a test that makes the compiler look up every path.

mod fetch;
mod fields;
mod list;
mod packages;
mod page;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use claude_wire_cli::{Failure, Found};

use self::list::{Language, List};
use self::packages::Names;
use super::root;

/// Compare the list of the official SDKs' names with the packages, and write docs/official-names.md.
///
/// The list is xtask/official-names.tsv. The packages are fetched with npm and pip, in the versions
/// that the list names, into a folder that is removed afterwards.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask names
  cargo xtask names --check
  cargo xtask names --typescript node_modules/@anthropic-ai/claude-agent-sdk --python site-packages

Exit codes: 0 every name has a row, 1 a name or a row is missing or a page is out of date, 2 a package could not be read.")]
pub(crate) struct Arguments {
    /// Write nothing: only compare
    #[arg(long)]
    check: bool,
    /// The folder of the TypeScript package, which is then not fetched
    #[arg(long, value_name = "DIR")]
    typescript: Option<PathBuf>,
    /// The folder that `claude_agent_sdk` is in; then it is not fetched
    #[arg(long, value_name = "DIR")]
    python: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Found, Failure> {
    let list = list()?;
    let staging = tempfile::tempdir().map_err(|error| format!("a temporary folder: {error}"))?;
    let typescript = match &arguments.typescript {
        Some(folder) => folder.clone(),
        None => fetch::npm(list.package(Language::TypeScript), staging.path())?,
    };
    let python = match &arguments.python {
        Some(folder) => folder.clone(),
        None => fetch::pip(list.package(Language::Python), staging.path())?,
    };
    let read = [
        (Language::TypeScript, packages::typescript(&typescript)?),
        (Language::Python, packages::python(&python)?),
    ];
    let mut problems = BTreeSet::new();
    for (language, names) in &read {
        problems.extend(compare(&list, *language, names));
    }
    problems.extend(fields::differences(&typescript)?);
    if arguments.check {
        problems.extend(out_of_date(&list)?);
    } else {
        write(&list)?;
    }
    let count: usize = read.iter().map(|(_, names)| names.count()).sum();
    println!("{count} names in the packages, {} to settle", problems.len());
    for problem in &problems {
        println!("{problem}");
    }
    Ok(if problems.is_empty() { Found::Nothing } else { Found::Something })
}

/// Writes what is generated from the list; the packages are not needed for it.
pub(crate) fn write_pages() -> Result<(), Failure> {
    write(&list()?)
}

const LIST: &str = "xtask/official-names.tsv";

fn list() -> Result<List, Failure> {
    List::parse(&text(Path::new(LIST))?).map_err(|why| format!("{LIST}: {why}"))
}

fn write(list: &List) -> Result<(), Failure> {
    for (path, content) in generated(list)? {
        std::fs::write(root().join(&path), content)
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

/// The files that the list becomes, with their content.
fn generated(list: &List) -> Result<[(PathBuf, String); 2], Failure> {
    let page = PathBuf::from("docs/official-names.md");
    let content = page::page(list, &text(&page)?)?;
    Ok([(page, content), ("tests/it/official_names_paths.rs".into(), page::paths(list))])
}

fn out_of_date(list: &List) -> Result<Vec<String>, Failure> {
    let mut old = Vec::new();
    for (path, content) in generated(list)? {
        if text(&path)? != content {
            old.push(format!("{} is out of date: run `cargo xtask names`", path.display()));
        }
    }
    Ok(old)
}

fn text(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(root().join(path))
        .map_err(|error| format!("{}: {error}", path.display()))
}

/// What is exported and has no row, and what has a row and is not exported.
fn compare(list: &List, language: Language, names: &Names) -> Vec<String> {
    let package = list.package(language);
    let listed = list.names(language);
    let mut problems = Vec::new();
    for (set, name) in names.iter() {
        if !listed.contains_key(&(set, name)) {
            problems.push(format!(
                "{} {} has `{name}` ({set}): give it a row in {LIST}, with a path, `none: REASON` or `not yet: WHAT`",
                package.name, package.version
            ));
        }
    }
    for ((set, name), line) in listed {
        if !names.has(set, name) {
            problems.push(format!(
                "{} {} has no `{name}` ({set}): remove it from line {line} of {LIST}",
                package.name, package.version
            ));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "helpers of tests")]

    use super::*;

    #[test]
    fn the_generated_files_are_those_of_the_list() {
        assert_eq!(out_of_date(&list().unwrap()).unwrap(), [""; 0]);
    }

    #[test]
    fn a_new_and_a_vanished_name_are_reported_by_name() {
        let list = List::parse(
            "typescript t 1.0.0\npython p 2.0.0\n[options] Options\nkept, gone\t-\t`model`\n",
        )
        .unwrap();
        let mut names = Names::default();
        names.add("options", ["kept", "added"]);
        let problems = compare(&list, Language::TypeScript, &names);
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems[0].starts_with("t 1.0.0 has `added` (options): give it a row"));
        assert!(problems[1].starts_with("t 1.0.0 has no `gone` (options): remove it from line 4"));
        // Names of another set do not count.
        let mut names = Names::default();
        names.add("methods", ["kept", "gone"]);
        assert_eq!(compare(&list, Language::TypeScript, &names).len(), 4);
        assert_eq!(compare(&list, Language::Python, &Names::default()), [""; 0]);
    }
}
