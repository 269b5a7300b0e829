//! The process endings of the conformance file, each tested with a session.
#![allow(clippy::unwrap_used, reason = "the helper functions are test code as well")]

use std::time::Duration;

use crate::support::cases;
use crate::support::cli::cli;
use claude_wire::session::SessionEvent;
use claude_wire::transport::{Exit, Memory};
use claude_wire::{Error, Session};
use futures_util::FutureExt;
use serde_json::Value;
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn every_ending_matches_its_case() {
    let mut failures = Vec::new();
    let mut count = 0;
    for (file, content) in cases::files() {
        for case in cases::section(&content, "exit_cases") {
            count += 1;
            let seen = run(&case).await;
            failures.extend(
                seen.differences(&case["expect"])
                    .into_iter()
                    .map(|why| format!("{file}: {}: {why}", cases::name(&case))),
            );
        }
    }
    assert!(count >= 11, "only {count} cases");
    assert!(
        failures.is_empty(),
        "{} differences in {count} cases:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

/// What the caller of a session has seen at the end.
struct Seen {
    /// Every message: those of the turn, then those of no turn.
    messages: Vec<Value>,
    error: Option<Error>,
    exit: Option<Exit>,
    took: Duration,
}

async fn run(case: &Value) -> Seen {
    let session = Session::builder().transport(play(case.clone())).start().unwrap();
    let mut events = session.events();
    let start = Instant::now();
    let mut seen = Seen { messages: Vec::new(), error: None, exit: None, took: Duration::ZERO };
    let mut turn = session.query("go");
    let interrupted = case["phase"] == "instead_of_interrupt_reply";
    if interrupted {
        assert!(turn.next().now_or_never().is_none());
        session.connect().await.unwrap();
        seen.error = session.interrupt().await.err();
        seen.took = start.elapsed();
    }
    while let Some(message) = turn.next().await {
        match message {
            Ok(message) => seen.messages.push(serde_json::from_str(&message.line_text()).unwrap()),
            Err(error) => seen.error = Some(error),
        }
    }
    if !interrupted {
        seen.took = start.elapsed();
    }
    while let Some(event) = events.next().await {
        match event {
            SessionEvent::Message(message) => {
                seen.messages.push(serde_json::from_str(&message.line_text()).unwrap())
            }
            SessionEvent::Disconnected(_) => break,
            _ => {}
        }
    }
    seen.exit = session.exit();
    seen
}

/// The CLI of a case.
fn play(case: Value) -> Memory {
    cli(move |_, mut cli| {
        let case = case.clone();
        async move {
            match case["phase"].as_str().unwrap() {
                "before_initialize_reply" => drop(cli.request("initialize").await),
                "after_prompt" => {
                    cli.handshake().await;
                    cli.prompt().await;
                }
                "instead_of_interrupt_reply" => {
                    cli.handshake().await;
                    cli.prompt().await;
                    cli.request("interrupt").await;
                }
                phase => panic!("the phase {phase} is unknown"),
            }
            cli.complain(case["stderr"].as_str().unwrap_or_default()).await;
            for line in case["stdout_lines"].as_array().into_iter().flatten() {
                cli.write(line.as_str().unwrap()).await;
            }
            cli.write_bytes(case["stdout_tail"].as_str().unwrap_or_default().as_bytes()).await;
            let number = |key: &str| case["exit"][key].as_i64().map(|number| number as i32);
            Exit { code: number("code"), signal: number("signal") }
        }
    })
}

impl Seen {
    fn differences(&self, expect: &Value) -> Vec<String> {
        let mut found = serde_json::Map::new();
        for (key, value) in expect.as_object().unwrap() {
            let mine = match key.as_str() {
                "messages" => self.messages.iter().map(|message| message["type"].clone()).collect(),
                "terminal" => self.terminal().into(),
                "error_text" => self.error_text().into(),
                "exit_code" => self.error.as_ref().and_then(|error| error.exit()?.code).into(),
                "stderr_contains" => {
                    let holds = self
                        .error
                        .as_ref()
                        .is_some_and(|error| error.stderr_tail().contains(value.as_str().unwrap()));
                    if holds { value.clone() } else { format!("{:?}", self.error).into() }
                }
                "exit_reported" => self.exit.is_some().into(),
                "within_ms" => {
                    let took = self.took.as_millis() as u64;
                    if took <= value.as_u64().unwrap() { value.clone() } else { took.into() }
                }
                key => panic!("the expectation {key} is unknown"),
            };
            found.insert(key.clone(), mine);
        }
        let different =
            expect.as_object().unwrap().iter().filter(|(key, value)| found[*key] != **value);
        different
            .map(|(key, value)| format!("{key}: expected {value}, found {}", found[key]))
            .collect()
    }

    /// The last result; without one, the error.
    fn terminal(&self) -> &'static str {
        match (self.last_result(), &self.error) {
            (Some(result), _) if result["is_error"] == true => "result_error",
            (Some(_), _) => "completed",
            (None, Some(error)) if error.is_process() => "process_error",
            (None, Some(error)) if error.is_ended_without_result() => "ended_without_result",
            _ => "nothing",
        }
    }

    fn error_text(&self) -> Option<&str> {
        let result = self.last_result()?;
        result["errors"][0].as_str().or(result["result"].as_str())
    }

    fn last_result(&self) -> Option<&Value> {
        self.messages.iter().rev().find(|message| message["type"] == "result")
    }
}
