//! The arguments, read as the CLI's own parser reads them.

use std::collections::VecDeque;
use std::fmt;

use crate::common::is_uuid;

use super::combined;
use super::flags::{Command, Flag, FlagTable, Value};
use super::help;
use super::suggest::did_you_mean;

/// What a command line asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Asked {
    /// To run: a session, or a subcommand.
    Run,
    /// To print the version.
    Version,
    /// To print the help.
    Help,
}

/// The arguments of a launch, read with the flags and subcommands of one version of the CLI.
#[derive(Clone, Debug, PartialEq)]
pub struct CommandLine {
    asked: Asked,
    unknown: Vec<String>,
    /// The same with the word after it, which may be its value: `--flag=word`.
    unknown_with_values: Vec<String>,
    /// The names of the subcommand.
    subcommand: Vec<&'static str>,
    /// The flags with their values, by long name, in the order of the arguments.
    given: Vec<(&'static str, Option<String>)>,
    /// What is not a flag.
    operands: Vec<String>,
    version: &'static str,
}

/// Arguments that the CLI refuses.
///
/// Its text is what the CLI writes to stderr before it exits with code 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedArguments(String);

impl fmt::Display for RefusedArguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RefusedArguments {}

impl CommandLine {
    /// Reads the arguments with the table of a version of the CLI. `lenient` accepts unknown flags.
    ///
    /// # Errors
    /// If the CLI would refuse them: an unknown flag, a missing value, a wrong one.
    pub fn read(
        args: &[impl AsRef<str>],
        version: Option<&str>,
        lenient: bool,
    ) -> Result<Self, RefusedArguments> {
        Self::read_with(FlagTable::of(version), args, lenient)
    }

    pub(super) fn read_with(
        table: &FlagTable,
        args: &[impl AsRef<str>],
        lenient: bool,
    ) -> Result<Self, RefusedArguments> {
        let (line, command) = Self::parse(table, args, lenient)?;
        if line.asked == Asked::Run {
            let value = |name: &str| line.value(name);
            combined::check(table, command, &value, &line.operands).map_err(RefusedArguments)?;
        }
        Ok(line)
    }

    /// Reads a part of a command line: what must follow may be missing.
    ///
    /// # Errors
    /// If the CLI does not know a flag, or refuses its value.
    pub(in crate::player) fn part(args: &[impl AsRef<str>]) -> Result<Self, RefusedArguments> {
        Self::parse(FlagTable::of(None), args, false).map(|(line, _)| line)
    }

    fn parse<'a>(
        table: &'a FlagTable,
        args: &[impl AsRef<str>],
        lenient: bool,
    ) -> Result<(Self, Option<&'a Command>), RefusedArguments> {
        let args: VecDeque<String> = args.iter().map(|arg| arg.as_ref().to_owned()).collect();
        // In print mode the CLI has no subcommands.
        let prints = args.iter().take_while(|arg| *arg != "--").any(|arg| is_print(arg));
        let mut argv = Argv {
            table,
            command: None,
            prints,
            wants_help: false,
            line: Self {
                asked: if args == ["-V"] { Asked::Version } else { Asked::Run },
                unknown: Vec::new(),
                unknown_with_values: Vec::new(),
                subcommand: Vec::new(),
                given: Vec::new(),
                operands: Vec::new(),
                version: table.version(),
            },
        };
        if argv.line.asked == Asked::Run {
            argv.read(args).map_err(RefusedArguments)?;
            if argv.wants_help {
                argv.line.asked = Asked::Help;
            }
        }
        match argv.line.unknown.first() {
            _ if argv.line.asked != Asked::Run => {}
            Some(flag) if !lenient => {
                let known = argv.flags().iter().filter(|known| !known.hidden);
                let guess = did_you_mean(flag, known.map(Flag::long));
                return Err(RefusedArguments(format!("error: unknown option '{flag}'{guess}")));
            }
            _ => {}
        }
        Ok((argv.line, argv.command))
    }

    /// What the arguments ask for.
    pub fn asked(&self) -> Asked {
        self.asked
    }

