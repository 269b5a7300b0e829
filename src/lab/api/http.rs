//! The subset of HTTP/1.1 that the CLI uses: sequential requests on a connection, request bodies
//! with a length, responses with a length or in chunks.

use std::fmt::Write;
use std::io;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// The longest head that is accepted, in bytes.
const MAX_HEAD: usize = 64 * 1024;
/// The longest body that is accepted, in bytes; the real API accepts 32 MB.
const MAX_BODY: usize = 256 * 1024 * 1024;

pub(super) struct HttpRequest {
    pub(super) method: String,
    /// Without the query.
    pub(super) path: String,
    pub(super) body: Vec<u8>,
}

pub(super) struct Connection(BufReader<TcpStream>);

impl Connection {
    pub(super) fn new(stream: TcpStream) -> io::Result<Self> {
        // An event must be sent when it is written.
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    /// The next request; `None` if the client has closed the connection.
    pub(super) async fn request(&mut self) -> io::Result<Option<HttpRequest>> {
        let Some(start) = self.line().await? else { return Ok(None) };
        let mut words = start.split(' ');
        let (Some(method), Some(target), Some("HTTP/1.1")) =
            (words.next(), words.next(), words.next())
        else {
            return Err(invalid("not a request of HTTP/1.1"));
        };
        let mut length = 0;
        let mut head = start.len();
        loop {
            let line = self.line().await?.ok_or_else(|| invalid("the head ends early"))?;
            head += line.len();
            if head > MAX_HEAD {
                return Err(invalid("the head is too long"));
            }
            let Some((name, value)) = line.split_once(':') else { break };
            if name.eq_ignore_ascii_case("content-length") {
                length = value
                    .trim()
                    .parse()
                    .ok()
                    .filter(|length| *length <= MAX_BODY)
                    .ok_or_else(|| invalid("content-length"))?;
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                return Err(invalid("a request body without a length"));
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await?;
        let path = target.split('?').next().unwrap_or_default().to_owned();
        Ok(Some(HttpRequest { method: method.to_owned(), path, body }))
    }

    /// Answers with a whole body.
    pub(super) async fn whole(
        &mut self,
        status: u16,
        headers: &[(&str, String)],
        content_type: &str,
        body: &str,
    ) -> io::Result<()> {
        let mut answer = format!(
            "HTTP/1.1 {status} \r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n",
            body.len()
        );
        add(&mut answer, headers);
        answer.push_str(body);
        self.write(&answer).await
    }

    /// Begins a body of chunks.
    pub(super) async fn begin_events(&mut self, headers: &[(&str, String)]) -> io::Result<()> {
        let mut head =
            "HTTP/1.1 200 \r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n"
                .to_owned();
        add(&mut head, headers);
        self.write(&head).await
    }

    /// Sends one chunk, in one write.
    pub(super) async fn chunk(&mut self, text: &str) -> io::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        self.write(&format!("{:x}\r\n{text}\r\n", text.len())).await
    }

    /// Ends a body of chunks.
    pub(super) async fn end_events(&mut self) -> io::Result<()> {
        self.write("0\r\n\r\n").await
    }

    /// Ends the connection with a reset instead of a close. What the client has not read yet may be
    /// lost.
    pub(super) fn reset(self) -> io::Result<()> {
        self.0.get_ref().set_zero_linger()
    }

    async fn write(&mut self, text: &str) -> io::Result<()> {
        self.0.get_mut().write_all(text.as_bytes()).await
    }

    /// One line of the head.
    async fn line(&mut self) -> io::Result<Option<String>> {
        let mut line = Vec::new();
        (&mut self.0).take(MAX_HEAD as u64).read_until(b'\n', &mut line).await?;
        if line.is_empty() {
            return Ok(None);
        }
        let line =
            line.strip_suffix(b"\r\n").ok_or_else(|| invalid("a line of the head has no end"))?;
        String::from_utf8(line.to_vec()).map(Some).map_err(|_| invalid("the head is not UTF-8"))
    }
}

/// Adds headers to a head, and ends it.
fn add(head: &mut String, headers: &[(&str, String)]) {
    for (name, value) in headers {
        // Writing to a string does not fail.
        let _ = write!(head, "{name}: {value}\r\n");
    }
    head.push_str("\r\n");
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
