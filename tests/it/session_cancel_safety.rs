//! A cancelled `next` loses nothing.

use std::time::Duration;

use crate::support::cli::{cli, init, result};
use crate::support::read::quiet;
use claude_wire::Session;
use claude_wire::transport::{Exit, Memory};
use futures_util::FutureExt;
use proptest::prelude::*;
use tokio::time::timeout;

/// Writes this many numbered messages in one turn, in pieces of these sizes, with a pause after
/// each.
fn play(count: usize, pieces: Vec<usize>, capacity: usize) -> Memory {
    cli(move |_, mut cli| {
        let pieces = pieces.clone();
        async move {
            cli.handshake().await;
            let (uuid, _) = cli.prompt().await;
            let mut bytes = format!("{}\n", init(&uuid));
            (0..count).for_each(|n| bytes.push_str(&format!("{{\"type\":\"x\",\"n\":{n}}}\n")));
            bytes.push_str(&format!("{}\n", result(&uuid, "done")));
            let mut rest = bytes.as_bytes();
            for size in pieces.into_iter().cycle() {
                let (piece, behind) = rest.split_at(size.min(rest.len()));
                cli.write_bytes(piece).await;
                tokio::task::yield_now().await;
                rest = behind;
                if rest.is_empty() {
                    break;
                }
            }
            cli.drain().await;
            Exit::from_code(0)
        }
    })
    .capacity(capacity)
}

/// How the reader requests the next message.
#[derive(Clone, Copy, Debug)]
enum Ask {
    PollOnce,
    NoTime,
    LittleTime,
    RaceAYield,
    Await,
}

fn ask() -> impl Strategy<Value = Ask> {
    prop_oneof![
        Just(Ask::PollOnce),
        Just(Ask::NoTime),
        Just(Ask::LittleTime),
        Just(Ask::RaceAYield),
        Just(Ask::Await)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn cancelled_reads_lose_no_message(
        count in 0..200_usize,
        pieces in proptest::collection::vec(1..300_usize, 1..8),
        capacity in prop_oneof![Just(1_usize), 2..100_usize, Just(64 * 1024)],
        limit in prop_oneof![Just(1_usize), 10..1000_usize],
        asks in proptest::collection::vec(ask(), 1..20),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let session = Session::builder().buffer_limit(limit).transport(play(count, pieces, capacity)).start().unwrap();
            let mut turn = session.query("go");
            let mut lines = Vec::new();
            for (round, ask) in asks.into_iter().cycle().enumerate() {
                let next = match ask {
                    Ask::PollOnce => turn.next().now_or_never(),
                    Ask::NoTime => timeout(Duration::ZERO, turn.next()).await.ok(),
                    Ask::LittleTime => timeout(Duration::from_micros(10), turn.next()).await.ok(),
                    Ask::RaceAYield => tokio::select! {
                        biased;
                        () = tokio::task::yield_now() => None,
                        next = turn.next() => Some(next),
                    },
                    Ask::Await => Some(turn.next().await),
                };
                match next {
                    Some(Some(message)) => lines.push(message.unwrap().line_text().into_owned()),
                    Some(None) => break,
                    // If the reader only polls, the paused clock would never advance.
                    None if round % 10 == 9 => quiet().await,
                    None => tokio::task::yield_now().await,
                }
            }
            assert_eq!(lines.len(), count + 2);
            for (n, line) in lines[1..=count].iter().enumerate() {
                assert_eq!(line, &format!("{{\"type\":\"x\",\"n\":{n}}}"));
            }
            assert!(session.stop().await.unwrap().unwrap().success());
        });
    }
}
