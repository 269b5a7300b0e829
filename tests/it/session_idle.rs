//! The cost of a session when idle and when busy.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use claude_wire::Session;
use claude_wire::transport::{BoxFuture, BoxedRead, Connection, Error, Exit, Launch, Transport};
use tokio::io::{AsyncRead, ReadBuf};

use crate::support::cli::{assistant, cli, init, result};
use crate::support::read::{quiet, read};
#[cfg(target_os = "linux")]
use crate::support::stream;

/// Counts how often the output of the CLI behind `inner` is polled.
struct Counted<T>(T, Arc<AtomicUsize>);

struct CountedRead(BoxedRead, Arc<AtomicUsize>);

impl<T: Transport> Transport for Counted<T> {
    fn open(&self, launch: Launch) -> BoxFuture<'_, Result<Connection, Error>> {
        Box::pin(async move {
            let mut connection = self.0.open(launch).await?;
            connection.stdout = Box::new(CountedRead(connection.stdout, self.1.clone()));
            connection.stderr = Box::new(CountedRead(connection.stderr, self.1.clone()));
            Ok(connection)
        })
    }
}

impl AsyncRead for CountedRead {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        self.1.fetch_add(1, Ordering::Relaxed);
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

/// At the end of a stream each read returns at once. A driver that keeps reading never sleeps.
#[tokio::test(start_paused = true)]
async fn closed_streams_are_not_read_again() {
    for stays in [true, false] {
        let polls = Arc::new(AtomicUsize::new(0));
        let transport = cli(move |_, mut cli| async move {
            cli.handshake().await;
            let (uuid, _) = cli.prompt().await;
            cli.turn(&uuid, "done").await;
            cli.close_stdout();
            cli.stderr = None;
            if stays {
                // Keeps running with both output streams closed until it is asked to end.
                cli.control.signal().await;
            }
            Exit::from_code(0)
        });
        let session =
            Session::builder().transport(Counted(transport, polls.clone())).start().unwrap();
        assert_eq!(read(session.query("go")).await.text(), "done");
        quiet().await;
        let after_the_turn = polls.load(Ordering::Relaxed);
        assert!(after_the_turn < 40, "{after_the_turn} polls for one turn");
        tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
        session.stop().await.unwrap();
        let at_the_end = polls.load(Ordering::Relaxed);
        assert!(at_the_end - after_the_turn < 20, "{at_the_end} polls in an idle hour");
    }
}

/// The CPU time of this thread, which runs the session, its CLI and the reader.
#[cfg(target_os = "linux")]
fn cpu() -> std::time::Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.try_into().unwrap()
}

/// The CPU time of reading a whole turn of this many messages, each with these lines.
#[cfg(target_os = "linux")]
async fn cost(messages: usize, lines: fn(usize) -> String, how: How) -> std::time::Duration {
    let transport = cli(move |_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        for hundred in 0..messages / 100 {
            let numbers = hundred * 100..(hundred + 1) * 100;
            cli.write_bytes(numbers.map(lines).collect::<String>().as_bytes()).await;
        }
        cli.write(result(&uuid, "done")).await;
        cli.drain().await;
        Exit::from_code(0)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let before = cpu();
    let texts = match how {
        How::Summary => session.query("go").collect_summary().await.unwrap().texts.len(),
        How::Deltas => session.query("go").text_deltas().collect().await.unwrap().len(),
    };
    let after = cpu();
    assert_eq!(texts, messages);
    session.stop().await.unwrap();
    after - before
}

#[cfg(target_os = "linux")]
#[derive(Clone, Copy, Debug)]
enum How {
    Summary,
    Deltas,
}

/// Copying or searching a list for each added message would cost a hundred times as much for ten
/// times as many messages.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn ten_times_as_many_messages_cost_ten_times_as_much() {
    fn whole_message(_: usize) -> String {
        format!("{}\n", assistant("one more"))
    }
    fn streamed_message(number: usize) -> String {
        let (id, text) = (format!("m{number}"), "one more");
        let lines = [
            stream::message_start(&id),
            stream::text_start(&id, 0),
            stream::text_piece(&id, 0, text),
            stream::whole(&id, serde_json::json!([stream::text(text)])),
            stream::block_stop(&id, 0),
            stream::message_stop(&id),
        ];
        lines.map(|line| format!("{line}\n")).concat()
    }
    for (some, lines, how) in [
        (2_000, whole_message as fn(usize) -> String, How::Summary),
        (1_000, whole_message, How::Deltas),
        (1_000, streamed_message, How::Deltas),
    ] {
        cost(some, lines, how).await;
        let (mut small, mut large) = (std::time::Duration::MAX, std::time::Duration::MAX);
        for _ in 0..3 {
            small = small.min(cost(some, lines, how).await);
            large = large.min(cost(10 * some, lines, how).await);
        }
        assert!(
            large < 25 * small,
            "{how:?}: {small:?} for {some} messages, {large:?} for ten times as many"
        );
    }
}
