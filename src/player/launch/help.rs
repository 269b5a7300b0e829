//! The help of the CLI: its layout, with descriptions of our own.

use super::flags::{Command, Flag, FlagTable};

/// A line for each flag and command of all versions.
const DESCRIPTIONS: &str = include_str!("tables/descriptions.txt");

/// The columns of a terminal that is not one.
const WIDTH: usize = 80;
/// A longer term has its description below it.
const LONGEST_TERM: usize = 36;
/// How far such a description is indented.
const INDENT: usize = 6;

/// The page of a subcommand, or that of the CLI.
pub(super) fn page(table: &FlagTable, command: Option<&Command>) -> String {
    let path = command.map(Command::path).unwrap_or_default();
    let own = command.map(called).unwrap_or_default();
    let below: Vec<&Command> = table.below(command).collect();
    let arguments = command.map_or_else(|| vec!["[prompt]"], |one| one.arguments.clone());
    let several = if below.is_empty() { "" } else { "[command]" };
    let joined = arguments.join(" ");
    let after = match command.and_then(|command| command.usage) {
        Some(usage) => ["", "", usage],
        None => ["[options]", several, &joined],
    };
    let parts = ["Usage: claude", &own].into_iter().chain(after);
    let usage: Vec<_> = parts.filter(|part| !part.is_empty()).collect();

    let flags = command.map_or_else(|| table.flags(), |one| &one.flags);
    let mut options: Vec<_> = flags
        .iter()
        .filter(|flag| !flag.hidden)
        .map(|flag| Item::new(flag.long(), flag.spec.to_owned(), of_flag(&path, flag)))
        .collect();
    if command.is_some() {
        options.push(Item::new("--help", "-h, --help".to_owned(), described(&["--help"])));
    }
    let mut commands: Vec<_> = below.into_iter().map(of_command).collect();
    if command.is_some_and(|command| table.has_more(command)) {
        commands.push(Item::new("help", "help [command]".to_owned(), "Show a help".to_owned()));
    }
    let mut sections = vec![
        (
            "Arguments:",
            arguments.iter().filter_map(|argument| of_argument(&path, argument)).collect(),
        ),
        ("Options:", options),
        ("Commands:", commands),
    ];

    let terms = sections.iter().flat_map(|(_, items)| items).map(|item| item.term.chars().count());
    let column = terms.max().unwrap_or_default().min(LONGEST_TERM);
    let about = described(&[if path.is_empty() { "claude" } else { &path }]);
    let mut text = format!("{}\n\n{}\n", usage.join(" "), wrapped(&about, WIDTH, 0));
    for (title, items) in &mut sections {
        if items.is_empty() {
            continue;
        }
        items.sort_by(|one, other| one.name.cmp(&other.name));
        text.push_str(&format!("\n{title}\n"));
        for item in items {
            text.push_str(&item.lines(column));
        }
    }
    text
}

/// A flag, a command or an argument.
struct Item {
    /// It is sorted by it.
    name: String,
    term: String,
    about: String,
}

impl Item {
    fn new(name: &str, term: String, about: String) -> Self {
        Self { name: name.trim_start_matches('-').to_lowercase(), term, about }
    }

    fn lines(&self, column: usize) -> String {
        let Self { term, about, .. } = self;
        if term.chars().count() > column {
            return format!("  {term}\n      {}\n", wrapped(about, WIDTH - INDENT, INDENT));
        }
        let indent = column + 4;
        format!("  {term:column$}  {}\n", wrapped(about, WIDTH - indent, indent))
    }
}

fn of_flag(path: &str, flag: &Flag) -> String {
    let long = flag.long();
    let own = if path.is_empty() { long.to_owned() } else { format!("{path} {long}") };
    let about = described(&[&own, &format!("* {long}"), long]);
    match flag.choices() {
        [] => about,
        choices => {
            let choices: Vec<_> = choices.iter().map(|choice| format!("\"{choice}\"")).collect();
            format!("{about} (choices: {})", choices.join(", "))
        }
    }
}

fn of_command(command: &Command) -> Item {
    let options = command.flags.iter().any(|flag| flag.listed).then_some("[options]");
    let names = command.names();
    let parts =
        [names.as_str()].into_iter().chain(options).chain(command.arguments.iter().copied());
    let term = parts.collect::<Vec<_>>().join(" ");
    Item::new(command.name(), term, described(&[&command.path()]))
}

/// An argument that is described, as few are.
fn of_argument(path: &str, argument: &str) -> Option<Item> {
    let name = argument_name(path, argument);
    let own = name.rsplit(' ').next().unwrap_or_default().to_owned();
    let about = described(&[&name]);
    (!about.is_empty()).then(|| Item::new("", own, about))
}

/// The name by which an argument is described: `import source`.
fn argument_name(path: &str, argument: &str) -> String {
    format!("{path} {}", argument.trim_matches(['<', '>', '[', ']', '.'])).trim_start().to_owned()
}

/// How a command is called: those above it by their first names, itself by all.
fn called(command: &Command) -> String {
    let above = command.words.iter().rev().skip(1).rev().map(|names| names[0].to_owned());
    above.chain([command.names()]).collect::<Vec<_>>().join(" ")
}

