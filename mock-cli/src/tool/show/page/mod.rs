//! A recording as one page that needs nothing else: no server, no network, no other file.
//!
//! All of it is written here; the page's script only filters, and shows a raw line when it is asked
//! for. The recordings are in the page as base64, so that they can be taken back out to the byte,
//! and so that nothing in them can be read as markup. The policy of the page
//! (`Content-Security-Policy`) allows the one script and the one style below, by their digests, and
//! no connection at all.

mod chart;
mod head;
mod pairs;
mod rows;
mod run;
mod tables;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use self::head::head;
pub(super) use self::run::Run;
use super::next_to::Pair;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The type of the elements that hold a recording.
pub(crate) const RECORDING_TYPE: &str = "application/x-claude-wire-recording";

/// More names than these are counted in the title.
const NAMES: usize = 3;

/// The page of these runs; of pairs: next to each other, line by line, with the title of the page.
pub(super) fn page(runs: &[Run], pairs: Option<(&str, &[Pair<usize>])>) -> String {
    let title = match pairs {
        Some((title, _)) => title.to_owned(),
        None if runs.len() > NAMES => format!("{} recordings", runs.len()),
        None => runs.iter().map(|run| run.label.as_str()).collect::<Vec<_>>().join(", "),
    };
    let pairs = pairs.map_or(&[][..], |(_, pairs)| pairs);
    let body = match pairs {
        [] => html! {
            @for run in runs {
                section.run id={ "run-" (run.number) } {
                    (head(run))
                    (chart::chart(run))
                    (tables::tables(run))
                    (rows::rows(run))
                }
            }
        },
        _ => html! {
            @for (number, (one, other)) in (1..).zip(pairs) {
                div.pair-of-runs id={ "pair-" (number) } {
                    (pairs::pair(one.map(|one| &runs[one]), other.map(|other| &runs[other])))
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
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header.top {
                    h1 { (title) }
                    (controls(runs))
                }
                (links(runs, pairs))
                main { (body) }
                @for run in runs {
                    script type=(RECORDING_TYPE) id={ "recording-" (run.number) } data-name=(run.label) {
                        (PreEscaped(BASE64.encode(&run.bytes)))
                    }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

/// Links to the runs, or to the pairs of them.
fn links(runs: &[Run], pairs: &[Pair<usize>]) -> Markup {
    let label = |run: Option<usize>| run.map_or("none", |run| runs[run].label.as_str());
    html! {
        @if pairs.len() > 1 {
            nav {
                @for (number, (one, other)) in (1..).zip(pairs) {
                    a href={ "#pair-" (number) } { (label(*one)) " ↔ " (label(*other)) }
                }
            }
        } @else if pairs.is_empty() && runs.len() > 1 {
            nav {
                @for run in runs {
                    a href={ "#run-" (run.number) } { (run.label) }
                }
            }
        }
    }
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
