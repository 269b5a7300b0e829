//! `accept`: a program that changed, prompt by prompt.

use std::collections::HashMap;
use std::fs;
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};

use claude_wire::player::{Acceptable, LaunchReport, Rules, RunFolder};
use claude_wire::recording::Recording;
use serde_json::{Value, json};

use super::terminal::{BOLD, CYAN, DIM, Output, printable, say_json};
use super::timeline::count;
use crate::common::complain;
use crate::{Failure, Found};

/// Go through the differences of a run, and accept what your program does now.
///
/// For each launch that differed, it shows where, and asks: add a rule, so that a replay does not
/// compare this place, or not literally; take the new line into the recording; or skip it. A launch
/// ends at its first difference, so run your program again until none is left.
///
/// A recording that took a new line is marked `edited` in its header: its answers were recorded for
/// another input. `verify` and `lint` say which ones, until you record again:
/// CLAUDE_WIRE_RECORD=rewrite. A program that writes more or less than was recorded cannot be
/// accepted: record it again.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  claude-wire accept \"$CLAUDE_WIRE_RUN\"
  claude-wire accept --take \"$CLAUDE_WIRE_RUN\"
  claude-wire accept --rules --dry-run \"$CLAUDE_WIRE_RUN\"

Exit codes: 0 every difference is accepted, or there was none, 1 one is left, 2 the run, a recording or its rules could not be read or written.")]
pub(crate) struct Arguments {
    /// Add a rule for each difference, without a question
    #[arg(long, conflicts_with = "take")]
    rules: bool,
    /// Take the new line for each difference, without a question
    #[arg(long)]
    take: bool,
    /// Print what would be done
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    printed: Output,
    /// The folder of the run
    #[arg(value_name = "RUN")]
    run: PathBuf,
}

/// What to do with a difference.
#[derive(Clone, Copy, PartialEq)]
enum Answer {
    Rule,
    Take,
    Skip,
    Quit,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Found, Failure> {
    let Output { json, quiet } = arguments.printed;
    let is_silent = json || quiet;
    if is_silent && !arguments.rules && !arguments.take {
        return Err("--json and --quiet ask nothing: pass --rules or --take with them".to_owned());
    }
    let run = RunFolder::existing(&arguments.run).map_err(|error| error.to_string())?;
    let Some(recordings) = run.recordings().map_err(|error| error.to_string())? else {
        return Err(format!("{}: no launch of this run was replayed", arguments.run.display()));
    };
    let launches = run.launches().map_err(|error| error.to_string())?;
    let mut review = Review {
        arguments,
        rules: RulesFile::open(&recordings)?,
        recordings: HashMap::new(),
        input: io::stdin().lock(),
        out: if is_silent { Box::new(io::sink()) } else { Box::new(anstream::stdout()) },
        left: 0,
        accepted: 0,
    };
    let mut is_open = true;
    for launch in &launches {
        match is_open {
            true => is_open = review.launch(launch, &recordings)?,
            false => review.left += launch.report().divergences().len(),
        }
    }
    review.finish()
}

struct Review<'a, R> {
    arguments: &'a Arguments,
    rules: RulesFile,
    /// The recordings that took a line.
    recordings: HashMap<PathBuf, Recording>,
    input: R,
    /// What a person reads.
    out: Box<dyn Write>,
    left: usize,
    accepted: usize,
}

