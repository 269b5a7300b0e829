//! A transport of your own: the CLI at the other end of a TCP connection.
//!
//! `cargo run --example custom_transport` serves a scripted CLI on the loopback and connects to it:
//! no network, no key, no `claude`.
//!
//! The arguments of the launch are sent first, as one line of JSON. The end of the connection means
//! the end of the process.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use claude_wire::player::{Streams, play};
use claude_wire::transport::{BoxFuture, Connection, Control, Error, Exit, Launch, Transport};
use claude_wire::{Scenario, Session, reply};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = tokio::spawn(serve(listener));

    let session = Session::builder().model("opus").transport(Tcp(address)).start()?;
    println!("{}", session.query("Where are you?").text().await?);
    println!("the CLI ended with {:?}", session.stop().await?);
    server.await??;
    Ok(())
}

/// Reaches a CLI by TCP.
struct Tcp(SocketAddr);

impl Transport for Tcp {
    fn open(&self, launch: Launch) -> BoxFuture<'_, Result<Connection, Error>> {
        Box::pin(async move {
            let mut socket = TcpStream::connect(self.0).await.map_err(Error::other)?;
            let args: Vec<_> = launch.args.iter().map(|arg| arg.to_string_lossy()).collect();
            let mut line = serde_json::to_vec(&args).map_err(Error::other)?;
            line.push(b'\n');
            socket.write_all(&line).await.map_err(Error::other)?;

            let (mut output, stdin) = socket.into_split();
            let (stdout, mut relay) = tokio::io::duplex(64 * 1024);
            // Between the socket and the session, to notice the end of the output.
            let life = tokio::spawn(async move {
                let relayed = tokio::io::copy(&mut output, &mut relay).await;
                Exit::from_code(i32::from(relayed.is_err()))
            });
            let control = Box::new(Remote { life, exit: None });
            Ok(Connection {
                stdin: Box::new(stdin),
                stdout: Box::new(stdout),
                stderr: Box::new(tokio::io::empty()),
                control,
            })
        })
    }
}

/// The life of the CLI on the other machine.
struct Remote {
    life: JoinHandle<Exit>,
    exit: Option<Exit>,
}

impl Control for Remote {
    fn pid(&self) -> Option<u32> {
        None
    }

    fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Exit>> {
        // This may be polled again after the end; the handle of a task may not.
        if self.exit.is_none() {
            let ended = std::task::ready!(Pin::new(&mut self.life).poll(cx));
            self.exit = Some(ended.unwrap_or(Exit::from_signal(9)));
        }
        Poll::Ready(self.exit.ok_or(io::ErrorKind::Other.into()))
    }

    fn terminate(&mut self) {
        self.life.abort();
    }

    fn kill(&mut self) {
        self.life.abort();
    }
}

/// Dropping the control ends the other side, too.
impl Drop for Remote {
    fn drop(&mut self) {
        self.life.abort();
    }
}

/// The other machine: one connection, one CLI. A real one would start `claude` with these arguments
/// here.
async fn serve(listener: TcpListener) -> io::Result<()> {
    let (socket, _) = listener.accept().await?;
    let (input, stdout) = socket.into_split();
    let mut stdin = BufReader::new(input);
    let mut line = String::new();
    stdin.read_line(&mut line).await?;
    let args: Vec<String> = serde_json::from_str(&line)?;
    println!("the CLI is launched with {}", args.join(" "));

    let cli =
        Scenario::new().on_prompt("Where are you?", reply().text("At the other end of a wire."));
    let (_, signals) = tokio::sync::mpsc::channel(1);
    let (exit, _) =
        play(cli.script(args), Streams { stdin, stdout, stderr: tokio::io::sink() }, signals).await;
    println!("the CLI has ended ({exit})");
    Ok(())
}
