//! What a scenario does not simulate is reported: every request and every hook of the version's
//! tables is simulated, or named.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use claude_wire::Session;
use claude_wire::player::{Report, Scenario};
use claude_wire::transport::{Launch, Transport};
use claude_wire::wire::control::RequestName;
use claude_wire::wire::hook::HookEventName;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// The reply to one request, and the report.
async fn asked(request: Value) -> (Value, Report) {
    let scenario = Scenario::new().unverified();
    let args = ["--output-format", "stream-json", "--verbose", "--input-format", "stream-json"];
    let args = args.map(Into::into).to_vec();
    let mut cli = scenario.open(Launch { args, ..Launch::default() }).await.unwrap();
    let line = json!({"type": "control_request", "request_id": "one", "request": request});
    cli.stdin.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    drop(cli.stdin);
    let mut out = String::new();
    cli.stdout.read_to_string(&mut out).await.unwrap();
    let lines = out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let reply = lines.into_iter().find(|line| line["response"]["request_id"] == "one");
    let reply = reply.unwrap_or_else(|| panic!("no reply to {request}: {out}"));
    (reply["response"].clone(), scenario.report())
}

#[tokio::test(start_paused = true)]
async fn each_request_is_answered_or_reported() {
    let mut reported = 0;
    for name in RequestName::KNOWN {
        let (reply, report) = asked(json!({"subtype": name})).await;
        let error = reply["error"].as_str().unwrap_or_default();
        if error.starts_with("Unsupported control request subtype") {
            let named = format!("request {name}");
            assert!(report.not_simulated().contains(&named), "{name}: {report}");
            reported += 1;
        }
    }
    assert!(reported < RequestName::KNOWN.len(), "none is answered");
    // One that the CLI does not know either is its own error.
    let (reply, report) = asked(json!({"subtype": "make_coffee"})).await;
    assert_eq!(reply["error"], "Unsupported control request subtype: make_coffee");
    assert!(report.not_simulated().is_empty(), "{report}");
}

#[tokio::test(start_paused = true)]
async fn each_hook_is_called_or_reported() {
    let page = include_str!("../../docs/stand-in.md");
    let row = page.lines().find(|line| line.starts_with("| hooks |")).unwrap();
    for name in HookEventName::KNOWN {
        let hooks = json!({*name: [{"hookCallbackIds": ["h"]}]});
        let (_, report) = asked(json!({"subtype": "initialize", "hooks": hooks})).await;
        let is_reported = report.not_simulated().contains(&format!("hook {name}"));
        assert_ne!(row.contains(&format!("`{name}`")), is_reported, "{name}: {report}");
    }
}

/// The CLI tries to compact it, which a scenario does not simulate.
#[tokio::test(start_paused = true)]
async fn a_conversation_that_is_too_long_for_the_api_is_reported() {
    for (had_a_turn, status, message, is_reported) in [
        (false, 400, "prompt is too long: 210000 tokens > 200000 maximum", true),
        (true, 413, "Request exceeds the maximum size", true),
        (false, 413, "Request exceeds the maximum size", false),
        (true, 400, "messages: invalid", false),
    ] {
        let error = json!({"message": {"error": {"status": status, "message": message}}});
        let mut turns = vec![json!({"prompt": "Go on", "reply": [error]})];
        if had_a_turn {
            turns.insert(0, json!({"prompt": "Begin", "reply": [{"text": "Done."}]}));
        }
        let file = json!({"claude-wire": "scenario", "version": 1, "turns": turns});
        let scenario = Scenario::parse(&file.to_string()).unwrap();
        let session = Session::builder().transport(scenario.clone()).start().unwrap();
        if had_a_turn {
            session.query("Begin").text().await.unwrap();
        }
        let error = session.query("Go on").text().await.unwrap_err();
        assert!(error.is_result(), "{error}");
        session.stop().await.unwrap();
        let report = scenario.report();
        let what = "a conversation that is too long for the API".to_owned();
        assert_eq!(report.not_simulated().contains(&what), is_reported, "{message}: {report}");
    }
}
