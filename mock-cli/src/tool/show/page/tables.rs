//! Turns and latencies of a run.

use claude_wire::player::CommandLine;
use maud::{Markup, html};

use super::run::Run;
use crate::tool::stats::latencies;
use crate::tool::terminal::{clipped, printable};
use crate::tool::timeline::{dollars, duration};

pub(super) fn tables(run: &Run) -> Markup {
    html! {
        div.tables { (turns(run)) (waits(run)) }
    }
}

fn turns(run: &Run) -> Markup {
    let timeline = &run.read.timeline;
    let header = &run.read.recording.header;
    let argv = header.argv.as_deref().unwrap_or_default();
    let launch = CommandLine::read(argv, header.cli.as_deref(), true).ok();
    let argument = launch.as_ref().and_then(CommandLine::prompt);
    html! {
        @if !timeline.turns.is_empty() {
            table {
                caption { "Turns" }
                thead { tr { @for name in ["", "Prompt", "Begins", "First reply", "Took", "Tools", "Tokens in", "Tokens out", "Cost", "Result"] { th { (name) } } } }
                tbody {
                    @for (number, turn) in (1..).zip(&timeline.turns) {
                        tr {
                            td { (number) }
                            td.prompt {
                                @for prompt in &turn.prompts {
                                    a href={ "#r" (run.number) "-" (prompt) } {
                                        (clipped(&printable(&timeline.rows[*prompt].said.text), 60))
                                    }
                                    br;
                                }
                                @match argument.filter(|_| number == 1) {
                                    _ if !turn.prompts.is_empty() => {},
                                    Some(argument) => {
                                        (clipped(&printable(argument), 60)) " " i { "(an argument)" }
                                    },
                                    None => i { "none: the CLI began it" },
                                }
                            }
                            td { (format!("{:.3} s", turn.start as f64 / 1e6)) }
                            td { (turn.first_reply.map(duration).unwrap_or_default()) }
                            td { (duration(turn.end.saturating_sub(turn.start))) }
                            td { (turn.tool_calls) }
                            td { (turn.tokens_in) }
                            td { (turn.tokens_out) }
                            td { (turn.cost.map(dollars).unwrap_or_default()) }
                            td {
                                @match turn.result {
                                    Some(row) => a href={ "#r" (run.number) "-" (row) } { (printable(&timeline.rows[row].said.name)) },
                                    None => b { "none" },
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn waits(run: &Run) -> Markup {
    let latencies = latencies([&run.read.timeline]);
    html! {
        @if !latencies.is_empty() {
            table {
                caption { "Who waits for what" }
                thead { tr { @for name in ["", "For", "Count", "Median", "95 %", "Longest"] { th { (name) } } } }
                tbody {
                    @for row in &latencies {
                        tr {
                            td { (row.waits) }
                            td { (clipped(&printable(&row.what), 60)) }
                            td { (row.count) }
                            td { (duration(row.median)) }
                            td { (duration(row.p95)) }
                            td { (duration(row.longest)) }
                        }
                    }
                }
            }
        }
    }
}