    /// The flags that the table does not have, as they were given.
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }

    /// The unknown flags, each with the word that may be its value.
    pub(super) fn unknown_with_values(&self) -> &[String] {
        &self.unknown_with_values
    }

    /// The words of the subcommand, by their main names; empty for a session.
    pub fn subcommand(&self) -> &[&'static str] {
        &self.subcommand
    }

    /// Whether it runs no session: it asks for the version, a help, or a subcommand.
    pub fn prints(&self) -> bool {
        self.asked != Asked::Run || !self.subcommand.is_empty()
    }

    /// What the CLI prints for `--help` of the command that it names, or of a subcommand: its layout
    /// and its flags, with descriptions of this library.
    pub fn help(&self) -> String {
        let table = FlagTable::of(Some(self.version));
        help::page(table, table.named(&self.subcommand))
    }

    /// The prompt among the arguments. The CLI takes the first argument that belongs to no flag,
    /// and ignores further ones. An empty one is none.
    pub fn prompt(&self) -> Option<&str> {
        let prompt = self.operands.first().filter(|_| self.subcommand.is_empty())?;
        Some(prompt.as_str()).filter(|prompt| !prompt.is_empty())
    }

    /// The form of output that it names: `text`, `json` or `stream-json`. Without one, the CLI
    /// prints text, or has a person at a terminal.
    pub fn output_format(&self) -> Option<&str> {
        self.value("--output-format")
    }

    /// What follows a subcommand without being a flag.
    pub(in crate::player) fn arguments(&self) -> &[String] {
        if self.subcommand.is_empty() { &[] } else { &self.operands }
    }

    pub(in crate::player) fn given(&self) -> &[(&'static str, Option<String>)] {
        &self.given
    }

    /// The last value of a flag, by its long name; empty for one without a value.
    pub(in crate::player) fn value(&self, name: &str) -> Option<&str> {
        let given = self.given.iter().rev().find(|(given, _)| *given == name);
        given.map(|(_, value)| value.as_deref().unwrap_or_default())
    }

    /// A flag of the subcommand, or else of the main command.
    pub(super) fn flag(&self, name: &str) -> Option<&'static Flag> {
        let table = FlagTable::of(Some(self.version));
        let command = table.named(&self.subcommand);
        let own = command.into_iter().flat_map(|command| &command.flags);
        own.chain(table.flags()).find(|flag| flag.names.contains(&name))
    }
}

struct Argv<'a> {
    table: &'a FlagTable,
    /// The subcommand whose flags are read.
    command: Option<&'a Command>,
    prints: bool,
    /// After the word `help` of a subcommand: the words that follow name what is explained.
    wants_help: bool,
    line: CommandLine,
}

