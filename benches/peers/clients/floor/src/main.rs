//! What any client pays: a bare line reader (`untouched`), and a loop of `lines()` and
//! `serde_json::Value` (`text`, `every`). Both have the conversation's two pipes, and nothing else.

use std::process::Stdio;

use meter::{Client, Failure, GO, Job, Read};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

struct Floor {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    line: String,
    answered: usize,
}

fn main() -> Result<(), Failure> {
    meter::run::<Floor>()
}

impl Client for Floor {
    async fn start(job: &Job) -> Result<Self, Failure> {
        let mut child = Command::new(&job.cli)
            .args(["--input-format", "stream-json"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let stdin = child.stdin.take().ok_or("no stdin")?;
        let stdout = BufReader::new(child.stdout.take().ok_or("no stdout")?);
        Ok(Self { child, stdin, stdout, line: String::new(), answered: 0 })
    }

    async fn turn(
        &mut self,
        prompt: &str,
        read: Read,
        mut see: impl FnMut(&str),
    ) -> Result<(), Failure> {
        self.ask(prompt).await?;
        while !self.next().await?.starts_with(r#"{"type":"result""#) {
            if self.line.starts_with(r#"{"type":"control_request""#) {
                self.answer().await?;
            } else if read == Read::Untouched {
                see("");
            } else {
                let line: Value = serde_json::from_str(&self.line)?;
                let delta = &line["event"]["delta"]["text"];
                let text =
                    delta.as_str().or_else(|| line["message"]["content"][0]["text"].as_str());
                see(text.unwrap_or_default());
            }
        }
        Ok(())
    }

    fn answered(&self) -> usize {
        self.answered
    }

    async fn interrupts(&mut self, count: usize) -> Result<usize, Failure> {
        self.ask(GO).await?;
        let mut confirmed = 0;
        for n in 0..count {
            let request = format!(
                r#"{{"type":"control_request","request_id":"{n}","request":{{"subtype":"interrupt"}}}}"#
            );
            self.stdin.write_all(format!("{request}\n").as_bytes()).await?;
            while !self.next().await?.starts_with(r#"{"type":"control_response""#) {}
            let success = format!(r#""subtype":"success","request_id":"{n}""#);
            confirmed += usize::from(self.line.contains(&success));
        }
        while !self.next().await?.starts_with(r#"{"type":"result""#) {}
        Ok(confirmed)
    }

    async fn stop(mut self) -> Result<(), Failure> {
        drop(self.stdin);
        self.child.wait().await?;
        Ok(())
    }
}

impl Floor {
    async fn ask(&mut self, prompt: &str) -> Result<(), Failure> {
        let prompt =
            format!(r#"{{"type":"user","message":{{"role":"user","content":"{prompt}"}}}}"#);
        Ok(self.stdin.write_all(format!("{prompt}\n").as_bytes()).await?)
    }

    async fn next(&mut self) -> Result<&str, Failure> {
        self.line.clear();
        match self.stdout.read_line(&mut self.line).await? {
            0 => Err("the output ended".into()),
            _ => Ok(&self.line),
        }
    }

    async fn answer(&mut self) -> Result<(), Failure> {
        let rest = self.line.split_once(r#""request_id":""#).ok_or("a request without an id")?.1;
        let id = rest.split('"').next().unwrap_or_default();
        let answer = format!(
            r#"{{"type":"control_response","response":{{"subtype":"success","request_id":"{id}","response":{{"behavior":"allow","updatedInput":{{}}}}}}}}"#
        );
        self.stdin.write_all(format!("{answer}\n").as_bytes()).await?;
        self.answered += 1;
        Ok(())
    }
}
