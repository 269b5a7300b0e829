//! The head of a run in the page.

use maud::{Markup, html};

use super::run::Run;
use crate::tool::terminal::printable;
use crate::tool::timeline::{count, dollars, duration};

/// Where a run comes from, and what is in it.
pub(super) fn head(run: &Run) -> Markup {
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
        h2 {
            (printable(&run.label)) " "
            button.save type="button" data-save=(run.number) title="Save this recording, byte for byte" { "Save" }
        }
        p.from {
            "CLI " (printable(header.cli.as_deref().unwrap_or("unknown")))
            @if let Some(recorder) = &header.recorder { ", recorded by " (printable(recorder)) }
            @if let Some(at) = &header.recorded_at { " at " (printable(at)) }
            ", " (count(timeline.rows.len(), "event"))
        }
        @if let Some(argv) = &header.argv {
            p.argv { code { "claude " (printable(&argv.join(" "))) } }
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
