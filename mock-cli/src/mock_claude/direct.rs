//! Standard output without a thread.
//!
//! Tokio hands every write to a standard stream to another thread, which costs more than the write.
//! Where the stream can take a piece at once it is written here; only where it cannot, because its
//! reader is behind, a thread waits for it. So the player reads its input even if its host does not
//! read.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::pin::Pin;
use std::task::{Context, Poll};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use tokio::io::AsyncWrite;

/// How much a pipe takes without blocking when it is ready: `PIPE_BUF` on Linux, and no less than
/// that elsewhere.
#[cfg(target_os = "linux")]
const AT_ONCE: usize = 4096;
#[cfg(not(target_os = "linux"))]
const AT_ONCE: usize = 512;

/// A standard stream to write to, and the same through tokio's thread.
pub(crate) struct Direct<S, T> {
    stream: S,
    threaded: T,
    /// Whether the thread has something that is not flushed.
    waits: bool,
}

impl<S: AsFd, T> Direct<S, T> {
    pub(crate) fn new(stream: S, threaded: T) -> Self {
        Self { stream, threaded, waits: false }
    }
}

impl<S: AsFd + Unpin, T: AsyncWrite + Unpin> AsyncWrite for Direct<S, T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if !self.waits && is_ready(self.stream.as_fd()) {
            let piece = bytes.get(..AT_ONCE).unwrap_or(bytes);
            match rustix::io::write(&self.stream, piece) {
                Err(Errno::AGAIN | Errno::INTR) => {}
                written => return Poll::Ready(written.map_err(io::Error::from)),
            }
        }
        self.waits = true;
        Pin::new(&mut self.threaded).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.waits {
            return Poll::Ready(Ok(()));
        }
        let flushed = Pin::new(&mut self.threaded).poll_flush(cx);
        self.waits = flushed.is_pending();
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.threaded).poll_shutdown(cx)
    }
}

/// Whether a write of [`AT_ONCE`] bytes does not wait, or fails at once.
fn is_ready(stream: BorrowedFd<'_>) -> bool {
    let mut asked = [PollFd::new(&stream, PollFlags::OUT)];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut asked, Some(&at_once)).is_ok_and(|ready| ready > 0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail")]

    use std::future::poll_fn;
    use std::io::{PipeReader, PipeWriter, Read as _, pipe};

    use tokio::io::AsyncWriteExt as _;

    use super::*;

    /// The pipe through a thread, as tokio's standard output; counts what takes this way.
    struct Threaded(tokio::fs::File, usize);

    impl AsyncWrite for Threaded {
        fn poll_write(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            self.1 += 1;
            Pin::new(&mut self.0).poll_write(cx, bytes)
        }

        fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.0).poll_flush(cx)
        }

        fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.0).poll_shutdown(cx)
        }
    }

    fn direct() -> (PipeReader, Direct<PipeWriter, Threaded>) {
        let (reader, writer) = pipe().unwrap();
        let other = std::os::fd::OwnedFd::from(writer.try_clone().unwrap());
        let threaded = Threaded(tokio::fs::File::from_std(other.into()), 0);
        (reader, Direct::new(writer, threaded))
    }

    #[tokio::test]
    async fn what_the_reader_takes_needs_no_thread() {
        let (mut reader, mut direct) = direct();
        for number in 0..500 {
            let line = format!("line {number} {}\n", "x".repeat(number * 7 % 3000));
            direct.write_all(line.as_bytes()).await.unwrap();
            direct.flush().await.unwrap();
            let mut read = vec![0; line.len()];
            reader.read_exact(&mut read).unwrap();
            assert_eq!(read, line.as_bytes());
        }
        assert_eq!(direct.threaded.1, 0);
    }

    /// A reader that is behind does not stop this thread, and gets every byte in order.
    #[tokio::test]
    async fn a_slow_reader_gets_everything_in_order() {
        for piece in [1, 700, 4096, 5000, 300_000] {
            let (mut reader, mut direct) = direct();
            let sent: Vec<u8> = (0..1_000_000_u32).map(|byte| byte as u8).collect();
            let mut filled = 0;
            // Until the pipe is full: this thread goes on.
            for bytes in sent.chunks(piece) {
                let ready = poll_fn(|cx| Poll::Ready(Pin::new(&mut direct).poll_write(cx, bytes)));
                match ready.await {
                    Poll::Ready(written) => filled += written.unwrap(),
                    Poll::Pending => break,
                }
                if direct.threaded.1 > 0 {
                    break;
                }
                if filled % piece != 0 {
                    break;
                }
            }
            let expected = sent.len();
            let read = std::thread::spawn(move || {
                let mut read = vec![0; expected];
                reader.read_exact(&mut read).unwrap();
                read
            });
            direct.write_all(&sent[filled..]).await.unwrap();
            direct.flush().await.unwrap();
            assert_eq!(read.join().unwrap(), sent, "{piece}");
        }
    }

    #[tokio::test]
    async fn a_reader_that_is_gone_is_an_error() {
        let (reader, mut direct) = direct();
        drop(reader);
        let error = direct.write_all(b"line\n").await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}
