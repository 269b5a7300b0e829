//! The flags and subcommands of each version of the CLI that recordings were made with, as its
//! parser reads them.

use std::sync::LazyLock;

use crate::CLI_VERSION;

/// The newest version first.
const TEXTS: [(&str, &str); 2] = [
    (CLI_VERSION, include_str!("tables/2.1.332.txt")),
    ("2.1.329", include_str!("tables/2.1.329.txt")),
];

static TABLES: LazyLock<Vec<FlagTable>> =
    LazyLock::new(|| TEXTS.iter().map(|(version, text)| FlagTable::parse(version, text)).collect());

/// What the command line of one version of the CLI may contain.
#[derive(Debug)]
pub struct FlagTable {
    version: &'static str,
    flags: Vec<Flag>,
    commands: Vec<Command>,
}

/// A subcommand, with its own flags.
#[derive(Debug)]
pub(super) struct Command {
    /// Its words, each with its aliases: `[["plugin", "plugins"], ["install", "i"]]`.
    pub(super) words: Vec<Vec<&'static str>>,
    /// Its arguments, in the CLI's notation: `<plugin>`, `[args...]`.
    pub(super) arguments: Vec<&'static str>,
    /// The names of the arguments that it needs.
    pub(super) required: Vec<&'static str>,
    /// What its usage has after its name, if that is not what its parser would write.
    pub(super) usage: Option<&'static str>,
    pub(super) flags: Vec<Flag>,
}

impl FlagTable {
    /// The table of a version; for one without a table, and for none, that of the newest.
    pub fn of(version: Option<&str>) -> &'static Self {
        let own = TABLES.iter().find(|table| Some(table.version) == version);
        own.unwrap_or(&TABLES[0])
    }

    /// All tables, the newest first.
    pub(in crate::player) fn all() -> &'static [Self] {
        &TABLES
    }

    pub(super) fn parse(version: &'static str, text: &'static str) -> Self {
        let mut table = Self { version, flags: Vec::new(), commands: Vec::new() };
        for line in text.lines() {
            if line.starts_with('-') {
                let flags = match table.commands.last_mut() {
                    Some(command) => &mut command.flags,
                    None => &mut table.flags,
                };
                flags.push(Flag::parse(line));
            } else if line.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
                table.commands.push(Command::parse(line));
            }
        }
        table
    }

    /// The version that it belongs to.
    pub fn version(&self) -> &'static str {
        self.version
    }

    /// The lines of the main command's flags: each in the CLI's own notation, as in `-r, --resume
    /// [value]`, followed by two blanks and what else is known of it.
    pub fn lines(&self) -> impl Iterator<Item = &'static str> {
        self.flags.iter().map(|flag| flag.line)
    }

    pub(super) fn flags(&self) -> &[Flag] {
        &self.flags
    }

    #[cfg(test)]
    pub(super) fn commands(&self) -> &[Command] {
        &self.commands
    }

    /// The flag of the main command with this name.
    pub(super) fn flag(&self, name: &str) -> Option<&Flag> {
        self.flags.iter().find(|flag| flag.names.contains(&name))
    }

    /// The long name of a flag, of the main command or of a subcommand.
    pub(in crate::player) fn long_name(&self, name: &str) -> Option<&'static str> {
        let own = self.commands.iter().flat_map(|command| &command.flags);
        self.flags.iter().chain(own).find(|flag| flag.names.contains(&name)).map(Flag::long)
    }

    /// The subcommand that is called by these words.
    pub(super) fn named(&self, words: &[&str]) -> Option<&Command> {
        let below = |parent, word: &&str| self.command(parent, word).map(Some);
        words.iter().try_fold(None, below).flatten()
    }

    /// The subcommands one deeper than `parent`.
    pub(super) fn below(&self, parent: Option<&Command>) -> impl Iterator<Item = &Command> {
        let above = parent.map_or(&[][..], |parent| parent.words.as_slice());
        self.commands.iter().filter(move |command| {
            command.words.split_last().is_some_and(|(_, before)| {
                before.len() == above.len()
                    && before.iter().zip(above).all(|(one, other)| one[0] == other[0])
            })
        })
    }

    /// Whether a subcommand has subcommands, of which one must follow.
    pub(super) fn has_more(&self, command: &Command) -> bool {
        !command.runs() && self.below(Some(command)).next().is_some()
    }

    /// The subcommand that is called by this word, one deeper than `parent`.
    pub(super) fn command(&self, parent: Option<&Command>, word: &str) -> Option<&Command> {
        let is_called =
            |command: &&Command| command.words.last().is_some_and(|names| names.contains(&word));
        self.below(parent).find(is_called)
    }
}

