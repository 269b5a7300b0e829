//! What comes before the first prompt of a launch, on a folder of recordings.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use crate::launch_support::STREAMS;
use crate::launches_support::{
    Cli, INITIALIZE, folder, folder_of, launch, one_prompt, result, with_a_request,
};
use crate::replay_support::{control, recording, user};
use claude_wire::player::Replay;
use claude_wire::transport::Exit;

#[tokio::test(start_paused = true)]
async fn what_comes_before_the_prompt_leaves_recordings_out() {
    let plan = r#"{"subtype":"set_permission_mode","mode":"plan"}"#;
    let model = r#"{"subtype":"set_model","model":"opus"}"#;
    let folder = folder(&[
        one_prompt(1, "same", "plain"),
        with_a_request(2, "same", model),
        with_a_request(3, "same", plan),
    ]);
    for (request, name) in [(plan, "s3"), (model, "s2")] {
        let replay = Replay::open(folder.path()).unwrap().unverified();
        let mut cli = Cli::start(&replay).await;
        cli.write(&control("i", INITIALIZE)).await;
        assert!(cli.line().await.contains("\"pid\":1"), "the first one");
        cli.write(&control("live", request)).await;
        assert!(cli.line().await.contains("\"live\""), "{name}");
        cli.write(&user("same")).await;
        assert_eq!(cli.line().await, result("answer"), "{name}");
        assert_eq!(cli.end().await.2, Exit::from_code(0), "{}", replay.report());
    }
    let replay = Replay::open(folder.path()).unwrap().unverified();
    let other = control("x", r#"{"subtype":"set_model","model":"haiku"}"#);
    let (_, err, exit) = launch(&replay, &[control("i", INITIALIZE), other]).await;
    assert_eq!(exit, Exit::from_code(70));
    assert!(err.contains("001.jsonl: input that the recording does not have"), "{err}");
    assert!(err.contains("other recording: 003.jsonl"), "{err}");
}

#[tokio::test(start_paused = true)]
async fn another_initialize_is_another_recording() {
    let hooked = one_prompt(2, "one", "hooked").replacen(
        INITIALIZE,
        r#"{"subtype":"initialize","hooks":{"Stop":[{"hookCallbackIds":["h"]}]}}"#,
        1,
    );
    let folder = folder(&[one_prompt(1, "one", "plain"), hooked]);
    let replay = Replay::open(folder.path()).unwrap().unverified();
    let initialize =
        control("i", r#"{"subtype":"initialize","hooks":{"Stop":[{"hookCallbackIds":["x"]}]}}"#);
    let (out, _, exit) = launch(&replay, &[initialize, user("one")]).await;
    assert!(out.contains("\"pid\":2") && out.contains("hooked"), "{out}");
    assert_eq!(exit, Exit::from_code(0));
}

/// A launch whose CLI asks something before the first prompt, as for a server of the host.
fn asking(n: usize, prompt: &str, answer: &str) -> String {
    let ask = format!(
        r#"{{"us":1,"out":{{"type":"control_request","request_id":"cli{n}","request":{{"subtype":"mcp_message","server_name":"s","message":{{"method":"tools/list","id":{n}}}}}}}}}"#
    );
    let reply = format!(
        r#"{{"us":1,"in":{{"type":"control_response","response":{{"subtype":"success","request_id":"cli{n}","response":{{}}}}}}}}"#
    );
    one_prompt(n, prompt, answer).replacen(
        "{\"us\":1,\"in\":{\"type\":\"user\"",
        &format!("{ask}\n{reply}\n{{\"us\":1,\"in\":{{\"type\":\"user\""),
        1,
    )
}

#[tokio::test(start_paused = true)]
async fn answers_go_to_the_request_that_was_asked() {
    let folder = folder(&[asking(1, "one", "first"), asking(2, "two", "second")]);
    for answers_first in [true, false] {
        let replay = Replay::open(folder.path()).unwrap().unverified();
        let mut cli = Cli::start(&replay).await;
        cli.write(&control("i", INITIALIZE)).await;
        cli.line().await;
        assert!(cli.line().await.contains("cli1"), "the first recording asks");
        let answer = r#"{"type":"control_response","response":{"subtype":"success","request_id":"cli1","response":{}}}"#;
        let mut lines = [answer.to_owned(), user("two")];
        if !answers_first {
            lines.reverse();
        }
        for line in lines {
            cli.write(&line).await;
        }
        assert_eq!(cli.line().await, result("second"));
        let (out, err, exit) = cli.end().await;
        assert_eq!((out.as_str(), err.as_str(), exit), ("", "", Exit::from_code(0)));
    }
}

/// The same launch with another reply to `initialize`.
fn replying(n: usize, prompt: &str, reply: &str) -> String {
    one_prompt(n, prompt, "answer").replace(&format!(r#""pid":{n}"#), reply)
}

#[test]
fn recordings_that_differ_before_the_first_prompt_are_warned_of() {
    let warned = |recordings: &[String]| {
        let folder = folder(recordings);
        Replay::open(folder.path()).unwrap().opening_warnings()
    };
    let with_model = |model: &str| format!(r#""models":["{model}"],"pid":7"#);
    assert_eq!(warned(&[one_prompt(1, "one", "a"), one_prompt(2, "two", "b")]), [""; 0]);
    assert_eq!(
        warned(&[replying(1, "one", &with_model("x")), replying(2, "two", &with_model("x"))]),
        [""; 0]
    );
    for (changed, says) in [
        (replying(2, "two", &with_model("y")), "field response.response.models[]"),
        (replying(2, "two", r#""pid":7"#), "models"),
        (
            format!(
                r#"{{"us":0,"out":{{"type":"system","subtype":"early"}}}}
                {}"#,
                replying(2, "two", &with_model("x"))
            ),
            "out system/early",
        ),
        (
            format!(
                r#"{{"us":0,"err":"careful"}}
                {}"#,
                replying(2, "two", &with_model("x"))
            ),
            "stderr",
        ),
    ] {
        let found = warned(&[
            replying(1, "one", &with_model("x")),
            changed,
            replying(3, "three", &with_model("x")),
        ]);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(
            found[0].starts_with("001.jsonl and 002.jsonl may be the same launch"),
            "{found:?}"
        );
        assert!(found[0].contains(says), "{says}: {found:?}");
        assert!(found[1].starts_with("002.jsonl and 003.jsonl"), "{found:?}");
    }
}

#[test]
fn recordings_that_another_launch_separates_are_not_warned_of() {
    let with = |argv: &[&str], events: &str| {
        let mut recording = recording(events);
        let argv = STREAMS.iter().chain(argv);
        recording.header.argv = Some(argv.map(|arg| (*arg).to_owned()).collect());
        recording
    };
    let one = replying(1, "one", r#""models":["x"]"#);
    let two = replying(2, "two", r#""models":["y"]"#);
    let declaring = |events: &str, prompt: &str| {
        events.replace(
            INITIALIZE,
            &format!(r#"{{"subtype":"initialize","systemPrompt":["{prompt}"]}}"#),
        )
    };
    for (front, own, count) in [
        (with(&["--model", "a"], &one), with(&["--model", "b"], &two), 0),
        (with(&[], &declaring(&one, "a")), with(&[], &declaring(&two, "b")), 0),
        (with(&["-p", "one"], &one), with(&["-p", "two"], &two), 0),
        (with(&["--model", "a"], &one), with(&["--model", "a"], &two), 1),
        (with(&["--verbose"], &one), with(&[], &two), 1),
        (with(&[], &declaring(&one, "a")), with(&[], &declaring(&two, "a")), 1),
    ] {
        let folder = folder_of(&[front, own]);
        let found = Replay::open(folder.path()).unwrap().opening_warnings();
        assert_eq!(found.len(), count, "{found:?}");
    }
    // A rule can make them the same.
    let folder = folder_of(&[with(&["--model", "a"], &one), with(&["--model", "b"], &two)]);
    let replay = Replay::open(folder.path()).unwrap().ignore(["--model"]);
    assert_eq!(replay.opening_warnings().len(), 1);
}

/// The lines that the warning is about: a launch of the second begins with those of the first.
#[tokio::test(start_paused = true)]
async fn what_is_warned_of_reaches_the_program() {
    let folder =
        folder(&[replying(1, "one", r#""models":["x"]"#), replying(2, "two", r#""models":["y"]"#)]);
    let replay = Replay::open(folder.path()).unwrap();
    assert_eq!(replay.opening_warnings().len(), 1);
    let mut cli = Cli::start(&replay).await;
    let (reply, _) = cli.ask("r9", "two").await;
    assert!(reply.contains(r#"["x"]"#), "{reply}");
    cli.end().await;
    let mut cli = Cli::start(&replay).await;
    assert!(cli.ask("r9", "one").await.0.contains(r#"["x"]"#));
    cli.end().await;
}
