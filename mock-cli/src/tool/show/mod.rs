//! `show`: a recording for people, as a transcript or as a page.

mod next_to;
mod page;
mod read;
mod text;

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use self::next_to::Shown;
pub(crate) use self::page::RECORDING_TYPE;
pub(crate) use self::read::Read;
pub(crate) use self::text::{Style, Transcript};
use super::arguments::may_write;
use super::files::{end, recordings, recordings_help};
use super::terminal::{BOLD, Output, print, progress};
use super::timeline::Timeline;
use crate::common::complain;
use crate::{Failure, Found};

/// Show recordings: as a transcript, or as a page for a browser.
///
/// A transcript has a line for each event: when it happened, who wrote it (`>` the program, `<` the
/// CLI, `!` the CLI on stderr, `-` the recorder), and what it says. Requests, tool calls and
/// prompts show how long their answers took. Long values are cut, and the pieces of a reply that is
/// streamed are counted; --all shows everything. --json prints an object for each event, with its
/// line in the file. Control characters are escaped. Colours are for
/// terminals only, and NO_COLOR turns them off.
///
/// As a textconv, it makes `git diff` show what changed in a recording, without times and ids:
/// put `recordings/**/*.jsonl diff=claude-wire` into .gitattributes, and run
/// `git config diff.claude-wire.textconv "claude-wire show --textconv"`. A file that is not a
/// recording is then shown as it is.
///
/// --html writes one page that opens from its file, without a server or a network: both directions
/// of the wire on a time line, who waits for whom, turns, sub-agents, tools, costs, a search, and
/// each raw line on demand. --next-to puts a second run next to the first, line by line; the
/// recordings of two folders are paired by name, or in the order of their launches if no name is in
/// both. Text from a recording is never markup in the page. `claude-wire extract`, or a button of
/// the page, takes the recordings out again, to the byte; so redact them before you share the page.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  claude-wire show recordings/2.1.332/sub-agent.jsonl
  claude-wire show --all session.jsonl | less
  claude-wire show --json session.jsonl | jq 'select(.class == \"tool_call\")'
  claude-wire show --html session.html session.jsonl
  claude-wire show --html both.html before.jsonl --next-to after.jsonl
  claude-wire show --html both.html before/ --next-to after/