impl<'a> Argv<'a> {
    fn flags(&self) -> &'a [Flag] {
        match self.command {
            Some(command) => &command.flags,
            None => self.table.flags(),
        }
    }

    fn read(&mut self, mut args: VecDeque<String>) -> Result<(), String> {
        let mut several = None;
        // The last argument was a flag that is not known: a word after it may be its value.
        let mut unknown_before = false;
        while let Some(arg) = args.pop_front() {
            let may_be_value = std::mem::take(&mut unknown_before);
            if arg == "--" {
                self.line.operands.extend(args);
                break;
            }
            if !is_flag(&arg) {
                match several {
                    Some(flag) => self.take(flag, arg)?,
                    None if may_be_value => self.take_unknown(&arg),
                    None => self.operand(arg),
                }
                continue;
            }
            several = None;
            if let Some(flag) = self.find(&arg) {
                let value = match flag.value {
                    Value::None => None,
                    Value::Optional if args.front().is_some_and(|next| !is_flag(next)) => {
                        args.pop_front()
                    }
                    Value::Optional => None,
                    Value::Required => {
                        let missing = format!("error: option '{}' argument missing", flag.spec);
                        Some(args.pop_front().ok_or(missing)?)
                    }
                };
                self.give(flag, value)?;
                several = flag.variadic.then_some(flag);
            } else if let Some((flag, rest)) = self.find_short(&arg) {
                if flag.value == Value::None {
                    self.give(flag, None)?;
                    args.push_front(format!("-{rest}"));
                } else {
                    self.give(flag, Some(rest))?;
                }
            } else if let Some((flag, value)) = self.find_with_value(&arg) {
                self.give(flag, Some(value))?;
            } else {
                unknown_before = !arg.contains('=');
                self.line.unknown_with_values.push(arg.clone());
                self.line.unknown.push(arg);
            }
            if self.line.asked != Asked::Run {
                break;
            }
        }
        Ok(())
    }

    /// A word that may be the value of the last unknown flag.
    fn take_unknown(&mut self, word: &str) {
        if let Some(flag) = self.line.unknown_with_values.last_mut() {
            flag.push('=');
            flag.push_str(word);
        }
    }

    /// A word of a subcommand, where one can come, or else a prompt or an argument.
    fn operand(&mut self, word: String) {
        let line = &mut self.line;
        let first = line.operands.is_empty() && line.unknown.is_empty() && !self.prints;
        match self.table.command(self.command, &word).filter(|_| first) {
            Some(command) => {
                line.subcommand.push(command.name());
                self.command = Some(command);
            }
            None if first
                && word == "help"
                && self.command.is_some_and(|one| self.table.has_more(one)) =>
            {
                self.wants_help = true;
            }
            None => line.operands.push(word),
        }
    }

    fn find(&self, name: &str) -> Option<&'a Flag> {
        let help = || self.table.flag(name).filter(|flag| flag.long() == "--help");
        self.flags().iter().find(|flag| flag.names.contains(&name)).or_else(help)
    }

    /// `-pv`: a short flag followed by something.
    fn find_short(&self, arg: &str) -> Option<(&'a Flag, String)> {
        if arg.starts_with("--") {
            return None;
        }
        let at = arg.char_indices().nth(2)?.0;
        let (short, rest) = arg.split_at(at);
        Some((self.find(short)?, rest.to_owned()))
    }

    /// `--model=opus`.
    fn find_with_value(&self, arg: &str) -> Option<(&'a Flag, String)> {
        let (name, value) = arg.split_once('=')?;
        let flag =
            self.find(name).filter(|flag| name.starts_with("--") && flag.value != Value::None)?;
        Some((flag, value.to_owned()))
    }

    fn give(&mut self, flag: &Flag, value: Option<String>) -> Result<(), String> {
        match flag.long() {
            "--version" => self.line.asked = Asked::Version,
            "--help" => self.line.asked = Asked::Help,
            _ => {}
        }
        match value {
            Some(value) => self.take(flag, value),
            None => {
                self.line.given.push((flag.long(), None));
                Ok(())
            }
        }
    }

    fn take(&mut self, flag: &Flag, value: String) -> Result<(), String> {
        if let Some(why) = flag.refuse(&value) {
            return Err(format!(
                "error: option '{}' argument '{value}' is invalid. {why}",
                flag.spec
            ));
        }
        self.line.given.push((flag.long(), Some(value)));
        Ok(())
    }
}

/// The value of a flag that needs one, also in arguments that the CLI refuses. Of several, the last
/// counts.
pub(in crate::player) fn last_value<'a>(args: &'a [String], flag: &str) -> Option<&'a str> {
    let mut args = args.iter().take_while(|arg| *arg != "--");
    let mut last = None;
    while let Some(arg) = args.next() {
        let value = match arg.strip_prefix(flag) {
            Some("") => args.next().map(String::as_str),
            Some(joined) => joined.strip_prefix('='),
            None => None,
        };
        last = value.or(last);
    }
    last
}

/// Whether the CLI prints its answer and ends: it is asked to, or has its prompt among the arguments.
pub(in crate::player) fn prints(args: &[String]) -> bool {
    match CommandLine::read(args, None, true) {
        Ok(line) => line.value("--print").is_some() || line.prompt().is_some(),
        Err(_) => args.iter().take_while(|arg| *arg != "--").any(|arg| is_print(arg)),
    }
}

/// The session that the arguments name, for a launch that goes on with it or begins it.
pub(in crate::player) fn named_session(args: &[String]) -> Option<String> {
    let line = CommandLine::read(args, None, true).ok()?;
    let resumed = || line.value("--resume").filter(|_| line.value("--fork-session").is_none());
    let named = line.value("--session-id").or_else(resumed)?;
    is_uuid(named.as_bytes()).then(|| named.to_owned())
}

