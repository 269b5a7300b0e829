//! Requests of MCP servers to the user, and dialogs.

use crate::support::ask::{answers, ask, no, yes};
use crate::support::cli::{Log, cli, init, result};
use crate::support::read::{ended_well, read};
use claude_wire::Session;
use claude_wire::session::handlers::{DialogAnswer, ElicitationAnswer};
use claude_wire::wire::RawJson;
use claude_wire::wire::control::ElicitationMode;
use serde_json::json;

const ELICITATION: &str = r#"{"subtype":"elicitation","mcp_server_name":"crm","message":"Who?","mode":"form","elicitation_id":"e1","requested_schema":{"type":"object"},"property_order":["name"],"title":"T","display_name":"CRM","description":"d"}"#;

#[tokio::test(start_paused = true)]
async fn an_mcp_server_gets_the_handler_s_answer() {
    let answer = RawJson::parse(r#"{"name": "Ada"}"#).unwrap();
    for (answer, expected) in [
        (ElicitationAnswer::accept(answer), r#"{"action":"accept","content":{"name": "Ada"}}"#),
        (ElicitationAnswer::Accept(None), r#"{"action":"accept"}"#),
        (ElicitationAnswer::Decline, r#"{"action":"decline"}"#),
        (ElicitationAnswer::Cancel, r#"{"action":"cancel"}"#),
    ] {
        let builder = Session::builder().on_elicitation(move |request| {
            let question = request.elicitation();
            assert_eq!((&*question.mcp_server_name, &*question.message), ("crm", "Who?"));
            assert_eq!(question.mode, Some(ElicitationMode::Form));
            assert_eq!(question.requested_schema.as_ref().unwrap().text(), r#"{"type":"object"}"#);
            assert_eq!(request.request().field("title").unwrap().text(), r#""T""#);
            std::future::ready(answer.clone())
        });
        assert_eq!(answers(builder, &[ask("e", ELICITATION)]).await, [yes("e", expected)]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_question_is_declined_without_a_handler_and_when_it_panics() {
    let declined = [yes("e", r#"{"action":"decline"}"#)];
    assert_eq!(answers(Session::builder(), &[ask("e", ELICITATION)]).await, declined);
    assert_eq!(
        answers(
            Session::builder().on_elicitation(|_| async { panic!("no") }),
            &[ask("e", ELICITATION)]
        )
        .await,
        declined
    );
}

fn dialog(id: &str, kind: &str) -> String {
    ask(
        id,
        &format!(
            r#"{{"subtype":"request_user_dialog","dialog_kind":"{kind}","payload":{{"n":1}},"tool_use_id":"t1"}}"#
        ),
    )
}

#[tokio::test(start_paused = true)]
async fn a_dialog_gets_the_user_s_choice() {
    let builder = Session::builder().on_user_dialog(["plan", "trust"], |dialog| async move {
        assert_eq!(
            (dialog.dialog().payload.text().as_ref(), dialog.dialog().tool_use_id.as_deref()),
            (r#"{"n":1}"#, Some("t1"))
        );
        match &*dialog.dialog().dialog_kind {
            "plan" => DialogAnswer::completed(json!({"choice": 2})),
            _ => DialogAnswer::Cancelled,
        }
    });
    let expected = [
        yes("0", r#"{"behavior":"completed","result":{"choice":2}}"#),
        yes("1", r#"{"behavior":"cancelled"}"#),
    ];
    assert_eq!(answers(builder, &[dialog("0", "plan"), dialog("1", "trust")]).await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_panics_does_not_dismiss_the_dialog() {
    let builder = Session::builder().on_user_dialog(["plan"], |_| async { panic!("no") });
    assert_eq!(answers(builder, &[dialog("0", "plan")]).await, [no("0", "the handler panicked")]);
}

#[tokio::test(start_paused = true)]
async fn requests_for_other_hosts_are_not_answered() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        cli.write(dialog("0", "another kind")).await;
        for (id, subtype) in [
            "remote_tool_call",
            "remote_plumbing_call",
            "remote_tools_probe",
            "remote_tools_reannounce",
        ]
        .iter()
        .enumerate()
        {
            cli.write(ask(&format!("r{id}"), &format!(r#"{{"subtype":"{subtype}"}}"#))).await;
        }
        cli.write(dialog("1", "plan")).await;
        assert_eq!(
            cli.read_text().await.unwrap(),
            yes("1", r#"{"behavior":"cancelled"}"#),
            "the first answer is to the last question"
        );
        cli.write(result(&uuid, "done")).await;
        let rest = cli.read_text().await;
        assert_eq!(rest, None);
        claude_wire::transport::Exit::from_code(0)
    });
    let seen = Log::default();
    let log = seen.clone();
    let session = Session::builder()
        .on_user_dialog(["plan"], move |dialog| {
            log.push(&*dialog.dialog().dialog_kind);
            async { DialogAnswer::Cancelled }
        })
        .transport(transport)
        .start()
        .unwrap();
    assert_eq!(read(session.query("go")).await.text(), "done");
    ended_well(&session).await;
    assert_eq!(seen.all(), ["plan"]);
}