/// The description of the first name that has one.
fn described(names: &[&str]) -> String {
    let of = |name: &&str| rows().find(|(known, _)| known == name).map(|(_, about)| about);
    names.iter().find_map(of).unwrap_or_default().to_owned()
}

fn rows() -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = DESCRIPTIONS.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once("  "))
}

/// The words in lines of at most this width; the lines after the first are indented.
fn wrapped(text: &str, width: usize, indent: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join(&format!("\n{}", " ".repeat(indent)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::player::CommandLine;

    fn help(args: &[&str]) -> String {
        CommandLine::read(&[args, &["--help"]].concat(), None, false)
            .map(|line| line.help())
            .unwrap_or_default()
    }

    #[test]
    fn a_page_has_the_layout_of_the_cli() {
        assert_eq!(
            help(&["plugin", "list"]),
            "\
Usage: claude plugin list [options]

List the installed plugins

Options:
  --available           Include those of the marketplaces
  --data-size [plugin]  Include how much data they keep
  -h, --help            Show this help
  --json                Print JSON
"
        );
        let page = help(&["mcp"]);
        assert!(page.starts_with("Usage: claude mcp [options] [command]\n\nManage"), "{page}");
        assert!(
            page.contains(
                "\n\nCommands:\n  add [options] <name> <commandOrUrl> [args...]\n      Add an MCP server\n"
            ) && page.contains("\n  help [command]                        Show a help\n"),
            "{page}"
        );
        assert!(
            help(&["plugins"]).starts_with("Usage: claude plugin|plugins [options] [command]\n")
        );
        let page = help(&[]);
        assert!(page.starts_with("Usage: claude [options] [command] [prompt]\n"), "{page}");
        assert!(page.contains("\n  prompt                                The prompt\n"), "{page}");
        assert!(page.contains("(choices: \"text\",\n") && !page.contains("--max-turns"), "{page}");
        assert!(page.lines().all(|line| line.chars().count() <= WIDTH), "{page}");
    }

    #[test]
    fn a_usage_has_the_aliases_of_its_own_command_alone() {
        let usage = |args: &[&str]| help(args).lines().next().unwrap_or_default().to_owned();
        for (args, expected) in [
            (&["plugins", "i"][..], "Usage: claude plugin install|i [options] <plugin>"),
            (
                &["plugin", "marketplace", "rm"],
                "Usage: claude plugin marketplace remove|rm [options] <name>",
            ),
            (&["plugin", "test"], "Usage: claude plugin test [dir]"),
            (&["ultrareview"], "Usage: claude ultrareview [target] [options]"),
        ] {
            assert_eq!(usage(args), expected);
        }
        assert!(help(&["import"]).contains("\nArguments:\n  source      The agent"));
    }

    /// Its hidden flags count, unless its parser does not know them.
    #[test]
    fn a_list_has_the_word_options_for_each_command_with_flags() {
        let page = help(&["plugin"]);
        assert!(page.contains("\n  details [options] <name> "), "{page}");
        assert!(!help(&["plugin", "details"]).contains("--cowork"));
        let page = help(&[]);
        assert!(page.contains("\n  rm <id> ") && page.contains("\n  stop|kill <id> "), "{page}");
    }

    #[test]
    fn the_word_help_explains_the_command_after_it() {
        let read = |args: &[&str]| CommandLine::read(args, None, false).map(|line| line.help());
        assert_eq!(read(&["mcp", "help", "list"]), Ok(help(&["mcp", "list"])));
        assert_eq!(read(&["plugin", "help"]), Ok(help(&["plugin"])));
    }

    /// One table: each flag and each command of each version is described, and nothing else is.
    #[test]
    fn each_flag_and_command_of_each_version_is_described_once() {
        let mut used = vec!["claude", "prompt", "--help"];
        let mut missing = Vec::new();
        let mut look = |names: &[String]| {
            let found = names.iter().find_map(|name| rows().find(|(known, _)| known == name));
            match found {
                Some((name, _)) => used.push(name),
                None => missing.push(names[0].clone()),
            }
        };
        for table in FlagTable::all() {
            let visible = |flags: &'static [Flag]| flags.iter().filter(|flag| !flag.hidden);
            for flag in visible(table.flags()) {
                look(&[flag.long().to_owned()]);
            }
            for command in table.commands() {
                let path = command.path();
                look(std::slice::from_ref(&path));
                for flag in visible(&command.flags) {
                    let long = flag.long();
                    look(&[format!("{path} {long}"), format!("* {long}"), long.to_owned()]);
                }
            }
        }
        for command in FlagTable::all().iter().flat_map(FlagTable::commands) {
            let names = command.arguments.iter().map(|one| argument_name(&command.path(), one));
            let known = names.filter_map(|name| rows().find(|(known, _)| *known == name));
            used.extend(known.map(|(name, _)| name));
        }
        let unused: Vec<_> = rows().filter(|(name, _)| !used.contains(name)).collect();
        let mut names: Vec<_> = rows().map(|(name, _)| name).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!((missing, unused, names.len()), (vec![], vec![], all));
    }
}
