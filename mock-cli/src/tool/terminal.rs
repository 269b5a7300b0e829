//! What goes to a terminal: text without control characters, colours, progress.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value;

use crate::common::complain;
use crate::{Failure, clip};

/// What a command prints.
#[derive(clap::Args)]
pub(crate) struct Output {
    /// Print JSON, one object per line
    #[arg(long)]
    pub(crate) json: bool,
    /// Print nothing but errors; the exit code says what was found
    #[arg(long, conflicts_with = "json")]
    pub(crate) quiet: bool,
}

impl Output {
    /// Prints what was done or found: the line, the object, or neither.
    pub(crate) fn say(&self, line: impl fmt::Display, object: impl FnOnce() -> Value) {
        if self.is_text(object) {
            say(line);
        }
    }

    /// The same with the line on stderr.
    pub(crate) fn complain(&self, line: impl fmt::Display, object: impl FnOnce() -> Value) {
        if self.is_text(object) {
            complain(line);
        }
    }

    /// Prints a whole report, as [`print`] does.
    #[cfg(feature = "lab")]
    pub(crate) fn print(
        &self,
        report: &impl fmt::Display,
        object: impl FnOnce() -> Value,
    ) -> Result<(), Failure> {
        if self.is_text(object) {
            print(|out| write!(out, "{report}"))?;
        }
        Ok(())
    }

    /// Whether a text is wanted; if it is an object instead, prints that.
    fn is_text(&self, object: impl FnOnce() -> Value) -> bool {
        if self.json && !self.quiet {
            say_json(object());
        }
        !self.json && !self.quiet
    }
}

pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const RED: Style = AnsiColor::Red.on_default();
pub(crate) const GREEN: Style = AnsiColor::Green.on_default();
pub(crate) const YELLOW: Style = AnsiColor::Yellow.on_default();
pub(crate) const BLUE: Style = AnsiColor::Blue.on_default();
pub(crate) const MAGENTA: Style = AnsiColor::Magenta.on_default();
pub(crate) const CYAN: Style = AnsiColor::Cyan.on_default();

/// Text as it may be shown: control characters, which a terminal obeys, and marks that turn the
/// direction of a text are written as escapes. Tabs and line breaks stay.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    let is_hidden = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    if !text.contains(is_hidden) {
        return text.into();
    }
    let escaped = text.chars().map(|c| match is_hidden(c) {
        true => c.escape_default().to_string(),
        false => c.to_string(),
    });
    escaped.collect::<String>().into()
}

/// The start of a text on one line, and how much is left out.
pub(crate) fn clipped(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    clip(&line, most).into_owned()
}

/// Prints to stdout: in colour on a terminal only, and not with NO_COLOR. A reader that closes its
/// end early, as `head` does, is not an error.
pub(crate) fn print(print: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let mut out = io::BufWriter::new(anstream::stdout().lock());
    match print(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done.map_err(|error| format!("stdout: {error}")),
    }
}

/// Prints lines of work that goes on, as [`printable`] text. Unlike `println!` it does not panic
/// where the reader has closed its end: the files that follow are still done, and the exit code is
/// theirs.
pub(crate) fn say(lines: impl fmt::Display) {
    say_json(printable(&lines.to_string()));
}

/// The same for a line of JSON, which escapes what it must.
pub(crate) fn say_json(line: impl fmt::Display) {
    match writeln!(io::stdout(), "{line}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            complain(format_args!("claude-wire: stdout: {error}"));
        }
        _ => {}
    }
}

/// How far long work is, on stderr; only where stderr is a terminal.
pub(crate) fn progress(steps: usize, quiet: bool) -> ProgressBar {
    // What is soon done needs no bar.
    const FEW: usize = 3;
    if quiet || steps <= FEW {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {wide_msg}");
    ProgressBar::with_draw_target(Some(steps as u64), ProgressDrawTarget::stderr())
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_not_given_orders() {
        let cases = [
            ("plain\ttext\nand é", "plain\ttext\nand é"),
            ("\u{1b}]0;title\u{7}", "\\u{1b}]0;title\\u{7}"),
            ("a\rb\u{9b}2J", "a\\rb\\u{9b}2J"),
            ("user\u{202e}txt.exe", "user\\u{202e}txt.exe"),
        ];
        for (text, shown) in cases {
            assert_eq!(printable(text), shown);
        }
    }

    #[test]
    fn a_clipped_text_says_how_much_is_left_out() {
        assert_eq!(clipped("a  b\nc", 5), "a b c");
        assert_eq!(clipped("äöü and more", 3), "äöü… (9 more characters)");
    }
}
