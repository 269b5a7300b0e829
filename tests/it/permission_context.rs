//! What a permission handler receives, and what it may do meanwhile.

use crate::support::ask::{answers, ask, yes};
use crate::support::cli::{Log, SESSION, cli, init, result, success};
use crate::support::read::{ended_well, read};
use claude_wire::wire::control::ToolKind;
use claude_wire::{Decision, Session};
use serde_json::{Map, json};

/// All fields that the CLI declares, and some that it does not.
const FULL: &str = r#"{"subtype":"can_use_tool","tool_name":"mcp__fs__write","input":{"path":"/x"},"tool_use_id":"t1","permission_suggestions":[{"type":"setMode","mode":"plan","destination":"session"}],"blocked_path":"/x","decision_reason":"a rule","decision_reason_type":"rule","decision_reason_code":"memory_paused","decision_reason_hook_event":"PreToolUse","decision_reason_hook_source":"plugin:guard","decision_reason_hook_plugin_id":"guard@market","decision_reason_rule_source":"userSettings","tool_kind":"mcp_skill","mcp_skill":{"name":"weather","version":"1"},"classifier_approvable":false,"suppress_always_allow_rule":true,"default_to_no":true,"matched_ask_rule":{"source":"userSettings","tool_name":"mcp__fs__write","rule_content":"/x"},"mcp_server":{"name":"fs","source":"project"},"title":"T","display_name":"Write","description":"writes","agent_id":"a1","requires_user_interaction":true,"server_policy_ask_only":true,"plugin":"p","server_prompt":"s","computer_folder":{"path":"/f","computer_name":"c"},"from_the_future":1}"#;

#[tokio::test(start_paused = true)]
async fn every_field_of_the_request_is_available() {
    let seen = Log::default();
    let log = seen.clone();
    let builder = Session::builder().on_permission(move |request| {
        let fields = request.fields();
        assert_eq!(
            (request.tool_name(), request.input().text().as_ref()),
            ("mcp__fs__write", r#"{"path":"/x"}"#)
        );
        assert_eq!(request.suggestions().len(), 1);
        assert_eq!(fields.blocked_path.as_deref(), Some("/x"));
        let reason = [&fields.decision_reason, &fields.decision_reason_type];
        assert_eq!(reason.map(|text| text.clone().unwrap()), ["a rule", "rule"]);
        assert_eq!(fields.decision_reason_code, Some("memory_paused".into()));
        let hook = [
            &fields.decision_reason_hook_event,
            &fields.decision_reason_hook_source,
            &fields.decision_reason_hook_plugin_id,
            &fields.decision_reason_rule_source,
        ];
        let hook = hook.map(|text| text.clone().unwrap());
        assert_eq!(hook, ["PreToolUse", "plugin:guard", "guard@market", "userSettings"]);
        assert_eq!(fields.tool_kind, Some(ToolKind::McpSkill));
        assert_eq!(fields.mcp_skill.as_ref().unwrap().name, "weather");
        assert_eq!(
            (fields.classifier_approvable, fields.suppress_always_allow_rule, fields.default_to_no),
            (Some(false), Some(true), Some(true))
        );
        let rule = fields.matched_ask_rule.as_ref().unwrap();
        assert_eq!(
            (&*rule.source, &*rule.tool_name, rule.rule_content.as_deref()),
            ("userSettings", "mcp__fs__write", Some("/x"))
        );
        let server = fields.mcp_server.as_ref().unwrap();
        assert_eq!((&*server.name, &*server.source), ("fs", "project"));
        let texts = [&fields.title, &fields.display_name, &fields.description, &fields.agent_id];
        assert_eq!(texts.map(|text| text.clone().unwrap()), ["T", "Write", "writes", "a1"]);
        assert_eq!(fields.requires_user_interaction, Some(true));
        assert_eq!(fields.computer_folder.as_ref().unwrap().computer_name, "c");
        assert_eq!(request.request().field("from_the_future").unwrap().text(), "1");
        assert_eq!(request.session_id(), Some(SESSION));
        log.push("seen");
        std::future::ready(Decision::allow())
    });
    let expected =
        yes("p", r#"{"behavior":"allow","updatedInput":{"path":"/x"},"toolUseID":"t1"}"#);
    assert_eq!(answers(builder, &[ask("p", FULL)]).await, [expected]);
    assert_eq!(seen.all(), ["seen"]);
}

#[tokio::test(start_paused = true)]
async fn the_working_directory_is_the_option_until_the_cli_reports_it() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        for cwd in ["", "/elsewhere"] {
            if !cwd.is_empty() {
                cli.write(
                    json!({"type": "system", "subtype": "init", "session_id": SESSION, "cwd": cwd}),
                )
                .await;
            }
            cli.write(ask("p", r#"{"subtype":"can_use_tool","tool_name":"Bash","input":{}}"#))
                .await;
            cli.read_text().await.unwrap();
        }
        cli.write(result(&uuid, "done")).await;
        cli.drain().await;
        claude_wire::transport::Exit::from_code(0)
    });
    let seen = Log::default();
    let log = seen.clone();
    let builder = Session::builder().cwd("/project").on_permission(move |request| {
        log.push(request.cwd().unwrap().to_str().unwrap());
        std::future::ready(Decision::allow())
    });
    let session = builder.transport(transport).start().unwrap();
    assert_eq!(read(session.query("go")).await.text(), "done");
    ended_well(&session).await;
    assert_eq!(seen.all(), ["/project", "/elsewhere"]);
}

#[tokio::test(start_paused = true)]
async fn a_request_without_its_fields_is_still_answered() {
    let builder = Session::builder().on_permission(|request| {
        assert_eq!((request.tool_name(), request.tool_use_id()), ("", None));
        assert!(request.input().is_null());
        std::future::ready(Decision::allow())
    });
    let asks = [ask("p", r#"{"subtype":"can_use_tool"}"#)];
    assert_eq!(
        answers(builder, &asks).await,
        [yes("p", r#"{"behavior":"allow","updatedInput":{}}"#)]
    );
}

#[tokio::test(start_paused = true)]
async fn a_handler_may_send_requests_through_its_session() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        cli.write(ask("p", r#"{"subtype":"can_use_tool","tool_name":"Bash","input":{}}"#)).await;
        let request = cli.request("get_settings").await;
        cli.write(success(&request, json!({"strict": true}))).await;
        assert_eq!(
            cli.read_text().await.unwrap(),
            yes("p", r#"{"behavior":"deny","message":"strict: true"}"#)
        );
        cli.write(result(&uuid, "done")).await;
        cli.drain().await;
        claude_wire::transport::Exit::from_code(0)
    });
    let session = Session::builder()
        .on_permission(|request| async move {
            let session = request.session().upgrade().unwrap();
            let settings = session.control("get_settings", Map::new()).await.unwrap().unwrap();
            Decision::deny(format!("strict: {}", settings.pointer("/strict").unwrap()))
        })
        .transport(transport)
        .start()
        .unwrap();
    assert_eq!(read(session.query("go")).await.text(), "done");
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn the_session_of_a_handler_does_not_outlive_its_handles() {
    let weak = Session::builder().start().unwrap().downgrade();
    assert!(weak.upgrade().is_none());
    let session = Session::builder().start().unwrap();
    let weak = session.downgrade();
    assert!(weak.upgrade().is_some());
    drop(session);
    assert!(weak.upgrade().is_none());
}
