//! The forms of options that exclude each other: the CLI accepts each, and truncates a conversation
//! where requested.

use claude_wire::SessionBuilder;
use claude_wire::lab::{ApiReply, ApiScript, When};
use claude_wire::session::options::{AgentDefinition, Plugin, Skills, Thinking};
use serde_json::json;

use crate::support::{close, place};

type Form = (&'static str, fn(SessionBuilder) -> SessionBuilder);

const FORMS: [Form; 10] = [
    ("a flag without an option, a key", |b| {
        b.extra_flag("disable-slash-commands").extra_arg("name", "made-up").api_key("sk-made-up")
    }),
    ("a prompt in a file, no thinking", |b| {
        b.system_prompt_file("prompt.md").thinking(Thinking::Disabled)
    }),
    ("a prompt, thinking tokens", |b| {
        b.system_prompt("Be brief.").thinking(Thinking::Budget(2048))
    }),
    ("a long prompt", |b| b.system_prompt("Be brief. ".repeat(1000)).max_turns(1)),
    ("a long prompt after the CLI's", |b| {
        b.append_system_prompt("Be brief. ".repeat(1000)).debug(true)
    }),
    ("no prompts", |b| {
        b.permission_prompts("none").permission_mode("dontAsk").no_session_persistence(true)
    }),
    ("a prompt tool", |b| b.permission_prompt_tool("stdio").betas(["context-1m-2025-08-07"])),
    ("permissions may be skipped", |b| {
        b.allow_dangerously_skip_permissions(true).env("IS_SANDBOX", "1")
    }),
    ("an agent leads", |b| {
        b.agents([("lead", AgentDefinition::new("Leads", "Lead."))])
            .agent("lead")
            .skills(Skills::All)
    }),
    ("a plugin without its servers", |b| {
        b.plugin(Plugin::without_mcp("plugin")).json_schema(json!({"type": "object"}))
    }),
];

pub(crate) async fn run() {
    let script = ApiScript::new()
        .when(When::prompt("One").turn(1), [ApiReply::text("first")])
        .when(When::prompt("Two").turn(2), [ApiReply::text("second")])
        .when(When::prompt("Three").turn(3), [ApiReply::text("third")])
        .when(When::prompt("Instead").turn(2), [ApiReply::text("other")]);
    let place = place(script).await;
    std::fs::write(place.cwd().join("prompt.md"), "Be brief.").unwrap();
    std::fs::create_dir(place.cwd().join("plugin")).unwrap();
    for (form, with) in FORMS {
        let session = with(place.session()).start().unwrap();
        let connected = session.connect().await;
        assert!(connected.is_ok(), "{form}: {:?}", connected.err());
        let exit = session.stop().await.unwrap().unwrap();
        assert!(exit.success(), "{form}: {exit:?}");
    }

    let session = place.session().start().unwrap();
    let mut turn = session.query("One");
    let mut answer = None;
    while let Some(message) = turn.next().await {
        let message = message.unwrap();
        if message.as_assistant().is_some() {
            answer = message.uuid().map(|uuid| uuid.into_owned());
        }
    }
    let mut turn = session.query("Two");
    turn.next().await.unwrap().unwrap();
    let prompt = turn.uuid().unwrap().to_owned();
    assert_eq!(turn.text().await.unwrap(), "second");
    let id = session.session_id().unwrap();
    session.stop().await.unwrap();

    // The latest conversation of the directory, under a new id.
    let fork = place.session().continue_conversation(true).fork_session(true).start().unwrap();
    assert_eq!(fork.query("Three").text().await.unwrap(), "third");
    assert_ne!(fork.session_id().unwrap(), id);
    fork.stop().await.unwrap();

    // The second turn is cut off, so that the model is asked only about the first one.
    let session = place
        .session()
        .resume(id)
        .resume_session_at(answer.unwrap())
        .resume_drops_turn(prompt)
        .start()
        .unwrap();
    assert_eq!(session.query("Instead").text().await.unwrap(), "other");
    session.stop().await.unwrap();
    close(place);
}
