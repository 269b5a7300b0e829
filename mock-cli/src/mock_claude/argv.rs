//! The arguments, read as the CLI's own parser reads them.

use super::flags::{Flag, Value};
use super::suggest::did_you_mean;
use crate::is_uuid;

/// What the arguments ask for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Asked {
    Run,
    Version,
    Help,
}

/// The arguments, understood.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Read {
    pub(crate) asked: Asked,
    /// The flags that are not known, as they were given.
    pub(crate) unknown: Vec<String>,
}

/// Reads the arguments. A refusal is the text that the CLI writes to stderr before it exits with
/// code 1.
///
/// `lenient` accepts unknown flags. An argument that is not a flag is a prompt; the recording
/// decides about it.
pub(crate) fn read(args: &[String], flags: Vec<Flag>, lenient: bool) -> Result<Read, String> {
    if args == ["-V"] {
        return Ok(Read { asked: Asked::Version, unknown: Vec::new() });
    }
    let mut argv = Argv { flags, given: Vec::new(), unknown: Vec::new(), asked: Asked::Run };
    argv.read(args)?;
    match argv.unknown.first() {
        _ if argv.asked != Asked::Run => {}
        Some(flag) if !lenient => {
            let visible = argv.flags.iter().filter(|known| !known.hidden).map(Flag::long);
            return Err(format!("error: unknown option '{flag}'{}", did_you_mean(flag, visible)));
        }
        _ => argv.together()?,
    }
    Ok(Read { asked: argv.asked, unknown: argv.unknown })
}

struct Argv {
    flags: Vec<Flag>,
    /// The flags with their values, by long name.
    given: Vec<(&'static str, String)>,
    /// The unknown flags. The first is reported last: what is known may be wrong as well.
    unknown: Vec<String>,
    asked: Asked,
}

impl Argv {
    fn read(&mut self, args: &[String]) -> Result<(), String> {
        let mut args = args.iter().cloned().collect::<std::collections::VecDeque<_>>();
        let mut several = None;
        while let Some(arg) = args.pop_front() {
            if arg == "--" {
                break;
            }
            if !is_flag(&arg) {
                if let Some(flag) = several {
                    self.take(flag, arg)?;
                }
                continue;
            }
            several = None;
            if let Some(flag) = self.find(&arg) {
                let value = match self.flags[flag].value {
                    Value::None => None,
                    Value::Optional if args.front().is_some_and(|next| !is_flag(next)) => {
                        args.pop_front()
                    }
                    Value::Optional => None,
                    Value::Required => {
                        let missing =
                            format!("error: option '{}' argument missing", self.flags[flag].spec);
                        Some(args.pop_front().ok_or(missing)?)
                    }
                };
                self.give(flag, value)?;
                several = self.flags[flag].variadic.then_some(flag);
            } else if let Some((flag, rest)) = self.find_short(&arg) {
                if self.flags[flag].value == Value::None {
                    self.give(flag, None)?;
                    args.push_front(format!("-{rest}"));
                } else {
                    self.give(flag, Some(rest))?;
                }
            } else if let Some((flag, value)) = self.find_with_value(&arg) {
                self.give(flag, Some(value))?;
            } else {
                self.unknown.push(arg);
            }
            if self.asked != Asked::Run {
                break;
            }
        }
        Ok(())
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.flags.iter().position(|flag| flag.names.contains(&name))
    }

    /// `-pv`: a short flag followed by something.
    fn find_short(&self, arg: &str) -> Option<(usize, String)> {
        if arg.starts_with("--") {
            return None;
        }
        let at = arg.char_indices().nth(2)?.0;
        let (short, rest) = arg.split_at(at);
        Some((self.find(short)?, rest.to_owned()))
    }

    /// `--model=opus`.
    fn find_with_value(&self, arg: &str) -> Option<(usize, String)> {
        let (name, value) = arg.split_once('=')?;
        let flag = self
            .find(name)
            .filter(|flag| name.starts_with("--") && self.flags[*flag].value != Value::None)?;
        Some((flag, value.to_owned()))
    }

    fn give(&mut self, flag: usize, value: Option<String>) -> Result<(), String> {
        match self.flags[flag].long() {
            "--version" => self.asked = Asked::Version,
            "--help" => self.asked = Asked::Help,
            _ => {}
        }
        match value {
            Some(value) => self.take(flag, value),
            None => {
                self.given.push((self.flags[flag].long(), String::new()));
                Ok(())
            }
        }
    }

    fn take(&mut self, flag: usize, value: String) -> Result<(), String> {
        let flag = &self.flags[flag];
        if let Some(why) = flag.refuse(&value) {
            return Err(format!(
                "error: option '{}' argument '{value}' is invalid. {why}",
                flag.spec
            ));
        }
        self.given.push((flag.long(), value));
        Ok(())
    }

    /// The rules for combinations of flags.
    fn together(&self) -> Result<(), String> {
        let value = |name| {
            self.given
                .iter()
                .rev()
                .find(|(given, _)| *given == name)
                .map(|(_, value)| value.as_str())
        };
        let streams_in = value("--input-format") == Some("stream-json");
        let streams_out = value("--output-format") == Some("stream-json");
        if streams_in && !streams_out {
            return Err(
                "Error: --input-format=stream-json requires output-format=stream-json.".to_owned()
            );
        }
        if value("--print").is_some() && streams_out && value("--verbose").is_none() {
            return Err(
                "Error: When using --print, --output-format=stream-json requires --verbose"
                    .to_owned(),
            );
        }
        if value("--session-id").is_some_and(|id| !is_uuid(id)) {
            return Err("Error: Invalid session ID. Must be a valid UUID.".to_owned());
        }
        Ok(())
    }
}

fn is_flag(arg: &str) -> bool {
    arg.len() > 1 && arg.starts_with('-')
}

#[cfg(test)]
mod tests {
    use super::super::flags;
    use super::*;

    const STREAMS: [&str; 6] =
        ["-p", "--output-format", "stream-json", "--input-format", "stream-json", "--verbose"];

    fn asked(args: &[&str]) -> Result<Asked, String> {
        read(&args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>(), flags::of(None), false)
            .map(|read| read.asked)
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
        assert_eq!(
            asked(&["-p", "--output-format", "stream-json"]),
            Err("Error: When using --print, --output-format=stream-json requires --verbose"
                .to_owned())
        );
        assert_eq!(
            asked(&["--output-format", "stream-json"]),
            Ok(Asked::Run),
            "without --print the CLI does not insist"
        );
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
        let lenient = |args: &[&str]| {
            read(
                &args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>(),
                flags::of(None),
                true,
            )
        };
        let unknown = vec!["--cwd".to_owned(), "--future-flag=1".to_owned()];
        assert_eq!(
            lenient(&["--cwd", "/x", "--future-flag=1"]),
            Ok(Read { asked: Asked::Run, unknown })
        );
        assert!(lenient(&["--thinking", "bogus"]).is_err());
    }
}
