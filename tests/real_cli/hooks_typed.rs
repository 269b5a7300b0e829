//! Typed hooks: the input of a tool is changed, its result replaced, and a stop blocked once.

use claude_wire::lab::{ApiReply, ApiScript, When};
use claude_wire::session::Matcher;
use claude_wire::wire::RawJson;
use claude_wire::wire::hook::tool::{PostToolUseOutput, PreToolUseOutput};
use claude_wire::wire::hook::{HookOutput, PostToolUse, PreToolUse, Stop};
use serde_json::json;

use crate::support::{finish, place};

pub(crate) async fn run() {
    let tool = ApiReply::tool_use("Bash", json!({"command": "touch model.txt"}));
    let script = ApiScript::new()
        .on_prompt("Make a file", [tool, ApiReply::text("Too early.")])
        // CLI 2.1.332 wraps it in a reminder, 2.1.329 does not.
        .when(
            When::prompt_contains("Stop hook feedback:\nlook again"),
            [ApiReply::text("Now it is done.")],
        );
    let place = place(script).await;
    let session = place
        .session()
        .allowed_tools(["Bash"])
        .on_hook("Bash", |event: PreToolUse, _| async move {
            let input = event.tool_input.text().replace("model.txt", "host.txt");
            HookOutput::with(PreToolUseOutput::default().permission_decision("allow").updated_input(RawJson::parse(input).unwrap()))
        })
        .on_hook("Bash", |event: PostToolUse, _| async move {
            assert!(event.tool_response.pointer("/stdout").is_some(), "{}", event.raw);
            let result = json!({"stdout": "by the host", "stderr": "", "interrupted": false, "isImage": false});
            HookOutput::with(PostToolUseOutput::default().updated_tool_output(result))
        })
        .on_hook(Matcher::all(), |event: Stop, _| async move {
            if event.stop_hook_active { HookOutput::new() } else { HookOutput::block("look again") }
        })
        .start()
        .unwrap();
    assert_eq!(session.query("Make a file").text().await.unwrap(), "Now it is done.");
    assert!(place.cwd().join("host.txt").is_file());
    assert!(!place.cwd().join("model.txt").exists());
    let requests = place.api().requests();
    assert_eq!(requests[1].tool_results()[0].text, "by the host");
    assert!(finish(session, place).await.success());
}
