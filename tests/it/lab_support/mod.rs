//! A small HTTP client that shows an answer as it arrives.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test file uses a part of it"
)]

use claude_wire::lab::FakeApi;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub struct Client {
    stream: TcpStream,
    /// What was read and not consumed yet.
    pending: Vec<u8>,
}

pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Client {
    pub async fn connect(api: &FakeApi) -> Self {
        Self::at(&api.url()).await
    }

    pub async fn at(url: &str) -> Self {
        let address = url.trim_start_matches("http://");
        Self { stream: TcpStream::connect(address).await.unwrap(), pending: Vec::new() }
    }

    pub async fn send(&mut self, start: &str, body: &str) {
        let request = format!(
            "{start} HTTP/1.1\r\nHost: api\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await.unwrap();
    }

    pub async fn post(&mut self, body: &str) -> Answer {
        self.send("POST /v1/messages?beta=true", body).await;
        self.answer().await
    }

    /// An answer with a content length.
    pub async fn answer(&mut self) -> Answer {
        let head = self.head().await;
        let body = self.body(header(&head, "content-length").unwrap().parse().unwrap()).await;
        Answer { status: head.split(' ').nth(1).unwrap().parse().unwrap(), head, body }
    }

    /// A body of this many bytes.
    pub async fn body(&mut self, length: usize) -> String {
        while self.pending.len() < length {
            assert!(self.read().await > 0, "the answer ends early");
        }
        String::from_utf8(self.pending.drain(..length).collect()).unwrap()
    }

    pub async fn head(&mut self) -> String {
        let end = self.find(b"\r\n\r\n").await.expect("a head");
        String::from_utf8(self.pending.drain(..end + 4).collect()).unwrap()
    }

    /// The next chunk of a body: `Some("")` is the end, `None` a connection closed before the end.
    pub async fn chunk(&mut self) -> Option<String> {
        let end = self.find(b"\r\n").await?;
        let size = std::str::from_utf8(&self.pending[..end]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        while self.pending.len() < end + 2 + size + 2 {
            if self.read().await == 0 {
                return None;
            }
        }
        let chunk: Vec<_> = self.pending.drain(..end + 2 + size + 2).collect();
        Some(String::from_utf8(chunk[end + 2..end + 2 + size].to_vec()).unwrap())
    }

    /// All chunks up to the end of the body, and whether the end came.
    pub async fn chunks(&mut self) -> (Vec<String>, bool) {
        let mut chunks = Vec::new();
        loop {
            match self.chunk().await {
                Some(chunk) if chunk.is_empty() => return (chunks, true),
                Some(chunk) => chunks.push(chunk),
                None => return (chunks, false),
            }
        }
    }

    /// True if nothing has arrived.
    pub fn is_silent(&self) -> bool {
        let read = self.stream.try_read(&mut [0]);
        self.pending.is_empty()
            && read.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
    }

    pub async fn read_to_end(&mut self) -> std::io::Result<usize> {
        self.stream.read_to_end(&mut self.pending).await
    }

    async fn find(&mut self, wanted: &[u8]) -> Option<usize> {
        loop {
            if let Some(position) =
                self.pending.windows(wanted.len()).position(|window| window == wanted)
            {
                return Some(position);
            }
            if self.read().await == 0 {
                return None;
            }
        }
    }

    async fn read(&mut self) -> usize {
        self.stream.read_buf(&mut self.pending).await.unwrap_or(0)
    }
}

pub fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value)
}

/// A request with this conversation.
pub fn request(messages: &str) -> String {
    format!(r#"{{"model":"claude-test","max_tokens":10,"messages":{messages}}}"#)
}

pub fn streaming(messages: &str) -> String {
    format!(r#"{{"model":"claude-test","max_tokens":10,"stream":true,"messages":{messages}}}"#)
}

pub fn prompt(text: &str) -> String {
    request(&format!(r#"[{{"role":"user","content":{text:?}}}]"#))
}

pub fn streaming_prompt(text: &str) -> String {
    streaming(&format!(r#"[{{"role":"user","content":{text:?}}}]"#))
}
