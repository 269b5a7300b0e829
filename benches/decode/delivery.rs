//! The cost of a message through a session: the time of one thread while an in-memory CLI writes
//! and a caller reads, minus the time of the simplest reader of the same pipe.

use std::hint::black_box;
use std::sync::Arc;

use bytes::BytesMut;
use claude_wire::{Message, Session};
use tokio_util::codec::{Decoder, LinesCodec};

use crate::corpus::Corpus;
use crate::peers::Tagged;
use crate::{clock, pipe};

/// The limit for a message in microseconds, and how many times as fast as the tagged enum it must
/// be.
///
/// The times are for an idle machine of 2026; a short run on a busy one only checks the ratios, with
/// `slack`.
const UNTOUCHED: (f64, f64) = (0.5, 3.0);
const TEXT: (f64, f64) = (1.0, 3.0);

const PIPE: usize = 64 * 1024;

/// Prints the rows, and returns the broken budgets.
pub(crate) fn run(corpus: &Corpus, quick: bool, slack: f64) -> Vec<String> {
    let lines: Arc<[u8]> = corpus.bytes.clone().into();
    let rows: [(&str, &dyn Fn() -> usize); 5] = [
        ("the pipe alone", &|| {
            pipe::runtime().block_on(pipe::read(&pipe::answering(lines.clone(), PIPE), |_| {}))
        }),
        ("LinesCodec", &|| framed(&lines, |line| drop(black_box(line)))),
        ("Session: a message, untouched", &|| {
            session(&lines, |message| {
                black_box(message);
            })
        }),
        ("Session: the text of deltas read", &|| {
            session(&lines, |message| {
                black_box(message.text_delta().map(|text| text.len()));
            })
        }),
        ("LinesCodec + internally tagged enum", &|| {
            framed(&lines, |line| {
                drop(black_box(
                    serde_json::from_str::<Tagged>(&line).expect("a line of the corpus"),
                ))
            })
        }),
    ];
    let times = clock::medians(rows.len(), |row| {
        let (name, run) = rows[row];
        let started = clock::now();
        let seen = run();
        let took = clock::now() - started;
        assert_eq!(seen, corpus.lines + 1, "{name} lost lines");
        took
    });
    let micros =
        |row: usize| times[row].saturating_sub(times[0]).as_secs_f64() * 1e6 / corpus.lines as f64;
    println!(
        "\n{:<40} {:>10} {:>9}   (deltas through a pipe in memory; the pipe's own cost taken off)",
        "delivery", "us/line", "x tagged"
    );
    for (row, (name, _)) in rows.iter().enumerate().skip(1) {
        println!("{name:<40} {:>10.3} {:>9.2}", micros(row), micros(4) / micros(row));
    }
    let check = |row: usize, (most, ratio): (f64, f64)| {
        let (name, took, faster) = (rows[row].0, micros(row), micros(4) / micros(row));
        let ratio = ratio * slack;
        let slow = (!quick && took > most)
            .then(|| format!("{name}: {took:.3} us, must be at most {most}"));
        slow.or_else(|| {
            (faster < ratio).then(|| {
                format!(
                    "{name}: {faster:.2} times as fast as the tagged enum, must be at least {ratio:.2}"
                )
            })
        })
    };
    [check(2, UNTOUCHED), check(3, TEXT)].into_iter().flatten().collect()
}

fn session(lines: &Arc<[u8]>, mut see: impl FnMut(&Message)) -> usize {
    pipe::runtime().block_on(async {
        let session = Session::builder()
            .transport(pipe::answering(lines.clone(), PIPE))
            .start()
            .expect("a session");
        let mut turn = session.query("go");
        let mut seen = 0;
        while let Some(message) = turn.next().await {
            see(&message.expect("a message"));
            seen += 1;
        }
        seen
    })
}

fn framed(lines: &Arc<[u8]>, mut see: impl FnMut(String)) -> usize {
    let mut codec = LinesCodec::new();
    let mut buffer = BytesMut::new();
    pipe::runtime().block_on(pipe::read(&pipe::answering(lines.clone(), PIPE), |chunk| {
        buffer.extend_from_slice(chunk);
        while let Ok(Some(line)) = codec.decode(&mut buffer) {
            see(line);
        }
    }))
}
