//! Policies for the tools of a server behind a URL: the CLI heeds those of a server that is added to
//! a running session, and ignores those in the handshake.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use claude_wire::lab::{ApiReply, ApiScript};
use claude_wire::session::Decision;
use claude_wire::session::options::{McpServer, McpToolPermission, McpToolPolicy};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{close, place};

const TOOLS: [&str; 3] = ["one", "two", "three"];

pub(crate) async fn run() {
    let uses = TOOLS.map(|tool| ApiReply::tool_use(format!("mcp__h__{tool}"), json!({})));
    let replies = || uses.iter().cloned().chain([ApiReply::text("Done.")]).collect::<Vec<_>>();
    let script = ApiScript::new().on_prompt("Heeded", replies()).on_prompt("Ignored", replies());
    let place = place(script).await;
    let permissions = [
        McpToolPermission::AlwaysAsk,
        McpToolPermission::AlwaysDeny,
        McpToolPermission::AlwaysAllow,
    ];
    let server = TOOLS
        .into_iter()
        .zip(permissions)
        .fold(McpServer::http(serve().await), |server, (name, permission)| {
            server.tool(McpToolPolicy::new(name, permission))
        });
    for (prompt, expected, asked) in [
        ("Heeded", ["42", "No such tool available", "42"], "mcp__h__one"),
        ("Ignored", ["42", "42", "42"], "mcp__h__three"),
    ] {
        let questions = Arc::new(Mutex::new(Vec::new()));
        let asks = Arc::clone(&questions);
        let builder = place.session().allowed_tools(["mcp__h__one", "mcp__h__two"]).on_permission(
            move |request| {
                asks.lock().unwrap().push(request.tool_name().to_string());
                async { Decision::allow() }
            },
        );
        let is_added = prompt == "Heeded";
        let servers = json!({"mcpServers": {"h": Value::from(server.clone())}});
        let builder = if is_added { builder } else { builder.mcp_config(servers) };
        let session = builder.start().unwrap();
        session.connect().await.unwrap();
        if is_added {
            session.mcp().set_servers([("h", server.clone().into())]).await.unwrap();
        }
        let is_up = async || {
            let status = session.mcp().status().await.unwrap();
            status.servers.iter().any(|server| server.name == "h" && !server.tools.is_empty())
        };
        while !is_up().await {
            // No event says that the tools are known.
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let summary = session.query(prompt).collect_summary().await.unwrap();
        for (call, expected) in summary.tool_calls.iter().zip(expected) {
            let text = call.result.as_ref().unwrap().text();
            assert!(text.contains(expected), "{prompt}: {text}");
        }
        assert_eq!(*questions.lock().unwrap(), [asked], "{prompt}");
        session.stop().await.unwrap();
    }
    close(place);
}

/// An MCP server behind a URL, which is returned.
async fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream));
        }
    });
    url
}

async fn answer(stream: TcpStream) -> Option<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let (mut line, mut length) = (String::new(), 0);
        stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
        let is_post = line.starts_with("POST");
        loop {
            line.clear();
            stream.read_line(&mut line).await.ok()?;
            match line.to_ascii_lowercase().split_once(':') {
                Some(("content-length", value)) => length = value.trim().parse().ok()?,
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.ok()?;
        let request: Value = serde_json::from_slice(&body).unwrap_or_default();
        let (status, body) = match (is_post, request.get("id")) {
            (false, _) => ("405 Method Not Allowed", String::new()),
            (true, None) => ("202 Accepted", String::new()),
            (true, Some(id)) => {
                let result = result(request["method"].as_str().unwrap_or_default());
                ("200 OK", json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string())
            }
        };
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all((head + &body).as_bytes()).await.ok()?;
    }
}

fn result(method: &str) -> Value {
    match method {
        "initialize" => json!({
            "protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": {"name": "h", "version": "1"},
        }),
        "tools/list" => {
            let tools = TOOLS.map(|name| json!({"name": name, "inputSchema": {"type": "object"}}));
            json!({"tools": tools})
        }
        "tools/call" => json!({"content": [{"type": "text", "text": "42"}]}),
        _ => json!({}),
    }
}
