//! What the list becomes: the tables of a page, and a test of its paths.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use claude_wire_cli::Failure;

use super::list::{Language, List, paths as named};
use crate::generated;

/// The page, with its generated part written again and the rest as it is.
pub(super) fn page(list: &List, before: &str) -> Result<String, Failure> {
    generated::replaced(before, "names", &tables(list))
}

fn tables(list: &List) -> String {
    let (mut all, mut none, mut not_yet) = (0, 0, 0);
    for row in list.rows() {
        all += row.count();
        none += if row.is_none() { row.count() } else { 0 };
        not_yet += if row.is_not_yet() { row.count() } else { 0 };
    }
    let [typescript, python] = [Language::TypeScript, Language::Python].map(|language| {
        format!("{} {}", list.package(language).name, list.package(language).version)
    });
    let mut page = format!(
        "\nThe names of {typescript} (npm) and {python} (PyPI). Of {all} names, {} have a counterpart here, {none} need none, \
         and {not_yet} are not there yet.\n",
        all - none - not_yet
    );
    for section in &list.sections {
        let _ = write!(
            page,
            "\n## {}\n\n| TypeScript | Python | here |\n|---|---|---|\n",
            section.title
        );
        for row in &section.rows {
            let [typescript, python] = [&row.typescript, &row.python].map(|names| {
                names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
            });
            let _ = writeln!(page, "| {typescript} | {python} | {} |", row.here);
        }
    }
    page.push('\n');
    page
}

/// A module of tests that imports every path which is not a bare name, so that the compiler looks
/// it up.
pub(super) fn paths(list: &List) -> String {
    let here: BTreeSet<_> =
        list.rows().flat_map(|row| named(&row.here)).filter_map(Path::of).collect();
    let mut text = String::from(
        "//! The paths that docs/official-names.md names: the compiler finds each. Written by\n\
         //! `cargo xtask names`.\n\
         #![allow(unused_imports, reason = \"to import is the test\")]\n\n",
    );
    for path in &here {
        let gate = if path.item.starts_with("mcp::") { "#[cfg(feature = \"mcp\")]\n" } else { "" };
        let _ = writeln!(text, "{gate}use claude_wire::{} as _;", path.item);
    }
    text.push('\n');
    for (count, path) in here.iter().filter(|path| path.constant.is_some()).enumerate() {
        let constant = path.constant.unwrap_or_default();
        let _ = writeln!(
            text,
            "#[test]\nfn constant_{count}() {{\n    let _ = claude_wire::{}::{constant};\n}}",
            path.item
        );
    }
    text
}

/// A path, parted into what can be imported and the associated constant, if it names one.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Path<'a> {
    item: &'a str,
    constant: Option<&'a str>,
}

impl<'a> Path<'a> {
    /// `None` for a bare name in lower case: a setter, which a test finds by its name. Of a method,
    /// the type.
    fn of(text: &'a str) -> Option<Self> {
        let is_type = |name: &str| name.starts_with(|letter: char| letter.is_ascii_uppercase());
        let Some((before, last)) = text.rsplit_once("::") else {
            return is_type(text).then_some(Self { item: text, constant: None });
        };
        let parent = before.rsplit("::").next().unwrap_or(before);
        if !is_type(parent) {
            return Some(Self { item: text, constant: None });
        }
        let shouts = !last.contains(|letter: char| letter.is_ascii_lowercase());
        match last {
            constant if shouts => Some(Self { item: before, constant: Some(constant) }),
            variant if is_type(variant) => Some(Self { item: text, constant: None }),
            _ => Some(Self { item: before, constant: None }),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "helpers of tests")]

    use super::*;

    #[test]
    fn a_path_is_imported_as_far_as_it_can_be() {
        for (text, item, constant) in [
            ("Session", Some("Session"), None),
            ("CLI_VERSION", Some("CLI_VERSION"), None),
            ("Session::stop", Some("Session"), None),
            ("session::query", Some("session::query"), None),
            ("session::Mcp::status", Some("session::Mcp"), None),
            ("wire::Body::Result", Some("wire::Body::Result"), None),
            ("wire::hook::HookEventName::ALL", Some("wire::hook::HookEventName"), Some("ALL")),
            ("wire::tools::BUILT_IN", Some("wire::tools::BUILT_IN"), None),
            ("add_dir", None, None),
        ] {
            let path = Path::of(text);
            assert_eq!(path.as_ref().map(|path| path.item), item, "{text}");
            assert_eq!(path.and_then(|path| path.constant), constant, "{text}");
        }
    }

    #[test]
    fn only_the_part_between_the_marks_changes() {
        let list = List::parse(
            "typescript t 1\npython p 2\n[options] Options\na, b\t-\t`model`\n-\tc\tnot yet: stores\n",
        )
        .unwrap();
        let begin = "<!-- From here to the end mark written by `cargo xtask names`. -->\n";
        let end = "<!-- The end mark. -->\n";
        let written = page(&list, &format!("head\n{begin}old\n{end}tail\n")).unwrap();
        assert!(written.starts_with(&format!("head\n{begin}")), "{written}");
        assert!(
            written.ends_with(&format!("\n{end}tail\n")) && !written.contains("old"),
            "{written}"
        );
        assert!(
            written.contains("Of 3 names, 2 have a counterpart here, 0 need none, and 1 are not")
        );
        assert!(written.contains("| `a`, `b` |  | `model` |\n|  | `c` | not yet: stores |\n"));
        assert_eq!(page(&list, &written).unwrap(), written);
        assert!(page(&list, "no marks").is_err());
    }
}