impl Command {
    fn parse(line: &'static str) -> Self {
        let (call, usage) = match line.split_once("  usage: ") {
            Some((call, usage)) => (call, Some(usage)),
            None => (line, None),
        };
        let (arguments, words): (Vec<_>, Vec<_>) =
            call.split(' ').partition(|word| word.starts_with(['<', '[']));
        let required = |word: &&'static str| word.strip_prefix('<')?.strip_suffix('>');
        Self {
            words: words.iter().map(|word| word.split('|').collect()).collect(),
            required: arguments.iter().filter_map(required).collect(),
            arguments,
            usage,
            flags: Vec::new(),
        }
    }

    /// Whether it does something without a subcommand.
    fn runs(&self) -> bool {
        !self.arguments.is_empty() || !self.flags.is_empty()
    }

    /// Its words, without aliases: `plugin install`.
    pub(super) fn path(&self) -> String {
        let words = self.words.iter().filter_map(|names| names.first().copied());
        words.collect::<Vec<_>>().join(" ")
    }

    /// Its own name and its aliases: `install|i`.
    pub(super) fn names(&self) -> String {
        self.words.last().map(|names| names.join("|")).unwrap_or_default()
    }

    /// Its own name, without aliases.
    pub(super) fn name(&self) -> &'static str {
        self.words.last().and_then(|names| names.first()).copied().unwrap_or_default()
    }
}

/// A flag, as its line in the table has it.
#[derive(Debug, PartialEq)]
pub(super) struct Flag {
    line: &'static str,
    /// As errors name it: `-r, --resume [value]`.
    pub(super) spec: &'static str,
    pub(super) names: Vec<&'static str>,
    pub(super) value: Value,
    pub(super) variadic: bool,
    pub(super) hidden: bool,
    /// Whether the parser knows it, which lists `[options]` for it even if it is hidden.
    pub(super) listed: bool,
    check: Check,
}

/// Whether a value follows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value {
    None,
    Optional,
    Required,
}

/// What a value must be.
#[derive(Debug, PartialEq)]
enum Check {
    Anything,
    Number,
    Positive,
    PositiveInteger,
    /// The values that an error lists, and the other accepted ones.
    OneOf(Vec<&'static str>, Vec<&'static str>),
}

impl Flag {
    fn parse(line: &'static str) -> Self {
        let mut columns = line.split("  ");
        let spec = columns.next().unwrap_or_default();
        let (mut hidden, mut listed, mut check) = (false, true, Check::Anything);
        for column in columns {
            match column {
                "hidden" => hidden = true,
                "unlisted" => listed = false,
                other => check = Check::parse(other),
            }
        }
        let value = match spec {
            _ if spec.contains('<') => Value::Required,
            _ if spec.contains('[') => Value::Optional,
            _ => Value::None,
        };
        let names = spec.split([',', ' ']).filter(|word| word.starts_with('-')).collect();
        Self { line, spec, names, value, variadic: spec.contains("..."), hidden, listed, check }
    }

    /// The long name, which is the last.
    pub(super) fn long(&self) -> &'static str {
        self.names.last().copied().unwrap_or_default()
    }

    /// The values of which it takes one, if they are named.
    pub(super) fn choices(&self) -> &[&'static str] {
        match &self.check {
            Check::OneOf(named, _) => named,
            _ => &[],
        }
    }

    /// Whether its value is a number.
    pub(super) fn is_number(&self) -> bool {
        matches!(self.check, Check::Number | Check::Positive | Check::PositiveInteger)
    }

    /// Why a value is refused.
    pub(super) fn refuse(&self, value: &str) -> Option<String> {
        let number = value.trim().parse::<f64>().ok();
        let long = self.long();
        match &self.check {
            Check::Anything => None,
            // Nothing counts as 0 there.
            Check::Number => (number.is_none() && !value.trim().is_empty())
                .then(|| "must be a number".to_owned()),
            Check::Positive => number
                .is_none_or(|number| number <= 0.0)
                .then(|| format!("{long} must be a number greater than 0")),
            Check::PositiveInteger => number
                .is_none_or(|number| number <= 0.0 || number.fract() != 0.0)
                .then(|| format!("{long} must be a positive integer")),
            Check::OneOf(named, others) => {
                let allowed = named.contains(&value) || others.contains(&value);
                (!allowed).then(|| format!("Allowed choices are {}.", named.join(", ")))
            }
        }
    }
}

impl Check {
    fn parse(column: &'static str) -> Self {
        let Some(choices) = column.strip_prefix("one of: ") else {
            return match column {
                "number" => Self::Number,
                "positive" => Self::Positive,
                "positive integer" => Self::PositiveInteger,
                _ => Self::Anything,
            };
        };
        let (named, others) = choices.split_once(" (").unwrap_or((choices, ""));
        let list = |text: &'static str| {
            text.trim_end_matches(')').split(", ").filter(|word| !word.is_empty()).collect()
        };
        Self::OneOf(list(named), list(others))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::player::CommandLine;

