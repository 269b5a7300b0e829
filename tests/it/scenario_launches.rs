//! A scenario over several launches: its turns go on, and its sessions are found again.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use crate::replay_support::user;
use claude_wire::player::{Scenario, reply};
use claude_wire::transport::{Exit, Launch, Transport};
use claude_wire::{Session, recording};
use proptest::prelude::*;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};

/// One launch with these arguments and prompts, to its end: its lines of stdout, and the exit. Each
/// prompt comes when the one before is answered.
async fn launch(scenario: &Scenario, args: &[&str], prompts: &[&str]) -> (Vec<Value>, Exit) {
    let stream =
        ["-p", "--input-format=stream-json", "--output-format=stream-json", "--verbose"].iter();
    let args = stream.chain(args).map(Into::into).collect();
    let mut cli = scenario.open(Launch { args, ..Launch::default() }).await.unwrap();
    let mut stdout = BufReader::new(cli.stdout).lines();
    let mut lines: Vec<Value> = Vec::new();
    for prompt in prompts {
        // A scenario that has ended does not read.
        let _ = cli.stdin.write_all(format!("{}\n", user(prompt)).as_bytes()).await;
        while let Some(line) = stdout.next_line().await.unwrap() {
            lines.push(serde_json::from_str(&line).unwrap());
            if lines.last().is_some_and(|line| line["type"] == "result") {
                break;
            }
        }
    }
    drop(cli.stdin);
    while let Some(line) = stdout.next_line().await.unwrap() {
        lines.push(serde_json::from_str(&line).unwrap());
    }
    (lines, cli.control.wait().await.unwrap())
}

fn results(lines: &[Value]) -> Vec<&str> {
    let results = lines.iter().filter(|line| line["type"] == "result");
    results.filter_map(|line| line["result"].as_str()).collect()
}

/// The session ids of the results, in order.
fn sessions(lines: &[Value]) -> Vec<String> {
    let results = lines.iter().filter(|line| line["type"] == "result");
    results.map(|line| line["session_id"].as_str().unwrap().to_owned()).collect()
}

fn three() -> Scenario {
    Scenario::new()
        .on_prompt("one", reply().text("first"))
        .on_prompt("two", reply().tool_use("Bash", serde_json::json!({})).text("second"))
        .on_any_prompt(reply().text("third"))
}

#[tokio::test(start_paused = true)]
async fn turns_go_on_over_launches() {
    for split in [
        &[&["one", "two", "three"][..]][..],
        &[&["one"], &["two"], &["three"]],
        &[&["one", "two"], &[], &["three"]],
    ] {
        let scenario = three();
        let mut said = Vec::new();
        for prompts in split {
            let (lines, exit) = launch(&scenario, &[], prompts).await;
            assert_eq!(exit, Exit::from_code(0), "{split:?}: {lines:?}");
            said.extend(results(&lines).into_iter().map(str::to_owned));
            let indexes: Vec<_> =
                lines.iter().filter_map(|line| line["result_index"].as_u64()).collect();
            assert_eq!(indexes, (0..prompts.len() as u64).collect::<Vec<_>>(), "of this process");
        }
        assert_eq!(said, ["first", "second", "third"], "{split:?}");
        scenario.assert_finished();
        let (_, exit) = launch(&scenario, &[], &["four"]).await;
        assert_eq!(exit, Exit::from_code(70), "there is no fourth turn");
    }
}

#[tokio::test(start_paused = true)]
async fn what_no_launch_asked_is_left() {
    let scenario = three();
    assert_eq!(scenario.report().left().len(), 3);
    launch(&scenario, &[], &["one"]).await;
    assert_eq!(scenario.report().left(), ["prompt \"two\" (turn 2)", "any prompt (turn 3)"]);
    let (_, exit) = launch(&scenario, &[], &["one"]).await;
    assert_eq!(exit, Exit::from_code(70), "the first turn was another launch's");
    assert!(scenario.report().divergences()[0].is_mismatch(), "{}", scenario.report());
}

