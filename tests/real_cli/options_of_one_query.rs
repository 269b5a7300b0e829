//! Options of one query: the model is switched and switched back; another system prompt needs
//! another launch of the same conversation.

use claude_wire::lab::{ApiReply, ApiScript, When};
use claude_wire::wire::System;
use claude_wire::{Options, Turn};

use crate::support::{finish, place};

pub(crate) async fn run() {
    let script = (1..=7).fold(ApiScript::new(), |script, turn| {
        script.when(When::prompt(format!("Question {turn}")).turn(turn), [ApiReply::text("ok")])
    });
    // The CLI tests a model before it accepts it.
    let place = place(script.always(When::prompt("Hi"), [ApiReply::text("Hi")])).await;
    let session = place.session().model("claude-opus-5-5").start().unwrap();
    let ask = |turn: usize, options: Options| {
        session.query(format!("Question {turn}")).options(&options).text()
    };
    ask(1, Options::default()).await.unwrap();
    let (pid, id) = (session.pid(), session.session_id());
    ask(2, Options::default().model("claude-sonnet-5")).await.unwrap();
    assert_eq!(session.pid(), pid);
    ask(3, Options::default().append_system_prompt("Speak like a pirate.")).await.unwrap();
    assert_ne!(session.pid(), pid);
    ask(4, Options::default()).await.unwrap();
    assert_eq!(session.session_id(), id);
    // What the session was set to meanwhile is restored, and is repeated in another launch.
    session.set_model("claude-haiku-4-5").await.unwrap();
    session.set_permission_mode("plan").await.unwrap();
    assert_eq!(
        mode(session.query("Question 5").model("claude-opus-5-5").permission_mode("acceptEdits"))
            .await,
        "acceptEdits"
    );
    assert_eq!(mode(session.query("Question 6")).await, "plan");
    let pid = session.pid();
    assert_eq!(
        mode(session.query("Question 7").append_system_prompt("Speak like a pirate.")).await,
        "plan"
    );
    assert_ne!(session.pid(), pid);

    let asked: Vec<_> = place
        .api()
        .requests()
        .into_iter()
        .filter(|request| request.prompts().iter().any(|prompt| prompt.starts_with("Question")))
        .map(|request| {
            (request.model().to_owned(), request.body()["system"].to_string().contains("pirate"))
        })
        .collect();
    let opus = |pirate| ("claude-opus-5-5".to_owned(), pirate);
    let haiku = |pirate| ("claude-haiku-4-5".to_owned(), pirate);
    let before = [opus(false), ("claude-sonnet-5".to_owned(), false), opus(true), opus(false)];
    assert_eq!(asked, [&before[..], &[opus(false), haiku(false), haiku(true)]].concat());
    assert!(finish(session, place).await.success());
}

/// Runs a turn and returns the permission mode that it reports.
async fn mode(mut turn: Turn) -> String {
    let mut mode = String::new();
    while let Some(message) = turn.next().await {
        if let Some(System::Init(init)) = message.unwrap().as_system() {
            mode = init.permission_mode.as_str().to_owned();
        }
    }
    mode
}
