//! `session.mcp()`.

use claude_wire::session::PermissionMode;
use claude_wire::wire::replies::mcp::McpState;
use serde_json::{Map, json};

use super::exchange::{acknowledged, refused, reply, sends};

#[tokio::test(start_paused = true)]
async fn status_lists_servers_and_tools() {
    let servers =
        reply("mcp_status", r#"{"subtype":"mcp_status"}"#, |session| session.mcp().status()).await;
    let server = &servers.servers[0];
    assert_eq!((server.name.as_str(), &server.status), ("ext", &McpState::Connected));
    let info = server.server_info.as_ref().unwrap();
    assert_eq!((info.title.as_deref(), info.version.as_str()), (Some("An extension"), "1"));
    assert_eq!(
        server.config.as_ref().unwrap().pointer("/command").unwrap().as_str().unwrap(),
        "/usr/bin/python3"
    );
    assert_eq!(server.tools[0].name, "ping");
    assert_eq!(server.tools[0].annotations.as_ref().unwrap().read_only, Some(true));

    let servers =
        reply("mcp_status/failed", r#"{"subtype":"mcp_status"}"#, |session| session.mcp().status())
            .await;
    assert_eq!(servers.servers[0].status, McpState::Failed);
    assert!(servers.servers[0].error.as_ref().unwrap().starts_with("ENOENT"));
}

#[tokio::test(start_paused = true)]
async fn set_servers_reports_which_failed() {
    let request = r#"{"subtype":"mcp_set_servers","servers":{"bad":{"type":"stdio","command":"/nonexistent","args":[]}}}"#;
    let config = json!({"type": "stdio", "command": "/nonexistent", "args": []});
    let changes =
        reply("mcp_set_servers", request, |session| session.mcp().set_servers([("bad", config)]))
            .await;
    assert_eq!(changes.added, ["bad"]);
    assert!(changes.errors["bad"].starts_with("ENOENT"));

    let none: [(&str, _); 0] = [];
    let request = r#"{"subtype":"mcp_set_servers","servers":{}}"#;
    let changes =
        reply("mcp_set_servers/removed", request, |session| session.mcp().set_servers(none)).await;
    assert_eq!(changes.removed, ["dyn"]);
}

#[tokio::test(start_paused = true)]
async fn reconnect_enable_and_disable_name_a_server() {
    acknowledged("mcp_reconnect", r#"{"subtype":"mcp_reconnect","serverName":"ext"}"#, |session| {
        session.mcp().reconnect("ext")
    })
    .await;
    let request = r#"{"subtype":"mcp_reconnect","serverName":"ghost"}"#;
    let error =
        refused("mcp_reconnect/ghost", request, |session| session.mcp().reconnect("ghost")).await;
    assert_eq!(error.refusal().unwrap().error(), "Server not found: ghost");

    let request = r#"{"subtype":"mcp_toggle","serverName":"bad","enabled":false}"#;
    acknowledged("mcp_toggle", request, |session| session.mcp().disable("bad")).await;
    sends(r#"{"subtype":"mcp_toggle","serverName":"bad","enabled":true}"#, |session| {
        session.mcp().enable("bad")
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn send_forwards_json_rpc() {
    let request = r#"{"subtype":"mcp_message","server_name":"dyn","message":{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}}"#;
    let message = json!({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"});
    acknowledged("mcp_message", request, |session| session.mcp().send("dyn", message)).await;
}

#[tokio::test(start_paused = true)]
async fn call_returns_content_structure_and_staging() {
    let request = r#"{"subtype":"mcp_call","tool":"mcp__ext__ping","arguments":{}}"#;
    let result =
        reply("mcp_call", request, |session| session.mcp().call("mcp__ext__ping", Map::new()))
            .await;
    assert_eq!(
        result.content.as_ref().unwrap().pointer("/0/text").unwrap().as_str().unwrap(),
        "pong"
    );
    assert_eq!(result.meta.as_ref().unwrap().text(), r#"{"k":1}"#);

    let result = reply("mcp_call/structured", request, |session| {
        session.mcp().call("mcp__ext__ping", Map::new())
    })
    .await;
    assert_eq!(result.structured_content.as_ref().unwrap().text(), r#"{"x":1}"#);

    let request = r#"{"subtype":"mcp_call","tool":"mcp__ext__ping","arguments":{},"expires_at":"2020-01-01T00:00:00Z"}"#;
    let call = |session: &claude_wire::Session| {
        session.mcp().call("mcp__ext__ping", Map::new()).expires_at("2020-01-01T00:00:00Z")
    };
    let staging = reply("mcp_call/expired", request, call).await.into_inner().staging.unwrap();
    assert_eq!((staging.ok, staging.error_code.as_deref()), (false, Some("expired")));

    let request = r#"{"subtype":"mcp_call","tool":"mcp__ext__ping","arguments":{},"expires_at":"2099-01-01T00:00:00Z"}"#;
    let call = |session: &claude_wire::Session| {
        session.mcp().call("mcp__ext__ping", Map::new()).expires_at("2099-01-01T00:00:00Z")
    };
    let staging = reply("mcp_call/staged", request, call).await.into_inner().staging.unwrap();
    assert!(staging.ok && staging.outputs.is_empty());

    let request =
        r#"{"subtype":"mcp_call","tool":"mcp__ext__ping","arguments":{},"check_permissions":true}"#;
    let call = |session: &claude_wire::Session| {
        session.mcp().call("mcp__ext__ping", Map::new()).check_permissions()
    };
    assert!(
        refused("mcp_call/denied", request, call)
            .await
            .to_string()
            .contains("you haven't granted it")
    );
}

#[tokio::test(start_paused = true)]
async fn call_takes_files_and_limits() {
    let request = r#"{"subtype":"mcp_call","tool":"mcp__a__b","arguments":{"n":1},"timeout_ms":2000,"result_not_for_model":true,"input_files":[{"name":"i","lane_path":"/i"},{"name":"j","lane_path":"/j"}],"output_files":[{"name":"o","lane_path":"/o","if_match":"v1"},{"name":"p","lane_path":"/p"}]}"#;
    sends(request, |session| {
        let arguments = Map::from_iter([("n".into(), json!(1))]);
        session
            .mcp()
            .call("mcp__a__b", arguments)
            .tool_timeout_ms(2000)
            .result_not_for_model()
            .input_file("i", "/i")
            .input_file("j", "/j")
            .output_file("o", "/o", Some("v1"))
            .output_file("p", "/p", None)
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn read_resource_returns_its_contents() {
    let request = r#"{"subtype":"mcp_read_resource","serverName":"ext","uri":"ui://ext/x"}"#;
    let resource = reply("mcp_read_resource", request, |session| {
        session.mcp().read_resource("ext", "ui://ext/x")
    })
    .await;
    assert_eq!(resource.contents[0].text.as_deref(), Some("<p>hi</p>"));
    assert_eq!(resource.contents[0].mime_type.as_deref(), Some("text/html"));
}

#[tokio::test(start_paused = true)]
async fn set_permission_mode_pins_or_unpins_a_server() {
    let request =
        r#"{"subtype":"set_mcp_permission_mode_override","serverName":"ghost","mode":"auto"}"#;
    let call = |session: &claude_wire::Session| {
        session.mcp().set_permission_mode("ghost", PermissionMode::Auto)
    };
    let pinned = reply("set_mcp_permission_mode_override/unknown", request, call).await;
    assert!(pinned.warning.as_ref().unwrap().contains("not yet known"));

    let request =
        r#"{"subtype":"set_mcp_permission_mode_override","serverName":"ext","mode":null}"#;
    let pinned = reply("set_mcp_permission_mode_override", request, |session| {
        session.mcp().set_permission_mode("ext", None)
    })
    .await;
    assert_eq!(pinned.warning, None);
}

#[tokio::test(start_paused = true)]
async fn signing_in_to_a_server() {
    let request = r#"{"subtype":"mcp_authenticate","serverName":"ext","redirectUri":"app://back","redirectUriOnly":true}"#;
    let call = |session: &claude_wire::Session| {
        session.mcp().authenticate("ext").redirect_uri("app://back", true)
    };
    assert!(
        refused("mcp_authenticate", request, call)
            .await
            .to_string()
            .contains("does not support OAuth")
    );
    sends(r#"{"subtype":"mcp_authenticate","serverName":"ext"}"#, |session| {
        session.mcp().authenticate("ext")
    })
    .await;

    let request = r#"{"subtype":"mcp_oauth_callback_url","serverName":"ghost","callbackUrl":"http://localhost/x?code=1"}"#;
    let call = |session: &claude_wire::Session| {
        session.mcp().finish_authentication("ghost", "http://localhost/x?code=1")
    };
    refused("mcp_oauth_callback_url", request, call).await;
    let request = r#"{"subtype":"mcp_clear_auth","serverName":"ghost"}"#;
    refused("mcp_clear_auth", request, |session| session.mcp().clear_authentication("ghost")).await;
    let request = r#"{"subtype":"channel_enable","serverName":"ghost"}"#;
    refused("channel_enable", request, |session| session.mcp().enable_channel("ghost")).await;
}