Exit codes: 0 all are shown, 2 one could not be read (the others are shown), or the page not be written.")]
pub(crate) struct Arguments {
    #[arg(required = true, value_name = "RECORDING", help = recordings_help!())]
    paths: Vec<PathBuf>,
    /// Show every line, and the whole of it
    #[arg(long)]
    all: bool,
    /// Leave out times, durations and costs, which differ from run to run
    #[arg(long)]
    no_times: bool,
    /// Write a page for a browser
    #[arg(long, value_name = "PAGE", conflicts_with_all = ["all", "no_times", "json"])]
    html: Option<PathBuf>,
    /// For git: without times, and a file that is not a recording as it is
    #[arg(long, conflicts_with_all = ["all", "json", "quiet", "html"])]
    textconv: bool,
    /// Show these next to the recordings: a recording, or a folder of them
    #[arg(long, value_name = "OTHER", requires = "html")]
    next_to: Option<PathBuf>,
    /// Replace PAGE if it exists
    #[arg(long, requires = "html")]
    force: bool,
    #[command(flatten)]
    printed: Output,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Found, Failure> {
    if let Some(page) = &arguments.html {
        return write_page(page, arguments);
    }
    let (files, mut failures) = recordings(&arguments.paths);
    let times = !arguments.no_times && !arguments.textconv;
    let style = Style { all: arguments.all, times };
    let done = print(|out| {
        for (index, path) in files.iter().enumerate() {
            let read = match Read::open(path) {
                Ok(read) => read,
                Err(why) => {
                    if !(arguments.textconv && copied(path, out)?) {
                        failures.push(why);
                    }
                    continue;
                }
            };
            if arguments.printed.quiet {
                continue;
            }
            if arguments.printed.json {
                for row in 0..read.timeline.rows.len() {
                    writeln!(out, "{}", event(&read, row))?;
                }
                continue;
            }
            if files.len() > 1 {
                let gap = if index > 0 { "\n" } else { "" };
                writeln!(out, "{gap}{BOLD}== {}{BOLD:#}", path.display())?;
            }
            let mut transcript = Transcript::new(&read, style);
            transcript.head(out)?;
            while transcript.next(out)? {}
        }
        Ok(())
    });
    done.and_then(|()| end(Found::Nothing, &failures))
}

fn write_page(target: &Path, arguments: &Arguments) -> Result<Found, Failure> {
    may_write(target, arguments.force)?;
    let (of, mut failures) = next_to::shown(&arguments.paths);
    let pairs = match &arguments.next_to {
        None => of.into_iter().map(|one| (Some(one), None)).collect(),
        Some(other) => {
            let (others, why) = next_to::shown(std::slice::from_ref(other));
            end((), &failures)?;
            end((), &why)?;
            next_to::pairs(of, others)
        }
    };
    let bar = progress(pairs.len(), arguments.printed.quiet);
    let mut runs = Vec::new();
    let mut places = Vec::new();
    for (one, other) in pairs {
        let mut open = |shown: Option<Shown>| {
            let Shown { path, label, .. } = shown?;
            bar.set_message(path.display().to_string());
            let label = if arguments.next_to.is_some() { label } else { file_name(&path) };
            match page::Run::open(&path, label, runs.len() + 1) {
                Ok(run) => runs.push(run),
                Err(why) => {
                    failures.push(why);
                    return None;
                }
            }
            Some(runs.len() - 1)
        };
        places.push((open(one), open(other)));
        bar.inc(1);
    }
    bar.finish_and_clear();
    // Next to what could not be read, nothing would look like a difference.
    if runs.is_empty() || arguments.next_to.is_some() && !failures.is_empty() {
        return end(Found::Nothing, &failures);
    }
    let html = match &arguments.next_to {
        None => page::page(&runs, None),
        Some(other) => {
            let names = arguments.paths.iter().map(|path| file_name(path)).collect::<Vec<_>>();
            let title = format!("{} ↔ {}", names.join(", "), file_name(other));
            page::page(&runs, Some((&title, &places)))
        }
    };
    fs::write(target, &html).map_err(|error| format!("{}: {error}", target.display()))?;
    let size = html.len() / 1024;
    if !arguments.printed.quiet {
        complain(format_args!("claude-wire: wrote {}, {size} KiB", target.display()));
    }
    end(Found::Nothing, &failures)
}

/// The last part of a path, for readers.
fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// Writes a file that is not a recording as it is, after what is in `out`, and returns whether it
/// could be read. Not through a terminal's filter: git compares the bytes.
fn copied(path: &Path, out: &mut dyn io::Write) -> io::Result<bool> {
    let Ok(content) = fs::read(path) else { return Ok(false) };
    out.flush()?;
    let mut stdout = io::stdout().lock();
    stdout.write_all(&content).and_then(|()| stdout.flush()).map(|()| true)
}

/// An event as an object.
pub(crate) fn event(read: &Read, row: usize) -> Value {
    let Timeline { rows, lanes, .. } = &read.timeline;
    let line_of = |row: Option<usize>| row.map(|row| rows[row].line);
    let row = &rows[row];
    json!({
        "file": read.path.to_string_lossy(),
        "line": row.line,
        "us": row.at,
        "from": row.from.name(),
        "class": row.said.class.name(),
        "name": row.said.name,
        "text": row.said.text,
        "agent": (row.lane > 0).then(|| lanes[row.lane].name.as_str()),
        "turn": row.turn + 1,
        "answers": line_of(row.answers),
        "answered_by": line_of(row.answered_by),
    })
}
