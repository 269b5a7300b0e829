//! How long an in-process server lives, and what ends its calls.
#![cfg(feature = "mcp")]

use std::time::Duration;

use crate::mcp_support::{Bench, INITIALIZE, call, message};
use crate::support::cli::{FakeCli, Launches, Log, cli, init, result, success};
use crate::support::read::{ended_well, quiet, read};
use claude_wire::mcp::rmcp;
use claude_wire::session::SessionEvent;
use claude_wire::session::options::{McpToolPermission, McpToolPolicy, ToolServerConfig};
use claude_wire::transport::{Exit, Memory};
use claude_wire::{Session, SessionBuilder};
use rmcp::{tool, tool_router};
use serde_json::{Value, json};

fn builder(log: &Log) -> SessionBuilder {
    let log = log.clone();
    Session::builder().tool_server("bench", move || {
        log.push("made");
        Bench { log: log.clone(), ..Bench::default() }
    })
}

/// Waits until this has been logged.
async fn said(log: &Log, what: &str) {
    while !log.all().iter().any(|entry| entry == what) {
        quiet().await;
    }
}

/// The JSON-RPC reply to the CLI's request.
async fn ask(cli: &mut FakeCli, ask: String) -> Value {
    let asked: Value = serde_json::from_str(&ask).unwrap();
    cli.write(ask).await;
    let answer = cli.read().await.unwrap();
    assert_eq!(answer["response"]["request_id"], asked["request_id"], "{answer}");
    answer["response"]["response"]["mcp_response"].clone()
}

/// A CLI that runs this script in its only turn.
fn in_a_turn<F, Fut>(script: F) -> Memory
where
    F: Fn(FakeCli) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = FakeCli> + Send + 'static,
{
    cli(move |_, mut cli| {
        let script = script.clone();
        async move {
            cli.handshake().await;
            let (uuid, _) = cli.prompt().await;
            cli.write(init(&uuid)).await;
            let mut cli = script(cli).await;
            cli.write(result(&uuid, "done")).await;
            cli.drain().await;
            Exit::from_code(0)
        }
    })
}

#[tokio::test(start_paused = true)]
async fn a_cancellation_reaches_the_tool_and_the_call_is_answered() {
    let log = Log::default();
    let heard = log.clone();
    let transport = in_a_turn(move |mut cli| {
        let log = heard.clone();
        async move {
            cli.write(call(2, "wait", "{}")).await;
            said(&log, "waits").await;
            let params = r#"{"requestId":2,"reason":"user"}"#;
            cli.write(message(
                "x",
                &format!(
                    r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{params}}}"#
                ),
            ))
            .await;
            let mut answers = [cli.read().await.unwrap(), cli.read().await.unwrap()];
            answers.sort_by_key(|answer| answer["response"]["request_id"].to_string());
            let error = json!({"code": -32800, "message": "the call was cancelled"});
            assert_eq!(
                answers[0]["response"]["response"]["mcp_response"],
                json!({"jsonrpc": "2.0", "id": 2, "error": error})
            );
            assert_eq!(answers[1]["response"]["request_id"], "x");
            said(&log, "cancelled").await;
            cli
        }
    });
    let session = builder(&log).transport(transport).start().unwrap();
    assert_eq!(read(session.query("go")).await.text(), "done");
    ended_well(&session).await;
    assert_eq!(log.all(), ["made", "waits", "cancelled"]);
}

