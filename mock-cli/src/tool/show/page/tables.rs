//! Turns and latencies of a run.

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
                                @if turn.prompts.is_empty() { i { "none: the CLI began it" } }
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