impl<R: BufRead> Review<'_, R> {
    /// Returns false if that is enough.
    fn launch(&mut self, launch: &LaunchReport, recordings: &Path) -> Result<bool, Failure> {
        let shown = |error: io::Error| format!("stdout: {error}");
        let changes = launch.acceptable(recordings);
        let others = launch.report().divergences().len().saturating_sub(changes.len());
        if others > 0 {
            self.left += others;
            let report = launch.report().to_string();
            let report = printable(&report);
            let out = &mut self.out;
            writeln!(out, "{BOLD}launch {}{BOLD:#}\n{report}", launch.number()).map_err(shown)?;
            let what = count(others, "difference");
            writeln!(out, "{DIM}{what} cannot be accepted: record it again{DIM:#}\n")
                .map_err(shown)?;
            self.object(|| json!({"launch": launch.number(), "left": others, "text": report}));
        }
        for (index, change) in changes.iter().enumerate() {
            let rules = change.rules();
            let name = change.recording().display();
            let out = &mut self.out;
            writeln!(out, "{BOLD}launch {}, {name}{BOLD:#}", launch.number()).map_err(shown)?;
            writeln!(out, "{}", printable(&change.to_string())).map_err(shown)?;
            for rule in &rules {
                writeln!(out, "{DIM}rule: {}{DIM:#}", printable(&rule.to_string()))
                    .map_err(shown)?;
            }
            let did = match self.answer(&rules)? {
                Answer::Quit => {
                    self.left += changes.len() - index;
                    return Ok(false);
                }
                Answer::Skip => {
                    self.left += 1;
                    "left"
                }
                Answer::Rule => {
                    self.rules.add(&rules);
                    self.accepted += 1;
                    "rule"
                }
                Answer::Take if self.take(change)? => "taken",
                Answer::Take => "left",
            };
            self.object(|| {
                let file = change.recording().to_string_lossy();
                let text = change.to_string();
                json!({"launch": launch.number(), "file": file, "text": text, "rules": rules, "did": did})
            });
            writeln!(self.out).map_err(shown)?;
        }
        Ok(true)
    }

    fn object(&self, object: impl FnOnce() -> Value) {
        if self.arguments.printed.json {
            say_json(object());
        }
    }

    fn answer(&mut self, rules: &[Value]) -> Result<Answer, Failure> {
        if self.arguments.rules {
            return Ok(if rules.is_empty() { Answer::Skip } else { Answer::Rule });
        }
        if self.arguments.take {
            return Ok(Answer::Take);
        }
        loop {
            let rule = if rules.is_empty() { "" } else { "[r]ule, " };
            write!(self.out, "{CYAN}{rule}[t]ake the new line, [s]kip, [q]uit?{CYAN:#} ")
                .and_then(|()| self.out.flush())
                .map_err(|error| format!("stdout: {error}"))?;
            let mut line = String::new();
            let read =
                self.input.read_line(&mut line).map_err(|error| format!("stdin: {error}"))?;
            match line.trim() {
                // The end of the answers.
                "" if read == 0 => return Ok(Answer::Quit),
                "r" | "rule" if !rules.is_empty() => return Ok(Answer::Rule),
                "t" | "take" => return Ok(Answer::Take),
                "s" | "skip" => return Ok(Answer::Skip),
                "q" | "quit" => return Ok(Answer::Quit),
                _ => {}
            }
        }
    }

    /// Takes the new line; returns whether that was possible.
    fn take(&mut self, change: &Acceptable) -> Result<bool, Failure> {
        let path = change.recording();
        if !self.recordings.contains_key(path) {
            let recording = Recording::open(path).map_err(|error| error.to_string())?;
            self.recordings.insert(path.to_owned(), recording);
        }
        let Some(recording) = self.recordings.get_mut(path) else { return Ok(false) };
        let taken = change.take(recording);
        match &taken {
            Ok(_) => self.accepted += 1,
            Err(why) => {
                self.left += 1;
                complain(format_args!("claude-wire: {}: not taken: {why}", path.display()));
            }
        }
        Ok(taken.is_ok())
    }

    /// Writes what was accepted.
    fn finish(self) -> Result<Found, Failure> {
        let Self { accepted, left, .. } = self;
        let dry_run = self.arguments.dry_run;
        let verb = if dry_run { "would write" } else { "wrote" };
        let (mut lines, mut files) = (Vec::new(), Vec::new());
        let mut wrote = |path: &Path, edited: Vec<String>| {
            lines.push(format!("{verb} {}", path.display()));
            lines.extend(edited.iter().map(|line| format!("  {line}")));
            files.push(json!({"file": path.to_string_lossy(), "edited": edited}));
        };
        if self.rules.is_changed {
            if !dry_run {
                self.rules.save()?;
            }
            wrote(&self.rules.path, Vec::new());
        }
        let mut changed: Vec<_> = self.recordings.iter().collect();
        changed.sort_by_key(|(path, _)| *path);
        for (path, recording) in changed {
            let edited = recording.edited();
            if edited.is_empty() {
                continue;
            }
            if !dry_run {
                recording.save(path).map_err(|error| error.to_string())?;
            }
            wrote(path, edited.iter().map(ToString::to_string).collect());
        }
        lines.push(match left + accepted {
            0 => "no launch of this run differed from its recordings".to_owned(),
            _ => format!("{accepted} accepted, {left} left; run your program again"),
        });
        self.arguments.printed.say(
            lines.join("\n"),
            || json!({"accepted": accepted, "left": left, "dry_run": dry_run, "wrote": files}),
        );
        Ok(if left == 0 { Found::Nothing } else { Found::Something })
    }
}

/// A file of rules that rows are added to; what is in it stays.
struct RulesFile {
    path: PathBuf,
    content: Value,
    is_changed: bool,
}

impl RulesFile {
    fn open(recordings: &Path) -> Result<Self, Failure> {
        let path = Rules::file_of(recordings);
        // A file that is not one of rules is reported before anything is done.
        Rules::of_recordings(recordings).map_err(|error| error.to_string())?;
        let content = match path.exists() {
            true => {
                let text =
                    fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
                serde_json::from_slice(&text)
                    .map_err(|error| format!("{}: {error}", path.display()))?
            }
            false => json!({}),
        };
        Ok(Self { path, content, is_changed: false })
    }

    /// Adds rows, before those that it has: the first rule of a place counts.
    fn add(&mut self, rows: &[Value]) {
        let Some(file) = self.content.as_object_mut() else { return };
        let matches = file.entry("match").or_insert_with(|| json!([]));
        let Some(matches) = matches.as_array_mut() else { return };
        for row in rows.iter().rev() {
            if !matches.contains(row) {
                matches.insert(0, row.clone());
                self.is_changed = true;
            }
        }
    }

    fn save(&self) -> Result<(), Failure> {
        let mut text = serde_json::to_string_pretty(&self.content).unwrap_or_default();
        text.push('\n');
        // The file never has half of its rules.
        let draft = self.path.with_extension("json.new");
        fs::write(&draft, text)
            .and_then(|()| fs::rename(&draft, &self.path))
            .map_err(|error| format!("{}: {error}", self.path.display()))
    }
}