#[tokio::test(start_paused = true)]
async fn launches_at_the_same_time_take_turns() {
    let scenario = three();
    let mut clis = Vec::new();
    for _ in 0..2 {
        clis.push(scenario.open(Launch::default()).await.unwrap());
    }
    let mut said = Vec::new();
    for (cli, prompt) in [(0, "one"), (1, "two"), (0, "three")] {
        let cli = &mut clis[cli];
        cli.stdin.write_all(format!("{}\n", user(prompt)).as_bytes()).await.unwrap();
        let mut text = Vec::new();
        while !text.ends_with(b"}\n") || !String::from_utf8_lossy(&text).contains("\"result\"") {
            text.push(cli.stdout.read_u8().await.unwrap());
        }
        said.push(String::from_utf8(text).unwrap());
    }
    for (said, expected) in said.iter().zip(["first", "second", "third"]) {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    for cli in clis {
        drop(cli.stdin);
        let (mut stdout, mut rest) = (cli.stdout, String::new());
        stdout.read_to_string(&mut rest).await.unwrap();
        assert_eq!(rest, "", "nothing of another launch's turns");
    }
    scenario.assert_finished();
}

#[tokio::test(start_paused = true)]
async fn each_launch_may_have_its_own_turns() {
    let scenario = Scenario::new()
        .on_prompt("Hello", reply().text("Hi!"))
        .next_launch()
        .on_prompt("Hello", reply().text("Hi again!"));
    for answer in ["Hi!", "Hi again!"] {
        let (lines, exit) = launch(&scenario, &[], &["Hello"]).await;
        assert_eq!((results(&lines), exit), (vec![answer], Exit::from_code(0)));
    }
    scenario.assert_finished();
    // One more differs, whatever it asks.
    for prompts in [&["Hello"][..], &[]] {
        let (lines, exit) = launch(&scenario, &[], prompts).await;
        assert_eq!((lines.len(), exit), (1, Exit::from_code(70)));
        let divergence = &lines[0]["claude_wire"]["divergence"];
        assert_eq!(divergence["kind"], "extra", "{lines:?}");
        let arrived = "a launch after the 2 that the scenario has turns for";
        assert_eq!(divergence["arrived"], arrived);
    }
    let report = scenario.report();
    assert!(report.divergences().len() == 2 && report.left().is_empty(), "{report}");
    assert!(report.divergences().iter().all(|divergence| divergence.is_extra()), "{report}");

    let again = Scenario::parse(&scenario.to_json()).unwrap();
    assert_eq!(again.report().left(), ["prompt \"Hello\" (turn 1)"; 2]);
    let (_, exit) = launch(&again, &[], &[]).await;
    assert_eq!(exit, Exit::from_code(70), "each launch has its turn");
    let error = Scenario::parse(r#"{"claude-wire":"scenario","version":1}"#).unwrap_err();
    assert!(error.to_string().contains("either `turns` or `launches`"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn sessions_are_new_resumed_continued_and_forked() {
    let scenario = (0..8).fold(Scenario::new(), |it, _| it.on_any_prompt(reply().text("Yes.")));
    let session =
        async |args: &[&str]| sessions(&launch(&scenario, args, &["?"]).await.0).remove(0);
    let first = session(&[]).await;
    let second = session(&[]).await;
    assert_ne!(first, second, "each launch is another session");
    assert_eq!(session(&["--continue"]).await, second, "the latest");
    assert_eq!(session(&["--resume", &first]).await, first);
    assert_eq!(session(&["-c"]).await, first, "the one that went on last");
    let fork = session(&["--resume", &first, "--fork-session"]).await;
    assert!(![&first, &second].contains(&&fork), "{fork}");
    let named = session(&["--session-id", "0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f"]).await;
    assert_eq!(named, "0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f");
    let joined = format!("--resume={second}");
    assert_eq!(session(&[&joined]).await, second);
}

#[tokio::test(start_paused = true)]
async fn a_resumed_session_is_one_of_an_earlier_launch() {
    let new = || (0..4).fold(Scenario::new(), |it, _| it.on_any_prompt(reply().text("Yes.")));
    let other = "0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f";
    let joined = format!("--resume={other}");
    for args in [
        &["--resume", other][..],
        &["-r", other],
        &[&joined],
        &["--resume", other, "--fork-session"],
    ] {
        let scenario = new().unverified();
        launch(&scenario, &[], &["?"]).await;
        // However often: it stays unknown.
        for _ in 0..2 {
            let (lines, exit) = launch(&scenario, args, &["?"]).await;
            assert_eq!((exit, lines.len()), (Exit::from_code(1), 1), "{args:?}: {lines:?}");
            assert_eq!(lines[0]["subtype"], "error_during_execution");
            assert_eq!(lines[0]["session_id"], other);
            let error = format!("No conversation found with session ID: {other}");
            assert_eq!(lines[0]["errors"], serde_json::json!([error]));
        }
        let report = scenario.report();
        assert_eq!(report.left().len(), 3, "it took no turn: {report}");
    }
    // The first launch finds none either, unless every one exists.
    let scenario = new().unverified();
    let (lines, exit) = launch(&scenario, &["--resume", other], &["?"]).await;
    assert_eq!((exit, lines.len()), (Exit::from_code(1), 1), "{lines:?}");
    let (lines, exit) = launch(&scenario, &["--continue"], &["?"]).await;
    assert_eq!(exit, Exit::from_code(0), "the CLI continues nothing, in a new session");
    assert_ne!(sessions(&lines), [other]);
    let scenario = new().any_session();
    for _ in 0..2 {
        let (lines, exit) = launch(&scenario, &["--resume", other], &["?"]).await;
        assert_eq!((exit, sessions(&lines)), (Exit::from_code(0), vec![other.to_owned()]));
    }
    // So may those of a session that was cleared.
    let (cleared, _) = launch(&scenario, &[], &["?", "/clear"]).await;
    let after = &sessions(&cleared)[1];
    let (lines, exit) = launch(&scenario, &["--resume", after], &["?"]).await;
    assert_eq!((exit, &sessions(&lines)[0]), (Exit::from_code(0), after));
    scenario.assert_finished();
}

#[tokio::test(start_paused = true)]
async fn clear_begins_a_session_and_takes_no_turn() {
    let scenario = Scenario::new()
        .on_prompt("before", reply().text("a"))
        .on_prompt("after", reply().text("b"));
    let (lines, exit) = launch(&scenario, &[], &["before", "/clear", "after"]).await;
    assert_eq!((results(&lines), exit), (vec!["a", "", "b"], Exit::from_code(0)));
    let ids = sessions(&lines);
    assert!(ids[0] != ids[1] && ids[1] == ids[2], "{ids:?}");
    let reset = lines.iter().find(|line| line["type"] == "conversation_reset").unwrap();
    assert_eq!(
        (&reset["trigger"], &reset["session_id"]),
        (&"clear".into(), &ids[0].as_str().into())
    );
    let inits: Vec<_> = lines.iter().filter(|line| line["subtype"] == "init").collect();
    assert_eq!(inits.len(), 3);
    assert_eq!(inits[2]["session_id"], ids[1].as_str());
    scenario.assert_finished();
}

#[tokio::test(start_paused = true)]
async fn a_session_clears_and_goes_on() {
    let scenario = Scenario::new()
        .on_prompt("before", reply().text("a"))
        .on_prompt("after", reply().text("b"));
    let session = Session::builder().transport(scenario.clone()).start().unwrap();
    assert_eq!(session.query("before").text().await.unwrap(), "a");
    session.clear().await.unwrap();
    assert_eq!(session.query("after").text().await.unwrap(), "b");
    session.stop().await.unwrap();
    scenario.assert_finished();
}

/// A query with an option that only a launch can set: the session launches the CLI again.
#[tokio::test(start_paused = true)]
async fn a_session_that_launches_again_goes_on() {
    let scenario =
        Scenario::new().on_prompt("one", reply().text("a")).on_prompt("two", reply().text("b"));
    let session = Session::builder().transport(scenario.clone()).start().unwrap();
    assert_eq!(session.query("one").text().await.unwrap(), "a");
    assert_eq!(session.query("two").max_turns(3).text().await.unwrap(), "b");
    session.stop().await.unwrap();
    scenario.assert_finished();
}

#[test]
fn the_recording_of_a_scenario_has_the_turns_of_all_launches() {
    let scenario = Scenario::new()
        .on_prompt("one", reply().text("a"))
        .next_launch()
        .on_prompt("two", reply().text("b"));
    let recorded = scenario.to_recording([""; 0]);
    let prompts =
        recorded.events.iter().filter(|event| matches!(event.kind, recording::EventKind::In(_)));
    assert_eq!(prompts.count(), 2);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    /// However the prompts are spread over launches, every turn is answered once and in order.
    #[test]
    fn turns_are_answered_in_order(turns in 1..6_usize, ends in prop::collection::vec(any::<bool>(), 6)) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let scenario = (0..turns).fold(Scenario::new(), |it, turn| {
                it.on_prompt(format!("prompt {turn}"), reply().text(format!("answer {turn}")))
            });
            let mut said = Vec::new();
            let mut open: Vec<String> = Vec::new();
            for (turn, ends) in ends.into_iter().enumerate().take(turns) {
                open.push(format!("prompt {turn}"));
                if ends || turn + 1 == turns {
                    let prompts: Vec<_> = open.iter().map(String::as_str).collect();
                    let (lines, exit) = launch(&scenario, &[], &prompts).await;
                    assert_eq!(exit, Exit::from_code(0));
                    said.extend(results(&lines).into_iter().map(str::to_owned));
                    open.clear();
                }
            }
            assert_eq!(said, (0..turns).map(|turn| format!("answer {turn}")).collect::<Vec<_>>());
            scenario.assert_finished();
        });
    }
}
