//! Runs the conformance cases of the host: what options, callbacks and calls put on the wire.
//! `mock-cli/conformance/host-differences.json` lists and explains intended differences; a listed difference
//! that no longer exists fails the test as well. `mcp_conformance.rs` runs the cases of in-process
//! servers.

#![cfg(feature = "session")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

use crate::host_support::run::Run;
use crate::host_support::{argv, calls, options};
use crate::support::cases::name;
use crate::support::cli::{Log, cli};
use claude_wire::Session;
use claude_wire::transport::Exit;
use serde_json::{Value, json};

/// What every launch begins with. `argv::canonical` leaves it out, so no case can show it.
const ALWAYS: [&str; 6] =
    ["--print", "--output-format", "stream-json", "--input-format", "stream-json", "--verbose"];

#[test]
fn every_command_line_matches_its_case() {
    let mut run = Run::new("argv_cases", 23);
    for (file, case) in run.cases() {
        let Ok(options) = options::of(&case["options"]) else {
            run.not_run(&file, &case);
            continue;
        };
        let found = match options.args() {
            Ok(args) => {
                let args: Vec<_> = args.into_iter().map(|arg| arg.into_string().unwrap()).collect();
                let begin = args.iter().take(ALWAYS.len());
                assert!(begin.eq(ALWAYS.iter()), "{file}: {}: {args:?}", name(&case));
                json!({"argv": argv::canonical(args)})
            }
            Err(error) => json!({"error": error.field()}),
        };
        let mut expected = match case["expect_error"].as_str() {
            Some(_) if found["error"].is_string() => found.clone(),
            Some(_) => json!({"error": "any"}),
            None => {
                let args = case["expect_argv_after_program"].as_array().unwrap();
                json!({"argv": argv::canonical(args.iter().map(|arg| arg.as_str().unwrap()))})
            }
        };
        if case["options"].get("system_prompt").is_none() {
            // The empty prompt represents an unset one.
            if let Some(args) = expected.get_mut("argv").and_then(Value::as_array_mut) {
                args.retain(|arg| arg != "--system-prompt=");
            }
        }
        run.compare(&file, &case, &expected, &found);
    }
    run.end();
}

#[tokio::test(start_paused = true)]
async fn every_handshake_matches_its_case() {
    let mut run = Run::new("initialize_cases", 7);
    for (file, case) in run.cases() {
        let Ok(options) = options::of(&case["options"]) else {
            run.not_run(&file, &case);
            continue;
        };
        let (requests, response) = (
            Log::default(),
            case["options"].get("$initialize_response").cloned().unwrap_or_else(|| json!({})),
        );
        let log = requests.clone();
        let transport = cli(move |_, mut cli| {
            let (log, response) = (log.clone(), response.clone());
            async move {
                let line = cli.request("initialize").await;
                log.push(line["request"].to_string());
                cli.write(crate::support::cli::success(&line, response)).await;
                cli.drain().await;
                Exit::from_code(0)
            }
        });
        let builder = options::hooks(Session::builder().options(options), &case["options"]);
        let session = builder.transport(transport).start().unwrap();
        let connected = session.connect().await;
        session.stop().await.unwrap();
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
async fn every_callback_answer_matches_its_case() {
    let mut run = Run::new("callback_cases", 11);
    for (file, case) in run.cases() {
        match calls::answers(&case).await {
            Some(replies) => run.compare(
                &file,
                &case,
                &json!({"replies": case["expect_replies"]}),
                &json!({"replies": replies}),
            ),
            None => run.not_run(&file, &case),
        }
    }
    run.end();
}

#[tokio::test(start_paused = true)]
async fn every_call_matches_its_case() {
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
