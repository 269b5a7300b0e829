//! A CLI behind a `Sink` and a `Stream` of messages, such as a WebSocket.

use std::io;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::{BufMut, Bytes, BytesMut};
use claude_wire::player::{Streams, play};
use claude_wire::transport::{BoxFuture, Connection, Control, Error, Exit, Launch, Transport};
use claude_wire::{Scenario, Session, reply};
use futures_util::{SinkExt, Stream, stream};
use tokio::io::AsyncReadExt;
use tokio::sync::{mpsc, oneshot};
use tokio_util::io::{CopyToBytes, SinkWriter, StreamReader};

/// Transports a CLI in messages; `size` sets how many bytes of its output each contains.
struct Frames {
    scenario: Scenario,
    size: usize,
    launches: Arc<Mutex<Vec<Vec<String>>>>,
}

/// The messages received from a channel.
fn messages(receiver: mpsc::Receiver<Bytes>) -> impl Stream<Item = io::Result<Bytes>> + Unpin {
    Box::pin(stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|message| (Ok(message), receiver))
    }))
}

impl Transport for Frames {
    fn open(&self, launch: Launch) -> BoxFuture<'_, Result<Connection, Error>> {
        Box::pin(async move {
            let args: Vec<_> =
                launch.args.iter().map(|arg| arg.to_string_lossy().into_owned()).collect();
            self.launches.lock().unwrap().push(args.clone());
            let (to_cli, from_host) = mpsc::channel::<Bytes>(4);
            let (to_host, from_cli) = mpsc::channel::<Bytes>(4);
            let (ended, end) = oneshot::channel();

            // The other machine.
            let script = self.scenario.script(args);
            let (mut output, stdout) = tokio::io::duplex(1024);
            let stdin = tokio::io::BufReader::new(StreamReader::new(messages(from_host)));
            let size = self.size;
            tokio::spawn(async move {
                let mut message = BytesMut::new();
                while let Ok(1..) = output.read_buf(&mut (&mut message).limit(size)).await {
                    if to_host.send(message.split().freeze()).await.is_err() {
                        return;
                    }
                }
            });
            tokio::spawn(async move {
                let (_, signals) = mpsc::channel(1);
                let streams = Streams { stdin, stdout, stderr: tokio::io::sink() };
                let (exit, _) = play(script, streams, signals).await;
                let _ = ended.send(exit);
            });

            let sink = tokio_util::sync::PollSender::new(to_cli)
                .sink_map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe));
            Ok(Connection {
                stdin: Box::new(SinkWriter::new(CopyToBytes::new(sink))),
                stdout: Box::new(StreamReader::new(messages(from_cli))),
                stderr: Box::new(tokio::io::empty()),
                control: Box::new(Life { end, exit: None }),
            })
        })
    }
}

struct Life {
    end: oneshot::Receiver<Exit>,
    exit: Option<Exit>,
}

impl Control for Life {
    fn pid(&self) -> Option<u32> {
        None
    }

    fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Exit>> {
        if self.exit.is_none() {
            let end = std::task::ready!(std::pin::Pin::new(&mut self.end).poll(cx));
            self.exit = Some(end.unwrap_or(Exit::from_signal(9)));
        }
        Poll::Ready(self.exit.ok_or(io::ErrorKind::Other.into()))
    }

    fn terminate(&mut self) {
        self.end.close();
    }

    fn kill(&mut self) {
        self.end.close();
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_runs_over_messages_of_any_size() {
    for size in [1, 7, 4096] {
        let launches = Arc::default();
        let transport = Frames {
            scenario: Scenario::new()
                .on_prompt("Hello", reply().text("Hi, \u{1F600}!"))
                .on_prompt("Again", reply().text("Hi again.")),
            size,
            launches: Arc::clone(&launches),
        };
        let session = Session::builder().model("opus").transport(transport).start().unwrap();
        assert_eq!(session.query("Hello").text().await.unwrap(), "Hi, \u{1F600}!", "{size}");
        assert_eq!(session.query("Again").text().await.unwrap(), "Hi again.", "{size}");
        assert!(session.stop().await.unwrap().is_some_and(|exit| exit.success()), "{size}");
        let launches = launches.lock().unwrap();
        assert_eq!(launches.len(), 1, "{size}");
        assert!(launches[0].join(" ").contains("--model opus"), "{:?}", launches[0]);
    }
}
