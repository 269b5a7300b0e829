//! A recording as one page that needs nothing else: no server, no network, no other file.
//!
//! All of it is written here; the page's script only filters, and shows a raw line when it is asked
//! for. The recordings are in the page as base64, so that they can be taken back out to the byte,
//! and so that nothing in them can be read as markup. The policy of the page
//! (`Content-Security-Policy`) allows the one script and the one style below, by their digests, and
//! no connection at all.

mod chart;
mod pairs;
mod rows;
mod tables;

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use claude_wire::recording::Recording;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use super::Read;
use crate::Failure;
use crate::tool::timeline::{Timeline, count, dollars, duration};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The type of the elements that hold a recording.
pub(crate) const RECORDING_TYPE: &str = "application/x-claude-wire-recording";

/// A recording of a page, with the bytes of its file.
pub(super) struct Run {
    pub(super) read: Read,
    pub(super) bytes: Vec<u8>,
    /// Its number in the page, from 1.
    pub(super) number: usize,
}

/// The page of these runs; `next_to_each_other`: the two of them line by line.
pub(super) fn page(runs: &[Run], next_to_each_other: bool) -> String {
    let names: Vec<_> = runs.iter().map(Run::name).collect();
    let body = match (runs, next_to_each_other) {
        ([one, other], true) => pairs::pairs(one, other),
        _ => html! {
            @for run in runs {
                section.run id={ "run-" (run.number) } {
                    (head(run))
                    (chart::chart(run))
                    (tables::tables(run))
                    (rows::rows(run))
                }
            }
        },
    };
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                meta name="generator" content=(concat!("claude-wire ", env!("CARGO_PKG_VERSION")));
                title { (names.join(", ")) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header.top {
                    h1 { (names.join(if next_to_each_other { " ↔ " } else { ", " })) }
                    (controls(runs))
                }
                @if runs.len() > 1 && !next_to_each_other {
                    nav {
                        @for run in runs {
                            a href={ "#run-" (run.number) } { (run.name()) }
                        }
                    }
                }
                main { (body) }
                @for run in runs {
                    script type=(RECORDING_TYPE) id={ "recording-" (run.number) } data-name=(run.name()) {
                        (PreEscaped(BASE64.encode(&run.bytes)))
                    }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

/// Scripts and styles by digest, and nothing else.
fn policy() -> String {
    let digest = |text: &str| BASE64.encode(Sha256::digest(text));
    format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        digest(SCRIPT),
        digest(STYLE)
    )
}

fn controls(runs: &[Run]) -> Markup {
    let pieces = runs.iter().flat_map(|run| &run.read.timeline.rows);
    let pieces = pieces.filter(|row| row.said.class.name() == "delta").count();
    let kinds = [
        ("talk", "conversation", true),
        ("tools", "tools", true),
        ("control", "requests", true),
        ("status", "status", true),
        ("delta", "streamed pieces", pieces <= 40),
    ];
    html! {
        form.controls role="search" {
            input #search type="search" placeholder="Search texts and raw lines" aria-label="Search" autocomplete="off";
            output #found {}
            @for (kind, name, shown) in kinds {
                label { input type="checkbox" data-kind=(kind) checked[shown]; " " (name) }
            }
        }
    }
}

/// Where a run comes from, and what is in it.
fn head(run: &Run) -> Markup {
    let (header, timeline) = (&run.read.recording.header, &run.read.timeline);
    let calls: usize = timeline.turns.iter().map(|turn| turn.tool_calls).sum();
    let mut facts = vec![
        (duration(timeline.duration()), "from launch to end"),
        number(timeline.ended_turns(), ["turn", "turns"]),
        number(calls, ["tool call", "tool calls"]),
        number(timeline.lanes.len() - 1, ["sub-agent", "sub-agents"]),
    ];
    facts.extend(timeline.cost().map(|cost| (dollars(cost), "cost")));
    html! {
        h2 { (run.name()) }
        p.from {
            "CLI " (header.cli.as_deref().unwrap_or("unknown"))
            @if let Some(recorder) = &header.recorder { ", recorded by " (recorder) }
            @if let Some(at) = &header.recorded_at { " at " (at) }
            ", " (count(timeline.rows.len(), "event"))
        }
        @if let Some(argv) = &header.argv {
            p.argv { code { "claude " (argv.join(" ")) } }
        }
        @for warning in run.read.recording.warnings() {
            p.warning { (warning) }
        }
        dl.facts {
            @for (value, name) in facts {
                div { dd { (value) } dt { (name) } }
            }
        }
    }
}

/// A number, and what there is one or several of.
fn number(number: usize, [one, several]: [&'static str; 2]) -> (String, &'static str) {
    (number.to_string(), if number == 1 { one } else { several })
}

impl Run {
    pub(super) fn open(path: &Path, number: usize) -> Result<Self, Failure> {
        // One read for both, so that they are of the same file even if it is replaced.
        let failed = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
        let bytes = fs::read(path).map_err(|error| failed(&error))?;
        let recording = Recording::from_bytes(&bytes).map_err(|error| failed(&error))?;
        let timeline = Timeline::of(&recording);
        Ok(Self { read: Read { path: path.to_owned(), recording, timeline }, bytes, number })
    }

    /// The name of its file.
    pub(super) fn name(&self) -> String {
        let name = self.read.path.file_name().unwrap_or(self.read.path.as_os_str());
        name.to_string_lossy().into_owned()
    }
}
