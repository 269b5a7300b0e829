//! The time line of a run: who writes when, who waits for whom, tools and sub-agents.
//!
//! Positions are parts of the width, so that the page can zoom. Each thing has two: by time, and by
//! its place among the lines, for runs in which much happens at once.

use maud::{Markup, html};

use super::run::Run;
use crate::tool::terminal::{clipped, printable};
use crate::tool::timeline::{From, Span, SpanKind, Timeline, duration};

/// The height of a band, and of what is in it, in pixels.
const BAND: usize = 22;
const BAR: usize = 16;

/// A row of the chart.
struct Band<'a> {
    name: String,
    spans: Vec<&'a Span>,
    ticks: Option<From>,
}

pub(super) fn chart(run: &Run) -> Markup {
    let timeline = &run.read.timeline;
    let bands = bands(timeline);
    let height = (bands.len() + 1) * BAND;
    html! {
        figure.chart {
            figcaption {
                span { "Time line" }
                button type="button" data-zoom="0.5" { "−" }
                button type="button" data-zoom="2" { "+" }
                label { input type="checkbox" data-even; " equal distances" }
            }
            div.bands {
                ul.names { @for band in &bands { li title=(band.name) { (band.name) } } }
                div.scroll {
                    svg width="100%" height=(height) role="img" aria-label="time line" {
                        (axis(timeline, bands.len() * BAND))
                        @for (index, band) in bands.iter().enumerate() {
                            (draw(run, band, index * BAND))
                        }
                    }
                }
            }
        }
    }
}

fn bands(timeline: &Timeline) -> Vec<Band<'_>> {
    let of = |kinds: &[SpanKind], lane: Option<usize>| -> Vec<&Span> {
        let spans = timeline.spans.iter().filter(|span| kinds.contains(&span.kind));
        spans.filter(|span| lane.is_none_or(|lane| span.lane == lane)).collect()
    };
    let wire =
        |name: &str, from| Band { name: name.to_owned(), spans: Vec::new(), ticks: Some(from) };
    let mut bands = vec![wire("→ stdin", From::Program), wire("← stdout", From::Cli)];
    if timeline.rows.iter().any(|row| row.from == From::Stderr) {
        bands.push(wire("! stderr", From::Stderr));
    }
    let waits = [
        ("program waits: turn", SpanKind::Turn),
        ("program waits: request", SpanKind::ProgramRequest),
        ("CLI waits: request", SpanKind::CliRequest),
    ];
    for (name, kind) in waits {
        bands.extend(stacked(timeline, name, of(&[kind], None)));
    }
    for (lane, named) in timeline.lanes.iter().enumerate() {
        let tools = of(&[SpanKind::Tool], Some(lane));
        let name = printable(&named.name).into_owned();
        if lane == 0 {
            bands.extend(stacked(timeline, "tools", tools));
        } else {
            bands.extend(stacked(timeline, &name, of(&[SpanKind::Agent], Some(lane))));
            bands.extend(stacked(timeline, &format!("{name}: tools"), tools));
        }
    }
    bands
}

/// Spans that overlap, one below the other.
fn stacked<'a>(timeline: &Timeline, name: &str, spans: Vec<&'a Span>) -> Vec<Band<'a>> {
    let mut bands: Vec<Band<'a>> = Vec::new();
    for span in spans {
        let start = timeline.rows[span.first].at;
        let is_free =
            |band: &Band<'_>| band.spans.last().is_none_or(|last| timeline.end_of(last) <= start);
        match bands.iter_mut().find(|band| is_free(band)) {
            Some(band) => band.spans.push(span),
            None => {
                let name = if bands.is_empty() { name.to_owned() } else { String::new() };
                bands.push(Band { name, spans: vec![span], ticks: None });
            }
        }
    }
    bands
}

