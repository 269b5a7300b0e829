//! A transport with a defect.

use std::pin::Pin;
use std::task::{Context, Poll};

use claude_wire::transport::{BoxFuture, BoxedRead, Connection, Error, Launch, Memory, Transport};
use tokio::io::{AsyncRead, ReadBuf};

/// A transport whose output panics when the CLI has written this word.
pub struct Faulty {
    pub transport: Memory,
    pub word: &'static str,
}

struct FaultyOutput {
    output: BoxedRead,
    word: &'static str,
}

impl Transport for Faulty {
    fn open(&self, launch: Launch) -> BoxFuture<'_, Result<Connection, Error>> {
        Box::pin(async move {
            let connection = self.transport.open(launch).await?;
            let stdout = FaultyOutput { output: connection.stdout, word: self.word };
            Ok(Connection { stdout: Box::new(stdout), ..connection })
        })
    }
}

impl AsyncRead for FaultyOutput {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.output).poll_read(cx, buf);
        let text = String::from_utf8_lossy(&buf.filled()[before..]);
        assert!(!text.contains(self.word), "a defect of the transport");
        read
    }
}
