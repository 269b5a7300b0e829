//! The form of the CLI's output that a launch asks for.

use super::launch::{last_value, prints};

/// The form of the CLI's output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum OutputFormat {
    /// The form that the recording has.
    #[default]
    AsRecorded,
    StreamJson,
    Json {
        /// All messages, as an array.
        all: bool,
    },
    Text,
}

impl OutputFormat {
    /// The form that a launch with these arguments asks for.
    pub(super) fn of(args: &[String]) -> Self {
        match last_value(args, "--output-format") {
            Some("stream-json") => Self::StreamJson,
            Some("json") => Self::Json { all: args.iter().any(|arg| arg == "--verbose") },
            Some(_) => Self::Text,
            None if prints(args) => Self::Text,
            None => Self::AsRecorded,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_is_that_of_the_flag() {
        let of = |args: &[&str]| {
            OutputFormat::of(&args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(of(&["-p", "--output-format", "stream-json"]), OutputFormat::StreamJson);
        assert_eq!(of(&["--output-format=json"]), OutputFormat::Json { all: false });
        assert_eq!(of(&["--verbose", "--output-format", "json"]), OutputFormat::Json { all: true });
        assert_eq!(of(&["--output-format", "text"]), OutputFormat::Text);
        for args in [
            &["-p", "hello"][..],
            &["--print"],
            &["--model", "opus", "-p"],
            &["-pc"],
            &["-cp"],
            &["hello"],
            &["-p", "--input-format", "stream-json"],
        ] {
            assert_eq!(of(args), OutputFormat::Text, "{args:?}");
        }
        for args in [&["-c"][..], &["--model", "-p"], &["auth", "status"], &["--verbose"], &[]] {
            assert_eq!(of(args), OutputFormat::AsRecorded, "{args:?}");
        }
        // Of several, the last counts, in either spelling.
        let (json, text) = (OutputFormat::Json { all: false }, OutputFormat::Text);
        assert_eq!(of(&["--output-format=json", "--output-format", "text"]), text);
        assert_eq!(of(&["--output-format", "text", "--output-format=json"]), json);
        assert_eq!(of(&["--output-format=text", "--output-format=json"]), json);
        // What is not a flag.
        assert_eq!(of(&["--output-format=json", "--", "--output-format=text"]), json);
        assert_eq!(of(&["--output-format-x", "--verbose"]), OutputFormat::AsRecorded);
    }
}
