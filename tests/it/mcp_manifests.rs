//! The handshake with in-process servers is sent ahead, in `initialize`.
#![cfg(feature = "mcp")]

use crate::mcp_support::{Bench, INITIALIZE, call, message};
use crate::support::cli::{FakeCli, Log, cli, init, result, success};
use crate::support::read::{ended_well, read};
use claude_wire::mcp::rmcp;
use claude_wire::transport::Exit;
use claude_wire::{Session, SessionBuilder};
use rmcp::model::{ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::{Value, json};

/// Returns the `initialize` for these servers; the CLI then runs `turn`.
async fn run<F, Fut>(builder: SessionBuilder, turn: F) -> Value
where
    F: Fn(FakeCli) -> Fut + Send + Sync + Clone + 'static,
    Fut: Future<Output = FakeCli> + Send,
{
    let seen = Log::default();
    let transport = {
        let seen = seen.clone();
        cli(move |_, mut cli| {
            let (seen, turn) = (seen.clone(), turn.clone());
            async move {
                let initialize = cli.request("initialize").await;
                seen.push(initialize["request"].to_string());
                cli.write(success(
                    &initialize,
                    json!({"sdk_mcp_manifests_parked": {"bench": "parked"}}),
                ))
                .await;
                let (uuid, _) = cli.prompt().await;
                cli.write(init(&uuid)).await;
                let mut cli = turn(cli).await;
                cli.write(result(&uuid, "done")).await;
                cli.drain().await;
                Exit::from_code(0)
            }
        })
    };
    let session = builder.transport(transport).start().unwrap();
    assert_eq!(read(session.query("go")).await.text(), "done");
    ended_well(&session).await;
    serde_json::from_str(&seen.all()[0]).unwrap()
}

/// The JSON-RPC reply of the server.
async fn ask(cli: &mut FakeCli, ask: String) -> Value {
    cli.write(ask).await;
    cli.read().await.unwrap()["response"]["response"]["mcp_response"].clone()
}

#[tokio::test(start_paused = true)]
async fn a_manifest_matches_the_server_and_its_connection_is_reused() {
    let made = Log::default();
    let make = {
        let made = made.clone();
        move || {
            made.push("made");
            Bench::default()
        }
    };
    let initialize = run(Session::builder().tool_server("bench", make), |mut cli| async {
        // No handshake here: the manifest replaced it.
        for count in ["1", "2"] {
            assert_eq!(
                ask(&mut cli, call(2, "count", "{}")).await["result"]["content"][0]["text"],
                count
            );
        }
        cli
    })
    .await;
    assert_eq!(initialize["subtype"], "initialize");
    assert_eq!(initialize["sdkMcpServers"], json!(["bench"]));
    let manifest = &initialize["sdkMcpServerManifests"]["bench"];
    let server = r#"{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"bench","version":"1.0.0"}}"#;
    assert_eq!(manifest["initializeResult"].to_string(), server);
    let tools = manifest["toolsListResult"]["tools"].as_array().unwrap();
    let add = tools.iter().find(|tool| tool["name"] == "add").unwrap();
    assert_eq!(
        (&add["description"], &add["inputSchema"]["required"]),
        (&json!("add two"), &json!(["a", "b"]))
    );
    assert_eq!(made.all(), ["made"]);
}

#[tokio::test(start_paused = true)]
async fn a_cli_that_repeats_the_handshake_gets_a_new_server() {
    let initialize =
        run(Session::builder().tool_server("bench", Bench::default), |mut cli| async {
            assert_eq!(
                ask(&mut cli, call(2, "count", "{}")).await["result"]["content"][0]["text"],
                "1"
            );
            assert_eq!(
                ask(&mut cli, message("i", INITIALIZE)).await["result"]["serverInfo"]["name"],
                "bench"
            );
            assert_eq!(
                ask(&mut cli, call(2, "count", "{}")).await["result"]["content"][0]["text"],
                "1"
            );
            cli
        })
        .await;
    assert!(initialize["sdkMcpServerManifests"]["bench"].is_object());
}

/// A server that never answers, lists its tools in pages, or fails to list them.
#[derive(Clone, Copy, PartialEq)]
enum Odd {
    Silent,
    Paged,
    Failing,
    Toolless,
}

impl ServerHandler for Odd {
    fn get_info(&self) -> ServerConfig {
        let mut info = ServerConfig::default();
        if *self != Self::Toolless {
            info.capabilities = ServerCapabilities::builder().enable_tools().build();
        }
        info
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        match self {
            Self::Silent => std::future::pending().await,
            Self::Paged => {
                Ok(ListToolsResult { next_cursor: Some("2".into()), ..Default::default() })
            }
            Self::Failing | Self::Toolless => {
                Err(ErrorData::internal_error("no tools today", None))
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn slow_failing_or_paged_lists_are_left_to_the_cli() {
    let builder = Session::builder()
        .tool_server("bench", Bench::default)
        .tool_server("silent", || Odd::Silent)
        .tool_server("paged", || Odd::Paged)
        .tool_server("failing", || Odd::Failing)
        .tool_server("toolless", || Odd::Toolless)
        .tool_server("panics", || -> Odd { panic!("no such server") });
    let begun = tokio::time::Instant::now();
    let initialize = run(builder, |cli| async { cli }).await;
    let manifests = initialize["sdkMcpServerManifests"].as_object().unwrap();
    assert_eq!(manifests.keys().collect::<Vec<_>>(), ["bench", "paged", "toolless"]);
    assert_eq!(manifests["bench"]["toolsListResult"]["tools"][0]["inputSchema"]["type"], "object");
    for name in ["paged", "toolless"] {
        assert!(manifests[name].get("toolsListResult").is_none(), "{initialize}");
    }
    assert_eq!(
        initialize["sdkMcpServers"].as_array().unwrap().len(),
        6,
        "all servers are still offered"
    );
    assert!(begun.elapsed() < std::time::Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_manifest_of_the_caller_is_kept_and_without_servers_there_is_none() {
    let builder = Session::builder()
        .tool_server("bench", Bench::default)
        .initialize_field("sdkMcpServerManifests", json!({}));
    let initialize = run(builder, |cli| async { cli }).await;
    assert_eq!(initialize["sdkMcpServerManifests"], json!({}));
    let initialize = run(Session::builder(), |cli| async { cli }).await;
    assert_eq!(initialize, json!({"subtype": "initialize"}));
}
