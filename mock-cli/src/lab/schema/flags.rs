//! The flags of the CLI's command line, as declared to its parser.

use claude_wire::wire::declared::{Kinds, Shape};
use memchr::memmem;

use super::sections::{Found, Section};

/// Flags that every version of the command line has: a script with all of them declares the flags.
const ANCHORS: [&str; 2] = ["\"--output-format <", "\"--permission-mode <"];

/// What comes before the specification of a flag: `.option("`, `new Option("`, `.version(number,"`.
const CALLS: [&str; 3] = ["(\"-", ",\"-v, --", "(\"--"];

/// The flags of the main command, if the script has it: `-r, --resume [value]`.
pub(super) fn flags(script: &str) -> Option<Kinds> {
    ANCHORS.iter().all(|anchor| memmem::find(script.as_bytes(), anchor.as_bytes()).is_some()).then(
        || {
            let specs = CALLS.iter().flat_map(|call| {
                memmem::find_iter(script.as_bytes(), call.as_bytes()).filter_map(|at| {
                    let (_, text) = script[at..].split_once('"')?;
                    let (spec, _) = text.split_once('"')?;
                    is_spec(spec).then(|| (spec.to_owned(), Shape::default()))
                })
            });
            specs.collect()
        },
    )
}

/// The section of flags: of all scripts that have flags, the one with the most.
pub(super) fn section(all: Vec<Kinds>) -> Section {
    match all.into_iter().max_by_key(Kinds::len) {
        Some(kinds) => Ok(Found { kinds, ..Found::default() }),
        None => Err(format!("a script with the flags {} was not found", ANCHORS.join(", "))),
    }
}

/// `-c, --continue`, `--model <model>`, `--allowedTools, --allowed-tools <tools...>`.
fn is_spec(text: &str) -> bool {
    let names_end = text.find(" <").or_else(|| text.find(" [")).unwrap_or(text.len());
    let (names, value) = text.split_at(names_end);
    let is_name = |name: &str| {
        let word = name.strip_prefix("--").or_else(|| name.strip_prefix('-')).unwrap_or_default();
        let letters = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !word.is_empty() && !word.starts_with('-') && word.bytes().all(letters)
    };
    let is_value = matches!(value.as_bytes(), [] | [b' ', b'<', .., b'>'] | [b' ', b'[', .., b']']);
    names.split(", ").all(is_name) && names.contains("--") && is_value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_read_where_the_parser_declares_them() {
        let script = r#"x.option("--output-format <format>","how").addOption(new Q("--permission-mode <mode>","-x")
            .choices(m)).option("-c, --continue","go on",()=>!0).version("1","-v, --version","say").option("-d2e, --debug-to-stderr","")
            .option("--tools, --all-tools <tools...>").addOption(new Q("-r, --resume [value]")),bad("--max must be 1"),w("- no")"#;
        let flags = flags(script).unwrap();
        let found: Vec<_> = flags.keys().map(String::as_str).collect();
        assert_eq!(
            found,
            [
                "--output-format <format>",
                "--permission-mode <mode>",
                "--tools, --all-tools <tools...>",
                "-c, --continue",
                "-d2e, --debug-to-stderr",
                "-r, --resume [value]",
                "-v, --version",
            ]
        );
    }

    #[test]
    fn a_script_without_the_main_command_has_none() {
        assert_eq!(flags(r#"x.option("--output-format <format>")"#), None);
        assert!(section(Vec::new()).unwrap_err().contains("was not found"));
    }
}
