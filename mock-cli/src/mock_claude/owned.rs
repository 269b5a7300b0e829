//! Stdin and stdout that can be closed: dropping one closes its pipe, while the process goes on.
//!
//! The number of the stream then names `/dev/null`, so that nothing else gets it. What is neither a
//! pipe nor a socket, such as a file or a terminal, stays open until the process ends.
//!
//! A pipe that is taken does not block any more, for every process that has it. So stderr, which
//! programs share with what they launch, is not taken.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileTypeExt as _;
use std::os::unix::net::UnixStream;

use rustix::io::{FdFlags, dup, fcntl_setfd};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::unix::pipe;

/// A stream of bytes to read from.
pub(crate) type Input = Box<dyn AsyncRead + Send + Unpin>;

/// A stream of bytes to write to.
pub(crate) type Output = Box<dyn AsyncWrite + Send + Unpin>;

/// Takes the input of this process.
pub(crate) fn stdin() -> io::Result<Input> {
    let null = File::open("/dev/null")?;
    let taken = take(&io::stdin(), || rustix::stdio::dup2_stdin(&null))?;
    Ok(match taken {
        Taken::Pipe(pipe) => Box::new(pipe::Receiver::from_owned_fd(pipe)?),
        Taken::Socket(socket) => Box::new(socket),
        Taken::Other => Box::new(tokio::io::stdin()),
    })
}

/// Takes its output.
pub(crate) fn stdout() -> io::Result<Output> {
    let null = File::options().write(true).open("/dev/null")?;
    let taken = take(&io::stdout(), || rustix::stdio::dup2_stdout(&null))?;
    Ok(match taken {
        Taken::Pipe(pipe) => Box::new(pipe::Sender::from_owned_fd(pipe)?),
        Taken::Socket(socket) => Box::new(socket),
        Taken::Other => Box::new(tokio::io::stdout()),
    })
}

/// The same stream under another number, which children do not get.
pub(crate) fn copy(stream: &impl AsFd) -> io::Result<OwnedFd> {
    let copy = dup(stream)?;
    fcntl_setfd(&copy, FdFlags::CLOEXEC)?;
    Ok(copy)
}

enum Taken {
    Pipe(OwnedFd),
    Socket(tokio::net::UnixStream),
    /// It was not taken.
    Other,
}

fn take(stream: &impl AsFd, replace: impl FnOnce() -> rustix::io::Result<()>) -> io::Result<Taken> {
    let file = File::from(copy(stream)?);
    let kind = file.metadata()?.file_type();
    if !kind.is_fifo() && !kind.is_socket() {
        return Ok(Taken::Other);
    }
    replace()?;
    if kind.is_fifo() {
        return Ok(Taken::Pipe(file.into()));
    }
    let socket = UnixStream::from(OwnedFd::from(file));
    socket.set_nonblocking(true)?;
    Ok(Taken::Socket(tokio::net::UnixStream::from_std(socket)?))
}
