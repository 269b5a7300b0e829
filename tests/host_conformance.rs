//! Runs the conformance cases of the host's side: what options, callbacks and calls put on the wire. Where this client differs on purpose,
//! `conformance/host-differences.json` says how and why; a difference that is none any more fails as well.

#![cfg(feature = "session")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

mod host_support;
mod support;

use claude_wire::Session;
use claude_wire::transport::Exit;
use host_support::{argv, calls, differences, files, options};
use serde_json::{Value, json};
use support::cases::{name, section};
use support::cli::{Log, cli};

#[test]
fn every_command_line_is_as_the_cases_say() {
    let mut run = Run::new("argv_cases", 23);
    for (file, case) in run.cases() {
        let Ok(options) = options::of(&case["options"]) else {
            run.not_run(&file, &case);
            continue;
        };
        let found = match options.args() {
            Ok(args) => json!({"argv": argv::canonical(args.into_iter().skip(6).map(|arg| arg.into_string().unwrap()))}),
            Err(error) => json!({"error": error.field()}),
        };
        let mut expected = match case["expect_error"].as_str() {
            Some(_) if found["error"].is_string() => found.clone(),
            Some(_) => json!({"error": "any"}),
            None => json!({"argv": argv::canonical(argv::tail(&case["expect_argv_after_program"]).into_iter())}),
        };
        if case["options"].get("system_prompt").is_none() {
            argv::without_empty_prompt(&mut expected);
        }
        run.compare(&file, &case, &expected, &found);
    }
    run.end();
}

#[tokio::test(start_paused = true)]
async fn every_handshake_is_as_the_cases_say() {
    let mut run = Run::new("initialize_cases", 7);
    for (file, case) in run.cases() {
        let Ok(options) = options::of(&case["options"]) else {
            run.not_run(&file, &case);
            continue;
        };
        let (requests, response) = (Log::default(), case["options"].get("$initialize_response").cloned().unwrap_or_else(|| json!({})));
        let log = requests.clone();
        let transport = cli(move |_, mut cli| {
            let (log, response) = (log.clone(), response.clone());
            async move {
                let line = cli.request("initialize").await;
                log.push(line["request"].to_string());
                cli.write(support::cli::success(&line, response)).await;
                cli.drain().await;
                Exit::from_code(0)
            }
        });
        let builder = options::hooks(Session::builder().options(options), &case["options"]);
        let session = builder.transport(transport).start().unwrap();
        let connected = session.connect().await;
        session.stop().await;
        let found = match connected {
            Ok(_) => json!({"request": serde_json::from_str::<Value>(&requests.all()[0]).unwrap()}),
            Err(_) => json!({"error": "refused"}),
        };
        let mut expected = match case["expect_error"].as_str() {
            Some(_) => json!({"error": "refused"}),
            None => json!({"request": case["expect_request"]}),
        };
        if expected.pointer("/request/hooks") == Some(&Value::Null) {
            expected["request"].as_object_mut().unwrap().remove("hooks");
        }
        run.compare(&file, &case, &expected, &found);
    }
    run.end();
}

#[tokio::test(start_paused = true)]
async fn every_callback_is_answered_as_the_cases_say() {
    let mut run = Run::new("callback_cases", 11);
    for (file, case) in run.cases() {
        match calls::answers(&case).await {
            Some(replies) => run.compare(&file, &case, &json!({"replies": case["expect_replies"]}), &json!({"replies": replies})),
            None => run.not_run(&file, &case),
        }
    }
    run.end();
}

#[tokio::test(start_paused = true)]
async fn every_call_writes_the_frames_that_the_cases_say() {
    let mut run = Run::new("host_frame_cases", 7);
    for (file, case) in run.cases() {
        match calls::frames(case["call"].as_str().unwrap()).await {
            Some(frames) => {
                let mut expected = case["expect_frames"].clone();
                calls::ignore(&mut expected);
                run.compare(&file, &case, &json!({"frames": expected}), &json!({"frames": frames}));
            }
            None => run.not_run(&file, &case),
        }
    }
    run.end();
}

#[test]
fn servers_of_this_process_are_not_forgotten() {
    let mut run = Run::new("mcp_cases", 4);
    for (file, case) in run.cases() {
        run.not_run(&file, &case);
    }
    run.end();
}

/// The cases of one section, and what is wrong with them.
struct Run {
    section: &'static str,
    differences: Value,
    unused: Vec<String>,
    failures: Vec<String>,
}

impl Run {
    fn new(section_name: &'static str, at_least: usize) -> Self {
        let differences = differences()[section_name].clone();
        let unused = differences.as_object().unwrap().keys().cloned().collect();
        let count: usize = files().iter().map(|(_, content)| section(content, section_name).len()).sum();
        assert!(count >= at_least, "only {count} cases in {section_name}");
        Self { section: section_name, differences, unused, failures: Vec::new() }
    }

    fn cases(&self) -> Vec<(String, Value)> {
        files()
            .into_iter()
            .flat_map(|(file, content)| section(&content, self.section).into_iter().map(move |case| (file.clone(), case)))
            .collect()
    }

    /// What the case expects, or what the written difference does, must be what was found.
    fn compare(&mut self, file: &str, case: &Value, expected: &Value, found: &Value) {
        let why = match self.difference(case) {
            None if expected == found => return,
            None => format!("expected {expected}, found {found}"),
            Some(_) if expected == found => "is listed as a difference, and is none".to_owned(),
            Some(mut difference) => {
                difference.as_object_mut().unwrap().remove("why");
                if difference == *found {
                    return;
                }
                format!("differs as {difference} by the list, found {found}")
            }
        };
        self.failures.push(format!("{file}: {}: {why}", name(case)));
    }

    fn not_run(&mut self, file: &str, case: &Value) {
        if self.difference(case).is_none_or(|difference| difference["not_run"] != true) {
            self.failures.push(format!("{file}: {}: nothing here can run it, and the list does not say why", name(case)));
        }
    }

    fn difference(&mut self, case: &Value) -> Option<Value> {
        let difference = self.differences.get(name(case))?;
        self.unused.retain(|unused| unused != name(case));
        assert!(difference["why"].as_str().is_some_and(|why| !why.is_empty()), "{} has no reason", name(case));
        Some(difference.clone())
    }

    fn end(self) {
        assert!(self.failures.is_empty(), "{}:\n{}", self.section, self.failures.join("\n"));
        assert!(self.unused.is_empty(), "differences without a case in {}: {:?}", self.section, self.unused);
    }
}
