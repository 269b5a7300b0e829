//! The cost of a line from bytes to a typed message, compared with the usual ways, all in one run;
//! then the cost and the memory of a session.
//!
//! CPU time of one thread, medians of alternating rounds; trust the ratios, not the megabytes.
//! `--quick` takes small corpora. `recorder` only runs the recorder's part. The run ends with the
//! goals of decoding, reached or missed, and with the budgets, and fails if one of these is broken.
//! A short run is for a busy machine: it gives each ratio some slack, and has no goals.

mod clock;
mod corpus;
mod delivery;
mod idle;
mod peers;
mod pipe;
mod recorder;
mod rows;

use std::time::Duration;

use self::clock::medians;
use self::corpus::{Budgets, Corpus};
use self::rows::{ROWS, Row};

/// How much a short run on a busy machine may miss a ratio by.
const SLACK: f64 = 0.85;

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let (deltas, megabytes) = if quick { (30_000, 10) } else { (200_000, 100) };
    if std::env::args().any(|argument| argument == "recorder") {
        return finish(recorder::run(
            &[&corpus::deltas(deltas), &corpus::secrets(deltas), &corpus::turns(megabytes)],
            quick,
        ));
    }
    let slack = if quick { SLACK } else { 1.0 };
    let mut broken: Vec<_> = idle::run().into_iter().collect();
    let corpora = [
        corpus::deltas(deltas),
        corpus::turns(megabytes),
        corpus::huge(megabytes),
        corpus::starts(megabytes / 2),
    ];
    println!(
        "\n{:<8} {:<46} {:>8} {:>10} {:>9} {:>9}",
        "corpus", "row", "MB/s", "us/line", "x tagged", "x bare"
    );
    let mut goals = Vec::new();
    for corpus in &corpora {
        rows::check(corpus);
        let times = measure(corpus);
        report(corpus, &times);
        broken.extend(budgets(corpus, &times, slack));
        goals.extend(reached(corpus, &times));
    }
    broken.extend(delivery::run(&corpora[0], quick, slack));
    broken.extend(recorder::run(&[&corpora[0], &corpus::secrets(deltas), &corpora[1]], quick));
    if !quick {
        println!("\ngoals\n{}", goals.join("\n"));
    }
    finish(broken)
}

/// Fails if a budget was broken.
fn finish(broken: Vec<String>) {
    if !broken.is_empty() {
        eprintln!("\nbudgets broken:\n{}", broken.join("\n"));
        std::process::exit(1);
    }
    println!("\nall budgets kept");
}

/// The time of each row.
fn measure(corpus: &Corpus) -> Vec<Duration> {
    medians(ROWS.len(), |row| {
        let row = ROWS[row];
        let started = clock::now();
        let lines = (row.run)(&corpus.bytes);
        let took = clock::now() - started;
        assert_eq!(lines, corpus.lines, "{} lost lines of {}", row.name, corpus.name);
        took
    })
}

fn report(corpus: &Corpus, times: &[Duration]) {
    for (row, time) in ROWS.iter().zip(times) {
        println!(
            "{:<8} {:<46} {:>8.0} {:>10.3} {:>9.2} {:>9.2}",
            corpus.name,
            row.name,
            corpus.bytes.len() as f64 / 1e6 / time.as_secs_f64(),
            time.as_secs_f64() * 1e6 / corpus.lines as f64,
            seconds(times, &rows::TAGGED) / time.as_secs_f64(),
            time.as_secs_f64() / seconds(times, &rows::BARE),
        );
    }
}

fn budgets(corpus: &Corpus, times: &[Duration], slack: f64) -> Vec<String> {
    let check = |what: &str, ratio: f64, at_least: f64| {
        let at_least = at_least * slack;
        (ratio < at_least)
            .then(|| format!("{}: {what}: {ratio:.2}, must be at least {at_least:.2}", corpus.name))
    };
    let faster = |row: &Row, than: &Row| seconds(times, than) / seconds(times, row);
    [
        check(
            "framing compared with bare LinesCodec",
            faster(&rows::FRAMED, &rows::BARE),
            1.0 / corpus.budgets.framing,
        ),
        check(
            "untouched compared with the tagged enum",
            faster(&rows::UNTOUCHED, &rows::TAGGED),
            corpus.budgets.untouched,
        ),
        check(
            "text of deltas compared with the tagged enum",
            faster(&rows::TEXT, &rows::TAGGED),
            corpus.budgets.text,
        ),
        check(
            "typed compared with the tagged enum",
            faster(&rows::TYPED, &rows::TAGGED),
            corpus.budgets.typed,
        ),
        check(
            "the same, less what bare LinesCodec takes in both",
            beyond_framing(times, &rows::TAGGED) / beyond_framing(times, &rows::TYPED),
            1.5,
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The goals of a corpus, each with its figure.
fn reached(corpus: &Corpus, times: &[Duration]) -> [String; 2] {
    let framing = seconds(times, &rows::FRAMED) / seconds(times, &rows::BARE);
    let typed = seconds(times, &rows::TAGGED) / seconds(times, &rows::TYPED);
    let Budgets { framing: most, typed_goal: least, .. } = corpus.budgets;
    let word = |is_reached| if is_reached { "reached" } else { "missed" };
    let name = corpus.name;
    [
        format!(
            "{name:<8} framing takes {framing:.2} times as long as LinesCodec, at most {most}: {}",
            word(framing <= most)
        ),
        format!(
            "{name:<8} typed is {typed:.2} times as fast as the tagged enum, at least {least}: {}",
            word(typed >= least)
        ),
    ]
}

fn beyond_framing(times: &[Duration], row: &Row) -> f64 {
    seconds(times, row) - seconds(times, &rows::BARE)
}

fn seconds(times: &[Duration], row: &Row) -> f64 {
    ROWS.iter()
        .zip(times)
        .find(|(other, _)| other.name == row.name)
        .map_or(f64::NAN, |(_, time)| time.as_secs_f64())
}