    /// In the table's own words, since its name is a literal.
    #[test]
    fn each_table_is_that_of_its_version() {
        for (version, text) in TEXTS {
            let first = text.lines().next().unwrap_or_default();
            assert!(first.starts_with(&format!("# The flags of CLI {version},")), "{first}");
        }
    }

    #[test]
    fn reads_the_notation() {
        let flag = Flag::parse("--allowedTools, --allowed-tools <tools...>");
        assert_eq!(
            (flag.names.as_slice(), flag.value, flag.variadic),
            (&["--allowedTools", "--allowed-tools"][..], Value::Required, true)
        );
        let flag = Flag::parse("-d, --debug [filter]");
        assert_eq!(
            (flag.names.as_slice(), flag.value, flag.hidden),
            (&["-d", "--debug"][..], Value::Optional, false)
        );
        let flag = Flag::parse("--remote [description|session_id|url]  hidden");
        assert_eq!((flag.long(), flag.value, flag.hidden), ("--remote", Value::Optional, true));
        let flag = Flag::parse("--m <mode>  hidden  one of: a, b (c)");
        assert_eq!(flag.check, Check::OneOf(vec!["a", "b"], vec!["c"]));
        let command = Command::parse("plugin|plugins install|i <plugin> [args...]");
        assert_eq!(command.words, [["plugin", "plugins"], ["install", "i"]]);
        assert_eq!((command.required.as_slice(), command.usage), (&["plugin"][..], None));
        let command = Command::parse("test [dir]  usage: [dir] more");
        assert_eq!(command.words, [["test"]]);
        assert_eq!((command.arguments, command.usage), (vec!["[dir]"], Some("[dir] more")));
        assert!(!Flag::parse("--keep <id>  unlisted").listed);
    }

    #[test]
    fn every_line_of_every_table_is_a_flag_a_subcommand_or_a_comment() {
        for (version, text) in TEXTS {
            let table = FlagTable::parse(version, text);
            assert!(table.flags.len() > 100 && table.commands.len() > 40, "{version}");
            for flags in table.commands.iter().map(|one| &one.flags).chain([&table.flags]) {
                let mut names: Vec<_> = flags.iter().flat_map(|flag| &flag.names).collect();
                assert!(names.iter().all(|name| name.len() > 1), "{version}");
                names.sort_unstable();
                let all = names.len();
                names.dedup();
                assert_eq!(all, names.len(), "{version} has a flag twice");
            }
            for line in text.lines().filter(|line| line.starts_with('-')) {
                let known = ["hidden", "unlisted"];
                for column in line.split("  ").skip(1).filter(|column| !known.contains(column)) {
                    assert_ne!(Check::parse(column), Check::Anything, "{version}: {column}");
                }
            }
        }
    }

    #[test]
    fn subcommands_are_found_by_all_their_names() {
        let table = FlagTable::of(None);
        let plugin = table.command(None, "plugins").unwrap();
        let install = table.command(Some(plugin), "i").unwrap();
        assert_eq!((plugin.name(), install.name()), ("plugin", "install"));
        assert!(install.flags.iter().any(|flag| flag.long() == "--scope"));
        assert!(table.command(None, "install").is_some_and(|command| command.words.len() == 1));
        assert!(table.command(Some(plugin), "status").is_none());
        assert!(table.command(None, "what").is_none());
    }

    /// Each table has a flag that the other lacks, as those of versions far apart do.
    #[test]
    fn each_version_takes_the_flags_of_its_table() {
        let newer = FlagTable::parse("2.0.0", "# newest\n-p, --print\n--came <value>\n");
        let older = FlagTable::parse("1.0.0", "-p, --print\n--went  hidden\n");
        let takes = |table: &FlagTable, args: &[&str]| {
            CommandLine::read_with(table, args, false).map(|_| ()).map_err(|why| why.to_string())
        };
        let unknown = |flag: &str| Err(format!("error: unknown option '{flag}'"));
        assert_eq!(takes(&newer, &["-p", "--came", "x"]), Ok(()));
        assert_eq!(takes(&newer, &["-p", "--went"]), unknown("--went"));
        assert_eq!(takes(&older, &["-p", "--went"]), Ok(()));
        assert_eq!(takes(&older, &["-p", "--came", "x"]), unknown("--came"));
    }

    #[test]
    fn an_unknown_version_has_the_flags_of_the_newest() {
        for version in [None, Some("9.9.9"), Some(CLI_VERSION)] {
            assert_eq!(FlagTable::of(version).version(), CLI_VERSION);
        }
        assert_eq!(FlagTable::of(Some("2.1.329")).version(), "2.1.329");
    }
}
