//! What a session costs while nothing happens, and while much does.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use claude_wire::Session;
use claude_wire::transport::{BoxFuture, BoxedRead, Connection, Error, Exit, Launch, Transport};
use tokio::io::{AsyncRead, ReadBuf};

use crate::support::cli::{assistant, cli, init, result};
use crate::support::read::{quiet, read};

/// Counts how often anything polls the output of the CLI behind `inner`.
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

/// At the end of a stream each read returns at once. A driver that goes on reading never sleeps.
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
                // Alive, with both of its output streams closed, until it is asked to end.
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
        session.stop().await;
        let at_the_end = polls.load(Ordering::Relaxed);
        assert!(at_the_end - after_the_turn < 20, "{at_the_end} polls in an idle hour");
    }
}

/// The processor time of this thread, which runs the session, its CLI and the reader.
#[cfg(target_os = "linux")]
fn cpu() -> std::time::Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.try_into().unwrap()
}

/// A list that is copied for each message that is added to it would cost a hundred times as much
/// for ten times as many messages.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn ten_times_as_many_messages_cost_ten_times_as_much() {
    async fn cost(messages: usize) -> std::time::Duration {
        let transport = cli(move |_, mut cli| async move {
            cli.handshake().await;
            let (uuid, _) = cli.prompt().await;
            cli.write(init(&uuid)).await;
            let line = format!("{}\n", assistant("one more"));
            for _ in 0..messages / 100 {
                cli.write_bytes(line.repeat(100).as_bytes()).await;
            }
            cli.write(result(&uuid, "done")).await;
            cli.drain().await;
            Exit::from_code(0)
        });
        let session = Session::builder().transport(transport).start().unwrap();
        let before = cpu();
        let summary = session.query("go").collect_summary().await.unwrap();
        let after = cpu();
        assert_eq!(summary.texts.len(), messages);
        session.stop().await;
        after - before
    }
    cost(2_000).await;
    let (mut small, mut large) = (std::time::Duration::MAX, std::time::Duration::MAX);
    for _ in 0..3 {
        small = small.min(cost(2_000).await);
        large = large.min(cost(20_000).await);
    }
    assert!(large < 25 * small, "{small:?} for 2,000 messages, {large:?} for 20,000");
}
