//! Rules for flags that only some others allow, and for the arguments of subcommands.

use crate::common::is_uuid;

use super::flags::{Command, FlagTable};
use super::help;
use super::suggest::did_you_mean_command;

/// The last value of a flag; empty for one without a value.
type Value<'a> = &'a dyn Fn(&str) -> Option<&'a str>;

/// Why the CLI refuses arguments of which each is allowed (CLI 2.1.329 and 2.1.332). `words` are
/// those that are neither flags nor of the subcommand.
pub(super) fn check<'a>(
    table: &FlagTable,
    command: Option<&Command>,
    value: Value<'a>,
    words: &[String],
) -> Result<(), String> {
    match command {
        Some(command) => check_command(table, command, words),
        None => check_session(value),
    }
}

fn check_command(table: &FlagTable, command: &Command, words: &[String]) -> Result<(), String> {
    if table.has_more(command) {
        return Err(match words.first() {
            // Its help is the error.
            None => help::page(table, Some(command)).trim_end().to_owned(),
            Some(word) => {
                let known = table.below(Some(command)).map(Command::name);
                let guess = did_you_mean_command(word, known);
                format!("error: unknown command '{word}'{guess}")
            }
        });
    }
    let missing = command.required.get(words.len());
    missing.map_or(Ok(()), |name| Err(format!("error: missing required argument '{name}'")))
}

fn check_session(value: Value<'_>) -> Result<(), String> {
    let has = |name| value(name).is_some();
    let streams_in = value("--input-format") == Some("stream-json");
    let streams_out = value("--output-format") == Some("stream-json");
    // A command line that says nothing of this is a part of one, in a test.
    let is_whole = ["--print", "--output-format", "--input-format"].into_iter().any(has);
    let rules = [
        (
            streams_in && !streams_out,
            "--input-format=stream-json requires output-format=stream-json.",
        ),
        (
            is_whole && has("--replay-user-messages") && !(streams_in && streams_out),
            "--replay-user-messages requires both --input-format=stream-json and --output-format=stream-json.",
        ),
        (
            is_whole && has("--include-partial-messages") && !streams_out,
            "--include-partial-messages requires --print and --output-format=stream-json.",
        ),
        // Without a terminal the CLI prints, whether it is asked to or not.
        (
            streams_out && !has("--verbose"),
            "When using --print, --output-format=stream-json requires --verbose",
        ),
        (
            value("--session-id").is_some_and(|id| !is_uuid(id.as_bytes())),
            "Invalid session ID. Must be a valid UUID.",
        ),
        (
            has("--session-id") && (has("--resume") || has("--continue")) && !has("--fork-session"),
            "--session-id with --continue or --resume also needs --fork-session.",
        ),
    ];
    let broken = rules.into_iter().find(|(is_broken, _)| *is_broken);
    broken.map_or(Ok(()), |(_, why)| Err(format!("Error: {why}")))
}

#[cfg(test)]
mod tests {
    use crate::player::CommandLine;

    const IN: [&str; 2] = ["--input-format", "stream-json"];
    const OUT: [&str; 3] = ["--output-format", "stream-json", "--verbose"];
    const ID: [&str; 2] = ["--session-id", "11111111-2222-4333-8444-555555555555"];

    fn why(args: &[&[&str]]) -> Option<String> {
        let read = CommandLine::read(&args.concat(), None, false);
        read.err().map(|error| error.to_string())
    }

    #[test]
    fn flags_that_need_others_are_refused_without_them() {
        let partial: &[&str] = &["--include-partial-messages"];
        let replays: &[&str] = &["--replay-user-messages"];
        for (args, says) in [
            (&[&IN[..], &["--output-format=text"]][..], "output-format=stream-json."),
            (&[&["-p"], replays], "--replay-user-messages requires both"),
            (&[&["-p"], &OUT, replays], "--replay-user-messages requires both"),
            (&[&["-p"], partial], "--include-partial-messages requires"),
            (&[&["-p", "--output-format=json"], partial], "--include-partial-messages requires"),
            (&[&OUT[..2]], "requires --verbose"),
            (&[&OUT[..2], &IN, &["-p"]], "requires --verbose"),
            (&[&OUT, &IN, &ID, &["--continue"]], "also needs --fork-session."),
            (&[&["-p", "a", "-r", "b"], &ID], "also needs --fork-session."),
        ] {
            let why = why(args);
            assert!(why.as_ref().is_some_and(|why| why.contains(says)), "{args:?}: {why:?}");
        }
        for args in [
            &[&OUT[..], &IN, partial, replays, &ID][..],
            &[&OUT, partial, &["a prompt"]],
            &[&ID, &["-p", "a", "--continue", "--fork-session"]],
            &[&ID, &["-p", "a", "-r", "b", "--fork-session"]],
        ] {
            assert_eq!(why(args), None, "{args:?}");
        }
    }

    #[test]
    fn words_that_are_not_commands_are_refused_in_the_words_of_the_cli() {
        for (args, says) in [
            (&["auth", "bogus"][..], "error: unknown command 'bogus'\n(Did you mean logout?)"),
            (&["auth", "xyzzy", "status"], "error: unknown command 'xyzzy'"),
            (&["plugin", "lst"], "error: unknown command 'lst'\n(Did you mean list?)"),
            (&["mcp", "ls"], "error: unknown command 'ls'\n(Did you mean list?)"),
            (&["mcp", "get"], "error: missing required argument 'name'"),
            (&["auth", "--text"], "error: unknown option '--text'"),
        ] {
            assert_eq!(why(&[args]).as_deref(), Some(says), "{args:?}");
        }
        let usage = why(&[&["auth"]]).unwrap_or_default();
        assert!(usage.starts_with("Usage: claude auth [options] [command]\n"), "{usage}");
        assert_eq!(why(&[&["auth", "status", "extra"]]), None);
    }
}