/// Whether a CLI with these arguments reads text from stdin, and not lines of the protocol.
pub(in crate::player) fn reads_text(args: &[String]) -> bool {
    last_value(args, "--input-format") != Some("stream-json")
}

fn is_flag(arg: &str) -> bool {
    arg.len() > 1 && arg.starts_with('-')
}

/// `-p`, `--print`.
fn is_print(arg: &str) -> bool {
    matches!(arg, "-p" | "--print")
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAMS: [&str; 6] =
        ["-p", "--output-format", "stream-json", "--input-format", "stream-json", "--verbose"];

    fn read(args: &[&str]) -> Result<CommandLine, String> {
        CommandLine::read(args, None, false).map_err(|why| why.to_string())
    }

    fn asked(args: &[&str]) -> Result<Asked, String> {
        read(args).map(|line| line.asked())
    }

    fn with(args: &[&str]) -> Result<Asked, String> {
        asked(&[&STREAMS, args].concat())
    }

    #[test]
    fn accepts_what_the_cli_accepts() {
        for args in [
            &["--model", "--verbose"][..],
            &["--model=opus"],
            &["--model", "-v"],
            &["--resume", "--verbose"],
            &["-rabc"],
            &["--allowedTools", "Bash", "Read", "--allowed-tools=Edit"],
            &["--permission-mode", "default"],
            &["--max-turns", "-3"],
            &["--max-turns", ""],
            &["--debug"],
            &["-d2e"],
            &["--tools", ""],
            &["--session-id", "11111111-2222-4333-8444-555555555555"],
            &["--", "--nope"],
            &["a prompt"],
            &["-"],
        ] {
            assert_eq!(with(args), Ok(Asked::Run), "{args:?}");
        }
    }

    #[test]
    fn refuses_what_the_cli_refuses_in_the_same_words() {
        // Seen with CLI 2.1.329.
        for (args, text) in [
            (&["--cwd", "/x"][..], "error: unknown option '--cwd'"),
            (&["--timeout", "5"], "error: unknown option '--timeout'"),
            (&["-q"], "error: unknown option '-q'"),
            (&["--modle", "x"], "error: unknown option '--modle'\n(Did you mean --model?)"),
            (&["--verbose=1"], "error: unknown option '--verbose=1'\n(Did you mean --verbose?)"),
            (&["--no-such-flag=3"], "error: unknown option '--no-such-flag=3'"),
            (&["-c=1"], "error: unknown option '-=1'"),
            (&["--add-dir", "/tmp", "--no-such"], "error: unknown option '--no-such'"),
            (&["--cwd", "--model"], "error: option '--model <model>' argument missing"),
            (
                &["--thinking", "bogus"],
                "error: option '--thinking <mode>' argument 'bogus' is invalid. Allowed choices are enabled, adaptive, disabled.",
            ),
            (
                &["--input-format", "xml"],
                "error: option '--input-format <format>' argument 'xml' is invalid. Allowed choices are text, stream-json.",
            ),
            (
                &["--max-turns", "abc"],
                "error: option '--max-turns <turns>' argument 'abc' is invalid. must be a number",
            ),
            (
                &["--max-budget-usd", "-1"],
                "error: option '--max-budget-usd <amount>' argument '-1' is invalid. --max-budget-usd must be a number greater than 0",
            ),
            (
                &["--task-budget", "x"],
                "error: option '--task-budget <tokens>' argument 'x' is invalid. --task-budget must be a positive integer",
            ),
            (
                &["--output-format", "text"],
                "Error: --input-format=stream-json requires output-format=stream-json.",
            ),
            (&["--session-id", "abc"], "Error: Invalid session ID. Must be a valid UUID."),
        ] {
            assert_eq!(with(args), Err(text.to_owned()), "{args:?}");
        }
    }

    #[test]
    fn the_version_is_printed_whatever_else_is_given() {
        for args in [
            &["-v"][..],
            &["-V"],
            &["-pv"],
            &["--version", "--nope"],
            &["--nope", "--version"],
            &["-x", "--version", "--model"],
        ] {
            assert_eq!(asked(args), Ok(Asked::Version), "{args:?}");
        }
        assert_eq!(asked(&["-h"]), Ok(Asked::Help));
    }

    #[test]
    fn lenient_accepts_unknown_flags_and_no_other_error() {
        let lenient = |args: &[&str]| CommandLine::read(args, None, true);
        let line = lenient(&["--cwd", "/x", "--future-flag=1"]).unwrap();
        assert_eq!(
            (line.asked(), line.unknown()),
            (Asked::Run, &["--cwd", "--future-flag=1"].map(String::from)[..])
        );
        assert_eq!(line.prompt(), None, "it may be the value of the flag");
        assert_eq!(lenient(&["--future-flag=1", "hi"]).unwrap().prompt(), Some("hi"));
        assert!(lenient(&["--thinking", "bogus"]).is_err());
    }

    #[test]
    fn the_first_argument_of_no_flag_is_the_prompt() {
        for (args, prompt) in [
            (&["-p", "hi"][..], Some("hi")),
            (&["hi", "-p"], Some("hi")),
            (&["-p", "hi", "there"], Some("hi")),
            (&["--print", "--model", "opus", "--", "--hi"], Some("--hi")),
            (&["-p", "--resume", "hi"], None),
            (&["-p", "--allowedTools", "Read", "hi"], None),
            (&["-p", "--allowedTools=Read", "--", "hi"], Some("hi")),
            (&["-p", ""], None),
            (&["-p", "auth", "status"], Some("auth")),
            (&["-p", "--", "auth", "status"], Some("auth")),
            (&["-p"], None),
        ] {
            let line = read(args).unwrap();
            assert_eq!((line.prompt(), line.subcommand()), (prompt, &[][..]), "{args:?}");
        }
    }

    #[test]
    fn subcommands_have_their_own_flags() {
        // Seen with CLI 2.1.332.
        for (args, words, arguments) in [
            (&["auth", "status", "--json"][..], &["auth", "status"][..], &[][..]),
            (&["--model", "x", "auth", "status", "--json"], &["auth", "status"], &[]),
            (&["doctor"], &["doctor"], &[]),
            (&["mcp", "list"], &["mcp", "list"], &[]),
            (&["mcp", "get", "n"], &["mcp", "get"], &["n"]),
            (&["mcp", "get", "auth"], &["mcp", "get"], &["auth"]),
            (
                &["mcp", "add", "--scope", "user", "n", "cmd", "--", "--flag", "arg"],
                &["mcp", "add"],
                &["n", "cmd", "--flag", "arg"],
            ),
            (&["mcp", "remove", "--scope=user", "n"], &["mcp", "remove"], &["n"]),
            (&["plugins", "i", "-y", "p"], &["plugin", "install"], &["p"]),
            (&["--", "auth", "status"], &[], &[]),
        ] {
            let line = read(args).unwrap();
            assert_eq!(
                (line.subcommand(), line.arguments()),
                (words, &arguments.iter().map(ToString::to_string).collect::<Vec<_>>()[..]),
                "{args:?}"
            );
        }
        for (args, text) in [
            (&["auth", "status", "--bogus"][..], "error: unknown option '--bogus'"),
            (&["auth", "--model", "x", "status"], "error: unknown option '--model'"),
            (&["mcp", "list", "--verbose"], "error: unknown option '--verbose'"),
            (&["mcp", "add", "n", "cmd", "--flag"], "error: unknown option '--flag'"),
            (
                &["plugins", "list", "--jsom"],
                "error: unknown option '--jsom'\n(Did you mean --json?)",
            ),
            (&["-p", "auth", "status", "--json"], "error: unknown option '--json'"),
            (&["mcp", "add", "--scope"], "error: option '-s, --scope <scope>' argument missing"),
            (&["mcp", "remove"], "error: missing required argument 'name'"),
            (&["mcp", "add", "n"], "error: missing required argument 'commandOrUrl'"),
            (&["auth", "status", "--json", "--print"], "error: unknown option '--json'"),
        ] {
            assert_eq!(read(args).map(|_| ()), Err(text.to_owned()), "{args:?}");
        }
        assert_eq!(asked(&["mcp", "list", "-h"]), Ok(Asked::Help));
    }
}