fn draw(run: &Run, band: &Band<'_>, top: usize) -> Markup {
    let timeline = &run.read.timeline;
    let link = |row: usize| format!("#r{}-{row}", run.number);
    let ticks = timeline.rows.iter().enumerate().filter(|(_, row)| Some(row.from) == band.ticks);
    html! {
        @for (index, row) in ticks {
            a href=(link(index)) {
                rect.tick .{ "is-" (row.said.class.name()) }
                    x=(percent(at(timeline, row.at))) data-x=(percent(at(timeline, row.at)))
                    data-even-x=(percent(place(timeline, index)))
                    y=(top + 3) width="3" height=(BAR) {
                    title { (format!("{:.3} s: {}", row.at as f64 / 1e6, printable(&row.said.name))) " " (clipped(&printable(&row.said.text), 80)) }
                }
            }
        }
        @for span in &band.spans { (bar(run, span, top)) }
    }
}

fn bar(run: &Run, span: &Span, top: usize) -> Markup {
    let timeline = &run.read.timeline;
    let last = span.last.unwrap_or(timeline.rows.len() - 1);
    let (start, end) = (timeline.rows[span.first].at, timeline.end_of(span));
    let (x, width) = (at(timeline, start), wide(at(timeline, end) - at(timeline, start)));
    let even_x = place(timeline, span.first);
    let even = wide(place(timeline, last) - even_x);
    let kind = match span.kind {
        SpanKind::Turn => "turn",
        SpanKind::ProgramRequest => "program-request",
        SpanKind::CliRequest => "cli-request",
        SpanKind::Tool => "tool",
        SpanKind::Agent => "agent",
    };
    let name = printable(&span.name);
    let took = match timeline.length_of(span) {
        Some(took) => duration(took),
        None => "without an end".to_owned(),
    };
    html! {
        a href={ "#r" (run.number) "-" (span.first) } {
            svg.bar x=(percent(x)) data-x=(percent(x)) data-even-x=(percent(even_x))
                y=(top + 3) height=(BAR)
                width=(percent(width)) data-width=(percent(width)) data-even-width=(percent(even)) {
                rect.{ "span-" (kind) } .{ @if span.last.is_none() { "open" } @else { "closed" } }
                    width="100%" height=(BAR) rx="2" {
                    title { (name) ": " (took) }
                }
                text x="4" y="12" { (clipped(&name, 40)) " " (took) }
            }
        }
    }
}

/// Marks at round times.
fn axis(timeline: &Timeline, bottom: usize) -> Markup {
    const MARKS: u64 = 8;
    let total = timeline.duration().max(1);
    let step = round_up(total / MARKS);
    let marks = (0..=total / step).map(|mark| mark * step);
    html! {
        g.axis {
            @for mark in marks {
                @let x = percent(at(timeline, mark));
                line x1=(x) x2=(x) y1="0" y2=(bottom) {}
                text x=(x) y=(bottom + 15) { (if mark == 0 { "0".to_owned() } else { duration(mark) }) }
            }
        }
    }
}

/// The next of 1, 2 and 5 times a power of ten.
fn round_up(at_least: u64) -> u64 {
    let mut power = 1_u64;
    loop {
        for step in [1, 2, 5] {
            if power.saturating_mul(step) >= at_least {
                return power.saturating_mul(step);
            }
        }
        power = power.saturating_mul(10);
    }
}

/// The part of the width that is used; the rest is for what begins at the end.
const WIDTH: f64 = 96.0;

fn at(timeline: &Timeline, us: u64) -> f64 {
    WIDTH * us as f64 / timeline.duration().max(1) as f64
}

fn place(timeline: &Timeline, row: usize) -> f64 {
    WIDTH * row as f64 / timeline.rows.len().max(1) as f64
}

/// What takes no time can be seen, too.
fn wide(width: f64) -> f64 {
    const LEAST: f64 = 0.3;
    width.max(LEAST)
}

fn percent(part: f64) -> String {
    format!("{part:.3}%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_at_round_times() {
        assert_eq!([0, 1, 3, 11, 600, 5_001].map(round_up), [1, 1, 5, 20, 1_000, 10_000]);
    }
}