#[tokio::test(start_paused = true)]
async fn a_slow_tool_blocks_neither_the_turn_nor_other_tools_and_ends_with_the_cli() {
    let log = Log::default();
    let heard = log.clone();
    let transport = in_a_turn(move |mut cli| {
        let log = heard.clone();
        async move {
            cli.write(call(2, "hang", "{}")).await;
            cli.write(call(3, "wait", "{}")).await;
            said(&log, "hangs").await;
            said(&log, "waits").await;
            let three = ask(&mut cli, call(4, "add", r#"{"a":1,"b":2}"#)).await;
            assert_eq!(three["result"]["content"][0]["text"], "3");
            cli
        }
    });
    let session = builder(&log).transport(transport).start().unwrap();
    assert_eq!(read(session.query("go")).await.text(), "done");
    ended_well(&session).await;
    said(&log, "cancelled").await;
    assert!(!log.all().contains(&"dropped".to_string()), "the tool has time to clean up");
    said(&log, "dropped").await;
}

/// A CLI that makes two calls in each turn, and crashes after the first turn.
fn counting(counts: &Log, launches: &Launches) -> Memory {
    let (counts, launches) = (counts.clone(), launches.clone());
    cli(move |launch, mut cli| {
        let (counts, first) = (counts.clone(), launches.note(launch) == 0);
        async move {
            let initialize = cli.acknowledge("initialize").await;
            counts.push(initialize["sdkMcpServers"].to_string());
            while let Some(line) = cli.read().await {
                let uuid = line["uuid"].as_str().unwrap().to_owned();
                cli.write(init(&uuid)).await;
                for id in [1, 2] {
                    let reply = ask(&mut cli, call(id, "count", "{}")).await;
                    counts.push(reply["result"]["content"][0]["text"].as_str().unwrap());
                }
                cli.write(result(&uuid, "done")).await;
                if first {
                    break;
                }
            }
            Exit::from_code(0)
        }
    })
}

#[tokio::test(start_paused = true)]
async fn a_restarted_cli_gets_a_new_server() {
    let (counts, log) = (Log::default(), Log::default());
    let session = builder(&log).transport(counting(&counts, &Launches::default())).start().unwrap();
    let mut events = session.events();
    read(session.query("one")).await;
    while !matches!(events.next().await, Some(SessionEvent::Disconnected(_))) {}
    read(session.query("two")).await;
    read(session.query("three")).await;
    ended_well(&session).await;
    assert_eq!(counts.all(), [r#"["bench"]"#, "1", "2", r#"["bench"]"#, "1", "2", "3", "4"]);
    assert_eq!(log.all(), ["made", "made"]);
}

#[tokio::test(start_paused = true)]
async fn sessions_of_one_builder_and_forks_share_no_server() {
    let (counts, launches) = (Log::default(), Launches::default());
    launches.note(claude_wire::transport::Launch::default());
    let builder = builder(&Log::default()).transport(counting(&counts, &launches));
    let first = builder.clone().start().unwrap();
    let second = builder.start().unwrap();
    read(first.query("one")).await;
    read(second.query("one")).await;
    let fork = first.fork().unwrap();
    read(fork.query("one")).await;
    read(first.query("two")).await;
    let expected =
        [r#"["bench"]"#, "1", "2", r#"["bench"]"#, "1", "2", r#"["bench"]"#, "1", "2", "3", "4"];
    assert_eq!(counts.all(), expected);
    for session in [first, second, fork] {
        ended_well(&session).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_can_be_added_and_removed_while_the_session_runs() {
    let transport = cli(|_, mut cli| async move {
        assert_eq!(cli.acknowledge("initialize").await.get("sdkMcpServers"), None);
        let set = cli.request("mcp_set_servers").await;
        assert_eq!(set["request"]["servers"], json!({"bench": {"type": "sdk", "name": "bench"}}));
        cli.write(success(&set, json!({"added": ["bench"], "removed": [], "errors": {}}))).await;
        let early = ask(&mut cli, call(1, "hang", "{}")).await;
        assert_eq!(
            early["error"],
            json!({"code": -32600, "message": "the server has not been initialized"})
        );
        assert_eq!(
            ask(&mut cli, message("i", INITIALIZE)).await["result"]["serverInfo"]["name"],
            "bench"
        );
        cli.write(call(2, "hang", "{}")).await;
        let set = cli.request("mcp_set_servers").await;
        assert_eq!(set["request"]["servers"], json!({}));
        cli.write(success(&set, json!({"added": [], "removed": ["bench"], "errors": {}}))).await;
        let ended = cli.read().await.unwrap();
        assert_eq!(
            ended["response"]["response"]["mcp_response"]["error"]["message"],
            "the server has ended"
        );
        cli.write(call(3, "add", "{}")).await;
        let gone = cli.read().await.unwrap();
        assert_eq!(gone["response"]["error"], "SDK MCP server not found: bench");
        cli.serve().await
    });
    let log = Log::default();
    let session = Session::builder().transport(transport).start().unwrap();
    let made = {
        let log = log.clone();
        move || Bench { log: log.clone(), ..Bench::default() }
    };
    let bench = session.mcp().in_process("bench", made);
    assert_eq!(session.mcp().set_servers([bench]).await.unwrap().added, ["bench"]);
    said(&log, "hangs").await;
    assert_eq!(session.mcp().set_servers::<&str>([]).await.unwrap().removed, ["bench"]);
    assert!(session.mcp().end_in_process("bench"));
    assert!(!session.mcp().end_in_process("bench"));
    said(&log, "dropped").await;
    assert_eq!(read(session.query("still there")).await.text(), "still there");
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn an_added_server_is_registered_again_after_a_crash() {
    let launches = Launches::default();
    let transport = cli(move |launch, mut cli| {
        let first = launches.note(launch) == 0;
        async move {
            cli.handshake().await;
            let set = cli.request("mcp_set_servers").await;
            assert_eq!(
                set["request"]["servers"],
                json!({"bench": {"type": "sdk", "name": "bench"}})
            );
            // The CLI answers once it has connected the server.
            assert_eq!(
                ask(&mut cli, message("i", INITIALIZE)).await["result"]["serverInfo"]["name"],
                "bench"
            );
            cli.write(success(&set, json!({"added": ["bench"], "removed": [], "errors": {}})))
                .await;
            let (uuid, _) = cli.prompt().await;
            cli.write(init(&uuid)).await;
            let counted = ask(&mut cli, call(1, "count", "{}")).await;
            cli.write(result(&uuid, counted["result"]["content"][0]["text"].as_str().unwrap()))
                .await;
            if !first {
                cli.drain().await;
            }
            Exit::from_code(0)
        }
    });
    let log = Log::default();
    let session = Session::builder().transport(transport).start().unwrap();
    let mut events = session.events();
    let made = {
        let log = log.clone();
        move || {
            log.push("made");
            Bench { log: log.clone(), ..Bench::default() }
        }
    };
    session.mcp().set_servers([session.mcp().in_process("bench", made)]).await.unwrap();
    assert_eq!(read(session.query("one")).await.text(), "1");
    while !matches!(events.next().await, Some(SessionEvent::Disconnected(_))) {}
    assert_eq!(read(session.query("two")).await.text(), "1");
    assert_eq!(log.all(), ["made", "made"]);
    ended_well(&session).await;
}

/// A server that logs its drop.
struct Watched(Log);

#[tool_router(server_handler)]
impl Watched {
    #[tool]
    async fn idle(&self) -> String {
        String::new()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.0.push("gone");
    }
}

#[tokio::test(start_paused = true)]
async fn an_idle_server_is_dropped_with_the_last_handle_of_its_session() {
    let transport = in_a_turn(|cli| async { cli });
    let log = Log::default();
    let watched = log.clone();
    let session = Session::builder()
        .tool_server("bench", move || Watched(watched.clone()))
        .transport(transport)
        .start()
        .unwrap();
    assert_eq!(read(session.query("go")).await.text(), "done");
    assert_eq!(log.len(), 0);
    drop(session);
    said(&log, "gone").await;
}

#[tokio::test(start_paused = true)]
async fn an_added_server_is_offered_with_its_settings() {
    let deny = McpToolPolicy::new("add", McpToolPermission::AlwaysDeny);
    let config = ToolServerConfig::default().timeout(Duration::from_secs(5)).tools(vec![deny]);
    let transport = cli(|_, mut cli| async move {
        let initialize = cli.acknowledge("initialize").await;
        assert!(initialize["sdkMcpServerConfigs"]["bench"].is_object(), "{initialize}");
        let set = cli.request("mcp_set_servers").await;
        let expected = json!({
            "bench": {
                "type": "sdk", "name": "bench", "timeout": 5000,
                "tools": [{"name": "add", "permission_policy": "always_deny"}]
            },
            "plain": {"type": "sdk", "name": "plain"}
        });
        assert_eq!(set["request"]["servers"], expected);
        cli.write(success(&set, json!({"added": [], "removed": [], "errors": {}}))).await;
        cli.serve().await
    });
    let builder = Session::builder().transport(transport);
    let session = builder.tool_server_configs([("bench", config)]).start().unwrap();
    let servers = ["bench", "plain"].map(|name| session.mcp().in_process(name, Bench::default));
    session.mcp().set_servers(servers).await.unwrap();
    assert_eq!(read(session.query("go")).await.text(), "go");
    ended_well(&session).await;
}
