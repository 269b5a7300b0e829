//! A handle of a replay or a scenario verifies itself when it is dropped, and a session that owns
//! one reports what is left.

use std::panic::{AssertUnwindSafe, catch_unwind};

use claude_wire::session::SessionEvent;
use claude_wire::{Replay, Scenario, Session, reply};

use crate::replay_support::{recording, user};

fn two_prompts() -> Scenario {
    Scenario::new().on_prompt("one", reply().text("1")).on_prompt("two", reply().text("2"))
}

fn replay() -> Replay {
    let turns = ["one", "two"].map(|text| {
        format!(
            "{{\"us\":1,\"in\":{}}}\n{{\"us\":1,\"out\":{{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":false,\"result\":\"ok\"}}}}\n",
            user(text)
        )
    });
    let handshake = r#"
        {"us":0,"in":{"type":"control_request","request_id":"i","request":{"subtype":"initialize"}}}
        {"us":1,"out":{"type":"control_response","response":{"subtype":"success","request_id":"i","response":{}}}}
    "#;
    Replay::new(recording(&(handshake.to_owned() + &turns.concat() + r#"{"us":1,"eof":"in"}"#)))
        .allow_truncated()
}

/// The handles of both kinds, with a session on a clone of each.
async fn kinds(prompts: &[&str]) -> Vec<(Session, Box<dyn Send>)> {
    let (scenario, replay) = (two_prompts(), replay());
    let sessions = [
        Session::builder().transport(scenario.clone()).start().unwrap(),
        Session::builder().transport(replay.clone()).start().unwrap(),
    ];
    let handles: [Box<dyn Send>; 2] = [Box::new(scenario), Box::new(replay)];
    for session in &sessions {
        for prompt in prompts {
            session.query(*prompt).text().await.unwrap();
        }
    }
    sessions.into_iter().zip(handles).collect()
}

/// The text of the panic of a drop.
fn dropped<T>(handle: T) -> Option<String> {
    let panic = catch_unwind(AssertUnwindSafe(move || drop(handle))).err()?;
    panic.downcast_ref::<String>().cloned().or_else(|| Some("no text".to_owned()))
}

#[tokio::test(start_paused = true)]
async fn a_dropped_handle_panics_with_what_is_left() {
    for (session, handle) in kinds(&["one"]).await {
        session.stop().await.unwrap();
        let text = dropped(handle).unwrap();
        assert!(text.contains("left: 1 prompt") && text.contains("prompt \"two\""), "{text}");
        assert!(text.contains("`unverified()` turns that off"), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_dropped_handle_panics_with_a_difference() {
    let replay = replay();
    let session = Session::builder().transport(replay.clone()).start().unwrap();
    let error = session.query("something else").text().await.unwrap_err();
    assert!(error.is_divergence(), "{error}");
    session.stop().await.unwrap();
    assert!(dropped(replay).unwrap().contains("input differs from the recording"));
}

#[tokio::test(start_paused = true)]
async fn a_handle_of_a_program_that_did_everything_does_not_panic() {
    for (session, handle) in kinds(&["one", "two"]).await {
        // The session still runs.
        assert_eq!(dropped(handle), None);
        session.stop().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_clone_does_not_verify() {
    let scenario = two_prompts();
    let clone = scenario.clone();
    let session = Session::builder().transport(scenario.clone()).start().unwrap();
    session.query("one").text().await.unwrap();
    assert_eq!(dropped(clone), None);
    session.stop().await.unwrap();
    assert!(dropped(scenario).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_handle_does_not_verify_after_its_report_or_when_that_is_turned_off() {
    for how in ["report", "assert_finished", "unverified", "panicking"] {
        let scenario = two_prompts();
        let scenario = if how == "unverified" { scenario.unverified() } else { scenario };
        let session = Session::builder().transport(scenario.clone()).start().unwrap();
        session.query("one").text().await.unwrap();
        session.stop().await.unwrap();
        match how {
            "report" => assert!(!scenario.report().is_clean()),
            "assert_finished" => {
                catch_unwind(AssertUnwindSafe(|| scenario.assert_finished())).unwrap_err();
            }
            "panicking" => {
                let panic = catch_unwind(AssertUnwindSafe(move || {
                    let _kept = scenario;
                    panic!("of the test");
                }));
                let text = panic.unwrap_err();
                assert_eq!(text.downcast_ref::<&str>(), Some(&"of the test"));
                continue;
            }
            _ => {}
        }
        assert_eq!(dropped(scenario), None, "{how}");
    }
}

/// A test that builds a handle and never uses it proves nothing.
#[tokio::test(start_paused = true)]
async fn a_handle_that_nothing_opened_panics() {
    let folder = crate::launches_support::two();
    let handles: [(&str, Box<dyn Send>); 6] = [
        ("scenario", Box::new(two_prompts())),
        ("replay", Box::new(replay())),
        ("sequence", Box::new(Replay::sequence([recording("")]).speed(1.0))),
        ("folder", Box::new(Replay::open(folder.path()).unwrap())),
        ("file", Box::new(Replay::open(folder.path().join("001.jsonl")).unwrap())),
        // No session was started with it.
        ("builder", Box::new(Session::builder().transport(two_prompts()))),
    ];
    for (name, handle) in handles {
        let text = dropped(handle).unwrap_or_default();
        assert!(text.contains("nothing opened it"), "{name}: {text}");
        assert!(text.contains("`unverified()` turns that off"), "{name}: {text}");
    }
}

/// What has another purpose than a launch, or an error that says enough.
#[tokio::test(start_paused = true)]
async fn a_handle_that_nothing_opened_does_not_panic_with_a_reason() {
    let folder = crate::launches_support::two();
    let run = tempfile::tempdir().unwrap();
    let run = || claude_wire::player::RunFolder::open(run.path()).unwrap();
    assert_eq!(dropped(two_prompts().unverified()), None);
    let played = two_prompts();
    drop(played.script(["-p", "one"]));
    assert_eq!(dropped(played), None);
    let recorded = two_prompts();
    assert!(!recorded.to_recording([""; 0]).events.is_empty());
    assert_eq!(dropped(recorded), None);
    let warned = Replay::open(folder.path()).unwrap();
    assert!(warned.opening_warnings().is_empty());
    assert_eq!(dropped(warned), None);
    // The error is the test's: `replay` is in memory, and this option is refused.
    assert_eq!(dropped(replay().in_run(run())).map(drop), None);
    let refused = Session::builder().transport(two_prompts()).max_line(0).start();
    assert!(refused.is_err());
    assert_eq!(dropped(refused).map(drop), None);
    assert_eq!(dropped(Scenario::new()), None, "nothing is left of it");
}

#[tokio::test(start_paused = true)]
async fn a_session_that_owns_the_handle_reports_what_is_left() {
    for transport in ["scenario", "replay", "boxed"] {
        let builder = Session::builder();
        let session = match transport {
            "scenario" => builder.transport(two_prompts()),
            "replay" => builder.transport(replay()),
            _ => builder.transport(Box::new(two_prompts())),
        };
        let session = session.start().unwrap();
        let mut events = session.events();
        session.query("one").text().await.unwrap();
        for _ in 0..2 {
            let error = session.stop().await.unwrap_err();
            assert!(error.is_unfinished() && !error.is_stopped(), "{error}");
            assert!(error.to_string().contains("prompt \"two\""), "{error}");
        }
        assert!(session.exit().is_some(), "the process has ended all the same");
        drop(session);
        let mut warnings = Vec::new();
        while let Some(event) = events.next().await {
            if let SessionEvent::Warning(text) = event {
                warnings.push(text);
            }
        }
        assert_eq!(warnings.len(), 1, "{transport}: {warnings:?}");
        assert!(warnings[0].contains("left: 1 prompt"), "{warnings:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_dropped_session_that_owns_the_handle_warns_and_does_not_panic() {
    let session = Session::builder().transport(two_prompts()).start().unwrap();
    let mut events = session.events();
    session.query("one").text().await.unwrap();
    drop(session);
    let mut warned = false;
    while let Some(event) = events.next().await {
        warned |= matches!(&event, SessionEvent::Warning(text) if text.contains("prompt \"two\""));
    }
    assert!(warned);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_owns_a_handle_and_did_everything_stops_well() {
    let session = Session::builder().transport(two_prompts()).start().unwrap();
    for text in ["one", "two"] {
        session.query(text).text().await.unwrap();
    }
    assert!(session.stop().await.unwrap().unwrap().success());
    let part = Session::builder().transport(two_prompts().unverified()).start().unwrap();
    part.query("one").text().await.unwrap();
    part.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_one_shot_query_that_leaves_something_fails() {
    let session = Session::builder().transport(two_prompts());
    let error = claude_wire::query("one").session(session).await.unwrap_err();
    assert!(error.is_unfinished(), "{error}");
}

/// Whichever is stopped last, and whether the handle of the other still exists.
#[tokio::test(start_paused = true)]
async fn the_last_session_that_is_stopped_reports_what_is_left() {
    for (fork_first, keep) in [(false, true), (false, false), (true, true), (true, false)] {
        let cli =
            Scenario::new().on_prompt("one", reply().text("1")).on_prompt("two", reply().text("2"));
        let session = Session::builder().transport(cli).start().unwrap();
        session.query("one").text().await.unwrap();
        let fork = session.fork().unwrap();
        fork.connect().await.unwrap();
        let [first, last] = if fork_first { [fork, session] } else { [session, fork] };
        first.stop().await.unwrap();
        let kept = keep.then_some(first);
        let error = last.stop().await.unwrap_err();
        assert!(error.is_unfinished(), "{fork_first} {keep}: {error}");
        assert!(error.to_string().contains("prompt \"two\""), "{error}");
        drop(kept);
    }
}

#[tokio::test(start_paused = true)]
async fn a_running_session_is_reported_as_running_and_not_as_left_over() {
    let late = recording(&format!(
        r#"
        {{"us":0,"in":{}}}
        {{"us":1,"out":{{"type":"system","subtype":"init"}}}}
        {{"us":900000000,"out":{{"type":"system","subtype":"late"}}}}
        {{"us":1,"eof":"in"}}"#,
        user("Hi")
    ));
    let replay = Replay::new(late).allow_truncated().speed(1.0);
    let transport: &dyn claude_wire::transport::Transport = &replay.clone();
    let mut cli = transport.open(claude_wire::transport::Launch::default()).await.unwrap();
    let write = format!("{}\n", user("Hi"));
    tokio::io::AsyncWriteExt::write_all(&mut cli.stdin, write.as_bytes()).await.unwrap();
    let mut first = [0; 8];
    tokio::io::AsyncReadExt::read_exact(&mut cli.stdout, &mut first).await.unwrap();
    let report = replay.clone().report();
    assert!(report.left().is_empty() && !report.is_clean(), "{report}");
    assert!(report.to_string().contains("still running: the CLI has 1 more lines"), "{report}");
    drop(cli);
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(replay.report().left().len(), 1, "{}", replay.report());
}

/// Of what comes after the last result, a host that kills the CLI owes nothing; of a turn that got
/// none, it does.
#[tokio::test(start_paused = true)]
async fn the_rest_of_a_turn_without_a_result_is_left() {
    let result = r#"{"type":"result","subtype":"success","is_error":false,"result":"ok"}"#;
    for (prompts, left) in [(&["one"][..], 0), (&["one", "two"], 1)] {
        let second = prompts.get(1).map(|text| format!("{{\"us\":0,\"in\":{}}}\n", user(text)));
        let events = format!(
            r#"
            {{"us":0,"in":{}}}
            {{"us":1,"out":{result}}}
            {}{{"us":900000000,"out":{{"type":"system","subtype":"late"}}}}"#,
            user("one"),
            second.unwrap_or_default(),
        );
        let replay = Replay::new(recording(&events)).allow_truncated().speed(1.0);
        let transport: &dyn claude_wire::transport::Transport = &replay.clone();
        let mut cli = transport.open(claude_wire::transport::Launch::default()).await.unwrap();
        for prompt in prompts {
            let write = format!("{}\n", user(prompt));
            tokio::io::AsyncWriteExt::write_all(&mut cli.stdin, write.as_bytes()).await.unwrap();
        }
        let mut read = vec![0; result.len() + 1];
        tokio::io::AsyncReadExt::read_exact(&mut cli.stdout, &mut read).await.unwrap();
        drop(cli);
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        let report = replay.report();
        assert_eq!(report.left().len(), left, "{prompts:?}: {report}");
    }
}
