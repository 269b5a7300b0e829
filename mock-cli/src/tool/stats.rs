//! `stats`: what is in recordings, in numbers.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;

use claude_wire::recording::Census;
use serde::Serialize;
use serde_json::json;

use super::files::{end, recordings, recordings_help};
use super::show::Read;
use super::terminal::{BOLD, DIM, Output, clipped, print, printable, progress};
use super::timeline::{SpanKind, Timeline, count, dollars, duration};
use crate::{Failure, Found};

/// Count what is in recordings: turns, tokens, cost, who waits for whom, kinds of lines.
///
/// Each recording has a line, and its turns below it; latencies and kinds of lines are those of all
/// recordings together; --json prints an object for each recording, then one for all of them. A cost is what the CLI says: of a session that it resumed, it may include
/// what was spent before.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  claude-wire stats recordings/2.1.332/three-turns.jsonl
  claude-wire stats recordings
  claude-wire stats --json recordings | jq '.cost'

Exit codes: 0 all are counted, 2 one could not be read (the others are counted).")]
pub(crate) struct Arguments {
    #[arg(required = true, value_name = "RECORDING", help = recordings_help!())]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    printed: Output,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Found, Failure> {
    let (files, mut failures) = recordings(&arguments.paths);
    let Output { json, quiet } = arguments.printed;
    let bar = progress(files.len(), quiet);
    let (mut read, mut census) = (Vec::new(), Census::default());
    for path in &files {
        bar.set_message(path.display().to_string());
        match Read::open(path) {
            Ok(one) => {
                census.add(&one.recording);
                read.push((one.path, one.timeline));
            }
            Err(why) => failures.push(why),
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let done = print(|out| match (quiet, json) {
        (true, _) => Ok(()),
        (_, true) => write_json(&read, &census, out),
        _ => write(&read, &census, out),
    });
    done.and_then(|()| end(Found::Nothing, &failures))
}

fn write(read: &[(PathBuf, Timeline)], census: &Census, out: &mut dyn Write) -> io::Result<()> {
    for (path, timeline) in read {
        let total = Total::of([timeline]);
        writeln!(out, "{BOLD}{}{BOLD:#}: {total}", path.display())?;
        for (number, turn) in (1..).zip(&timeline.turns) {
            let prompt = match turn.prompts.first() {
                Some(row) => clipped(&printable(&timeline.rows[*row].said.text), 60),
                None => "begun by the CLI".to_owned(),
            };
            let took = match turn.result {
                Some(_) => duration(turn.end.saturating_sub(turn.start)),
                None => "no result".to_owned(),
            };
            let first = turn.first_reply.map(duration).unwrap_or_default();
            let first =
                if first.is_empty() { first } else { format!(", first reply after {first}") };
            let cost = turn.cost.map(|cost| format!(", {}", dollars(cost))).unwrap_or_default();
            writeln!(out, "  turn {number}  {took}{first}{cost}  {DIM}{prompt}{DIM:#}")?;
        }
    }
    if read.len() > 1 {
        let total = Total::of(read.iter().map(|(_, timeline)| timeline));
        writeln!(out, "{BOLD}{}{BOLD:#}: {total}", count(read.len(), "recording"))?;
    }
    let latencies = latencies(read.iter().map(|(_, timeline)| timeline));
    if !latencies.is_empty() {
        writeln!(
            out,
            "\n{BOLD}{:<10} {:<40} {:>6} {:>9} {:>9} {:>9}{BOLD:#}",
            "who waits", "for", "count", "median", "95 %", "longest"
        )?;
    }
    for row in latencies {
        let what = clipped(&printable(&row.what), 36);
        let times = [row.median, row.p95, row.longest].map(duration);
        let [median, p95, longest] = times;
        writeln!(
            out,
            "{:<10} {what:<40} {:>6} {median:>9} {p95:>9} {longest:>9}",
            row.waits, row.count
        )?;
    }
    writeln!(out, "\n{BOLD}{:>6} kind of line{BOLD:#}", "count")?;
    for (name, kind) in census.kinds() {
        writeln!(out, "{:>6} {}", kind.lines(), printable(name))?;
    }
    Ok(())
}

fn write_json(
    read: &[(PathBuf, Timeline)],
    census: &Census,
    out: &mut dyn Write,
) -> io::Result<()> {
    for (path, timeline) in read {
        let mut object = json!({"file": path.to_string_lossy()});
        let turns: Vec<_> = timeline
            .turns
            .iter()
            .map(|turn| {
                json!({
                    "start_us": turn.start,
                    "us": turn.result.map(|_| turn.end.saturating_sub(turn.start)),
                    "first_reply_us": turn.first_reply,
                    "tool_calls": turn.tool_calls,
                    "tokens_in": turn.tokens_in,
                    "tokens_out": turn.tokens_out,
                    "cost": turn.cost,
                })
            })
            .collect();
        merge(&mut object, json!(Total::of([timeline])));
        object["turns"] = turns.into();
        writeln!(out, "{object}")?;
    }
    let timelines = || read.iter().map(|(_, timeline)| timeline);
    let mut object = json!({"recordings": read.len()});
    merge(&mut object, json!(Total::of(timelines())));
    object["latencies"] = json!(latencies(timelines()));
    object["lines"] =
        census.kinds().map(|(name, kind)| (name.to_owned(), json!(kind.lines()))).collect();
    writeln!(out, "{object}")
}

fn merge(object: &mut serde_json::Value, other: serde_json::Value) {
    if let (Some(object), serde_json::Value::Object(other)) = (object.as_object_mut(), other) {
        object.extend(other);
    }
}

/// The sums of some recordings.
#[derive(Default, Serialize)]
struct Total {
    events: usize,
    us: u64,
    ended_turns: usize,
    tool_calls: usize,
    sub_agents: usize,
    tokens_in: u64,
    tokens_out: u64,
    cost: Option<f64>,
}

impl Total {
    fn of<'a>(timelines: impl IntoIterator<Item = &'a Timeline>) -> Self {
        let mut total = Self::default();
        for timeline in timelines {
            total.events += timeline.rows.len();
            total.us = total.us.saturating_add(timeline.duration());
            total.ended_turns += timeline.ended_turns();
            total.sub_agents += timeline.lanes.len() - 1;
            for turn in &timeline.turns {
                total.tool_calls += turn.tool_calls;
                total.tokens_in = total.tokens_in.saturating_add(turn.tokens_in);
                total.tokens_out = total.tokens_out.saturating_add(turn.tokens_out);
            }
            if let Some(cost) = timeline.cost() {
                *total.cost.get_or_insert(0.0) += cost;
            }
        }
        total
    }
}

impl std::fmt::Display for Total {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut parts = vec![
            format!("{} in {}", count(self.events, "event"), duration(self.us)),
            count(self.ended_turns, "turn"),
            count(self.tool_calls, "tool call"),
        ];
        parts.extend((self.sub_agents > 0).then(|| count(self.sub_agents, "sub-agent")));
        if self.tokens_in > 0 || self.tokens_out > 0 {
            parts.push(format!("{} tokens in, {} out", self.tokens_in, self.tokens_out));
        }
        parts.extend(self.cost.map(dollars));
        f.write_str(&parts.join(", "))
    }
}

/// How long one side waits for something.
#[derive(Serialize)]
pub(crate) struct Latency {
    /// `program` or `CLI`.
    pub(crate) waits: &'static str,
    pub(crate) what: String,
    pub(crate) count: usize,
    #[serde(rename = "median_us")]
    pub(crate) median: u64,
    #[serde(rename = "p95_us")]
    pub(crate) p95: u64,
    #[serde(rename = "longest_us")]
    pub(crate) longest: u64,
}

/// Who waits for what: the program for results and for answers to its requests, the CLI for tools
/// and for the program's answers. The longest sum first.
pub(crate) fn latencies<'a>(timelines: impl IntoIterator<Item = &'a Timeline>) -> Vec<Latency> {
    let mut found: BTreeMap<(&'static str, String), Vec<u64>> = BTreeMap::new();
    for timeline in timelines {
        let mut add = |waits, what: String, us| found.entry((waits, what)).or_default().push(us);
        for (_, us) in timeline.lengths(SpanKind::Turn) {
            add("program", "the result of a turn".to_owned(), us);
        }
        timeline.turns.iter().filter_map(|turn| turn.first_reply).for_each(|us| {
            add("program", "the first reply of a turn".to_owned(), us);
        });
        for (name, us) in timeline.lengths(SpanKind::ProgramRequest) {
            add("program", name.to_owned(), us);
        }
        for (name, us) in timeline.lengths(SpanKind::CliRequest) {
            add("CLI", name.to_owned(), us);
        }
        for (name, us) in timeline.lengths(SpanKind::Tool) {
            add("CLI", format!("tool {name}"), us);
        }
    }
    let mut rows: Vec<_> = found
        .into_iter()
        .map(|((waits, what), mut times)| {
            times.sort_unstable();
            let at = |part: usize| times[(times.len() - 1) * part / 100];
            let row = Latency {
                waits,
                what,
                count: times.len(),
                median: at(50),
                p95: at(95),
                longest: at(100),
            };
            (times.iter().fold(0, |sum: u64, time| sum.saturating_add(*time)), row)
        })
        .collect();
    rows.sort_by_key(|(sum, _)| std::cmp::Reverse(*sum));
    rows.into_iter().map(|(_, row)| row).collect()
}
