//! A program that launches the CLI more than once, on a folder of recordings.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::path::Path;

use crate::replay_support::{control, recording, user};
use claude_wire::player::Replay;
use claude_wire::recording::Recording;
use claude_wire::transport::{BoxedRead, BoxedWrite, Connection, Control, Exit, Launch, Transport};
use proptest::prelude::*;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

const INITIALIZE: &str = r#"{"subtype":"initialize"}"#;

fn result(text: &str) -> String {
    format!(r#"{{"type":"result","subtype":"success","is_error":false,"result":"{text}"}}"#)
}

/// The events of a launch with one prompt, whose ids end in `n`.
fn one_prompt(n: usize, prompt: &str, answer: &str) -> String {
    format!(
        r#"{{"us":0,"in":{}}}
        {{"us":1,"out":{{"type":"control_response","response":{{"subtype":"success","request_id":"r{n}","response":{{"pid":{n}}}}}}}}}
        {{"us":1,"in":{}}}
        {{"us":1,"out":{}}}
        {{"us":1,"eof":"in"}}
        {{"us":1,"exit":{{"code":0}}}}"#,
        control(&format!("r{n}"), INITIALIZE),
        user(prompt),
        result(answer)
    )
}

/// A folder with these recordings, named in order.
fn folder(recordings: &[String]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (index, events) in recordings.iter().enumerate() {
        save(folder.path(), &format!("{:03}.jsonl", index + 1), events);
    }
    folder
}

fn save(folder: &Path, name: &str, events: &str) {
    recording(events).save(folder.join(name)).unwrap();
}

/// One launch, line by line.
struct Cli {
    stdin: Option<BoxedWrite>,
    stdout: BufReader<BoxedRead>,
    stderr: BoxedRead,
    control: Box<dyn Control>,
}

impl Cli {
    async fn start(replay: &Replay) -> Self {
        let Connection { stdin, stdout, stderr, control } =
            replay.open(Launch::default()).await.unwrap();
        Self { stdin: Some(stdin), stdout: BufReader::new(stdout), stderr, control }
    }

    async fn write(&mut self, line: &str) {
        // A replay that has ended does not read.
        let _ = self.stdin.as_mut().unwrap().write_all(format!("{line}\n").as_bytes()).await;
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).await.unwrap();
        line.trim_end().to_owned()
    }

    /// Closes the input; returns the rest of stdout and stderr, and the exit.
    async fn end(mut self) -> (String, String, Exit) {
        self.stdin = None;
        let (mut out, mut err) = (String::new(), String::new());
        tokio::try_join!(
            self.stdout.read_to_string(&mut out),
            self.stderr.read_to_string(&mut err)
        )
        .unwrap();
        (out, err, std::future::poll_fn(|cx| self.control.poll_wait(cx)).await.unwrap())
    }

    /// Sends `initialize` and a prompt; returns the reply's `pid` and the answer.
    async fn ask(&mut self, id: &str, prompt: &str) -> (String, String) {
        self.write(&control(id, INITIALIZE)).await;
        let reply = self.line().await;
        assert!(reply.contains(&format!(r#""request_id":"{id}""#)), "{reply}");
        self.write(&user(prompt)).await;
        (reply, self.line().await)
    }
}

/// One launch with these lines, to its end.
async fn launch(replay: &Replay, lines: &[String]) -> (String, String, Exit) {
    let mut cli = Cli::start(replay).await;
    for line in lines {
        cli.write(line).await;
    }
    cli.end().await
}

fn two() -> tempfile::TempDir {
    folder(&[one_prompt(1, "one", "first"), one_prompt(2, "two", "second")])
}

#[tokio::test(start_paused = true)]
async fn each_launch_gets_the_recording_with_its_prompt() {
    for order in [["one", "two"], ["two", "one"]] {
        let folder = two();
        let replay = Replay::open(folder.path()).unwrap();
        for prompt in order {
            let mut cli = Cli::start(&replay).await;
            let (_, answer) = cli.ask("live", prompt).await;
            assert_eq!(answer, result(if prompt == "one" { "first" } else { "second" }));
            assert_eq!(cli.end().await, (String::new(), String::new(), Exit::from_code(0)));
        }
        replay.assert_finished();
        assert_eq!(replay.report().matched(), 6);
    }
}

#[tokio::test(start_paused = true)]
async fn initialize_is_answered_from_the_first_recording_left() {
    let folder = two();
    let replay = Replay::open(folder.path()).unwrap();
    let mut cli = Cli::start(&replay).await;
    let (reply, answer) = cli.ask("a", "two").await;
    assert!(reply.contains(r#""pid":1"#) && answer == result("second"), "{reply} {answer}");
    assert_eq!(cli.end().await.0, "", "the reply of the second recording is not written again");
    let mut cli = Cli::start(&replay).await;
    assert!(cli.ask("b", "one").await.0.contains(r#""pid":1"#), "the second launch never used it");
    cli.end().await;
    replay.assert_finished();
}

#[tokio::test(start_paused = true)]
async fn launches_at_the_same_time_each_get_a_recording() {
    let folder = folder(&[1, 2, 3].map(|n| one_prompt(n, "same", &format!("answer {n}"))));
    let replay = Replay::open(folder.path()).unwrap();
    let mut clis = Vec::new();
    for _ in 0..3 {
        clis.push(Cli::start(&replay).await);
    }
    let mut answers = Vec::new();
    for (n, cli) in clis.iter_mut().enumerate() {
        answers.push(cli.ask(&format!("id{n}"), "same").await.1);
    }
    assert_eq!(answers, [1, 2, 3].map(|n| result(&format!("answer {n}"))));
    for cli in clis {
        assert_eq!(cli.end().await.2, Exit::from_code(0));
    }
    replay.assert_finished();
}

#[tokio::test(start_paused = true)]
async fn a_prompt_that_no_recording_has_is_compared_with_the_nearest() {
    let folder = folder(&[
        one_prompt(1, "Say hello to Ann", "a"),
        one_prompt(2, "List the files of the project", "b"),
        one_prompt(3, "Delete everything", "c"),
    ]);
    let replay = Replay::open(folder.path()).unwrap();
    let lines = [control("i", INITIALIZE), user("List the files of the folder")];
    let (_, err, exit) = launch(&replay, &lines).await;
    assert_eq!(exit, Exit::from_code(70));
    for part in [
        "002.jsonl: input differs from the recording",
        "List the files of the folder",
        "List the files of the project",
        "other recording: 001.jsonl: prompt \"Say hello to Ann\"",
        "other recording: 003.jsonl: prompt \"Delete everything\"",
    ] {
        assert!(err.contains(part), "{part}: {err}");
    }
    let report = replay.report();
    assert_eq!((report.divergences().len(), report.left().len()), (1, 3), "{report}");
}

#[tokio::test(start_paused = true)]
async fn a_prompt_is_not_answered_more_often_than_it_was_recorded() {
    let folder = two();
    let replay = Replay::open(folder.path()).unwrap();
    let lines = [control("i", INITIALIZE), user("one")];
    assert_eq!(launch(&replay, &lines).await.2, Exit::from_code(0));
    let (_, err, exit) = launch(&replay, &lines).await;
    assert_eq!(exit, Exit::from_code(70));
    assert!(err.contains("001.jsonl: prompt \"one\", used by another launch"), "{err}");
    // The recording that it was compared with is not used by that.
    let lines = [control("i", INITIALIZE), user("two")];
    assert_eq!(launch(&replay, &lines).await.2, Exit::from_code(0));
    let (out, err, exit) = launch(&replay, &lines).await;
    assert_eq!(exit, Exit::from_code(70));
    assert!(err.contains("a launch that no recording is left for"), "{err}");
    assert!(!out.contains("second"), "{out}");
    assert!(replay.report().divergences()[1].is_unrecorded());
}

#[tokio::test(start_paused = true)]
async fn what_no_launch_used_is_left() {
    let folder = two();
    let replay = Replay::open(folder.path()).unwrap();
    assert_eq!(replay.report().left().len(), 2);
    launch(&replay, &[control("i", INITIALIZE), user("two")]).await;
    let report = replay.report();
    assert_eq!(report.left(), ["001.jsonl: prompt \"one\""]);
    assert!(report.divergences().is_empty(), "{report}");
}

#[tokio::test(start_paused = true)]
async fn what_a_launch_left_names_its_recording() {
    let folder = two();
    let replay = Replay::open(folder.path()).unwrap();
    let mut cli = Cli::start(&replay).await;
    cli.ask("i", "two").await;
    // The first launch is in the middle of its handshake, which uses no recording.
    let mut other = Cli::start(&replay).await;
    other.write(&control("j", INITIALIZE)).await;
    other.line().await;
    assert_eq!(replay.report().left(), ["001.jsonl: prompt \"one\""]);
    other.write(&user("one")).await;
    other.line().await;
    assert!(replay.report().is_clean(), "{}", replay.report());
}

#[tokio::test(start_paused = true)]
async fn a_launch_without_a_prompt_is_the_first_recording_without_one() {
    let quiet = format!(
        r#"{{"us":0,"in":{}}}
        {{"us":1,"out":{{"type":"control_response","response":{{"subtype":"success","request_id":"r"}}}}}}
        {{"us":1,"eof":"in"}}
        {{"us":1,"err":"bye"}}
        {{"us":1,"exit":{{"code":3}}}}"#,
        control("r", INITIALIZE)
    );
    let folder = folder(&[one_prompt(1, "one", "first"), quiet]);
    let replay = Replay::open(folder.path()).unwrap();
    let (out, err, exit) = launch(&replay, &[control("i", INITIALIZE)]).await;
    assert_eq!((err.as_str(), exit), ("bye\n", Exit::from_code(3)));
    assert_eq!(out.lines().count(), 1, "{out}");
    launch(&replay, &[control("i", INITIALIZE), user("one")]).await;
    replay.assert_finished();
    let (_, err, exit) = launch(&replay, &[control("i", INITIALIZE)]).await;
    assert_eq!(exit, Exit::from_code(70));
    assert!(err.contains("002.jsonl: no prompt, used by another launch"), "{err}");
}

#[tokio::test(start_paused = true)]
async fn an_end_without_a_prompt_differs_where_every_recording_has_one() {
    let folder = two();
    let replay = Replay::open(folder.path()).unwrap();
    let (_, err, exit) = launch(&replay, &[control("i", INITIALIZE)]).await;
    assert_eq!(exit, Exit::from_code(70));
    assert!(
        err.contains("001.jsonl: end of input before the recording was over")
            && err.contains("expected: prompt \"one\"")
            && err.contains("other recording: 002.jsonl: prompt \"two\""),
        "{err}"
    );
    assert_eq!(replay.report().left().len(), 2, "{}", replay.report());
}

/// The second recording with this request before its prompt.
fn with_a_request(n: usize, prompt: &str, request: &str) -> String {
    one_prompt(n, prompt, "answer").replacen(
        &format!("{{\"us\":1,\"in\":{}}}", user(prompt)),
        &format!(
            "{{\"us\":1,\"in\":{}}}\n{{\"us\":1,\"out\":{{\"type\":\"control_response\",\"response\":{{\"subtype\":\"success\",\"request_id\":\"s{n}\"}}}}}}\n{{\"us\":1,\"in\":{}}}",
            control(&format!("s{n}"), request),
            user(prompt)
        ),
        1,
    )
}

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

#[tokio::test(start_paused = true)]
async fn text_on_stdin_is_a_prompt_up_to_its_end() {
    let text = |lines: &[&str], answer: &str| {
        let lines: String = lines
            .iter()
            .map(|line| format!("{{\"us\":0,\"in\":\"{line}\",\"as\":\"text\"}}\n"))
            .collect();
        format!(
            "{lines}{{\"us\":1,\"eof\":\"in\"}}\n{{\"us\":1,\"out\":\"{answer}\",\"as\":\"text\"}}\n{{\"us\":1,\"exit\":{{\"code\":0}}}}"
        )
    };
    let folder = folder(&[
        text(&["same start", "one"], "first"),
        text(&["same start", "two"], "second"),
        text(&["same start"], "third"),
    ]);
    let replay = Replay::open(folder.path()).unwrap();
    for (lines, answer) in [
        (&["same start"][..], "third\n"),
        (&["same start", "two"], "second\n"),
        (&["same start", "one"], "first\n"),
    ] {
        let lines: Vec<_> = lines.iter().map(|line| (*line).to_owned()).collect();
        let (out, err, exit) = launch(&replay, &lines).await;
        assert_eq!((out.as_str(), err.as_str(), exit), (answer, "", Exit::from_code(0)));
    }
    replay.assert_finished();
    let (_, err, exit) = launch(&replay, &["same start".into(), "four".into()]).await;
    assert_eq!(exit, Exit::from_code(70), "{err}");
}

#[tokio::test(start_paused = true)]
async fn a_launch_that_fails_by_itself_uses_its_recording() {
    let crash = r#"{"us":0,"err":"no key"}
        {"us":1,"exit":{"code":1}}"#;
    let folder = folder(&[crash.to_owned(), one_prompt(2, "one", "first")]);
    let replay = Replay::open(folder.path()).unwrap();
    let cli = Cli::start(&replay).await;
    assert_eq!(cli.end().await, (String::new(), "no key\n".into(), Exit::from_code(1)));
    let lines = [control("i", INITIALIZE), user("one")];
    assert!(launch(&replay, &lines).await.0.contains("first"));
    replay.assert_finished();
}

#[tokio::test(start_paused = true)]
async fn a_folder_without_recordings_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let error = Replay::open(folder.path()).unwrap_err();
    assert!(error.to_string().contains("no recording in this folder"), "{error}");
    let error = Replay::open(folder.path().join("missing")).unwrap_err();
    assert!(error.is_io() && error.to_string().contains("missing"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_broken_recording_of_a_folder_is_named() {
    let folder = two();
    fs::write(folder.path().join("002.jsonl"), "not a recording\n").unwrap();
    let replay = Replay::open(folder.path()).unwrap().unverified();
    let (_, err, exit) = launch(&replay, &[control("i", INITIALIZE), user("two")]).await;
    assert_eq!(exit, Exit::from_code(70));
    assert!(err.contains("a recording cannot be played") && err.contains("002.jsonl:1:"), "{err}");

    let whole = fs::read(two().path().join("001.jsonl")).unwrap();
    let cut = whole.windows(6).position(|window| window == b"{\"end\"").unwrap();
    fs::write(folder.path().join("001.jsonl"), &whole[..cut]).unwrap();
    let replay = Replay::open(folder.path()).unwrap();
    let error = replay.open(Launch::default()).await.unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("001.jsonl") && source.contains("truncated"), "{source}");
}

#[tokio::test(start_paused = true)]
async fn variables_have_the_values_of_the_launch() {
    let folder = tempfile::tempdir().unwrap();
    for (n, name) in [(1, "a"), (2, "b")] {
        let mut recording = recording(&one_prompt(n, &format!("read ${{cwd}}/{name}"), name));
        recording.header.vars.insert("cwd".into(), "/neutral".into());
        recording.save(folder.path().join(format!("{n}.jsonl"))).unwrap();
    }
    let replay = Replay::open(folder.path()).unwrap();
    let cwd = std::env::current_dir().unwrap();
    let prompt = format!("read {}/b", cwd.display());
    let (out, err, _) = launch(&replay, &[control("i", INITIALIZE), user(&prompt)]).await;
    assert!(out.contains(&result("b")), "{err}");
    assert_eq!(replay.report().left().len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever the order of launches and however they overlap, each gets the first recording left
    /// with its prompt, and no recording is played twice.
    #[test]
    fn each_recording_is_played_once(
        prompts in prop::collection::vec(0..3_usize, 1..6),
        asked in prop::collection::vec(0..4_usize, 1..8),
        together in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let recorded: Vec<_> = prompts
                .iter()
                .enumerate()
                .map(|(n, prompt)| one_prompt(n, &format!("prompt {prompt}"), &format!("answer {n}")))
                .collect();
            let folder = folder(&recorded);
            let replay = Replay::open(folder.path()).unwrap();
            let mut left: Vec<_> = prompts.iter().copied().enumerate().collect();
            let mut clis = Vec::new();
            for _ in asked.iter().filter(|_| together) {
                clis.push(Cli::start(&replay).await);
            }
            for asked in &asked {
                let mut cli = match clis.pop() {
                    Some(cli) => cli,
                    None => Cli::start(&replay).await,
                };
                cli.write(&control("i", INITIALIZE)).await;
                cli.write(&user(&format!("prompt {asked}"))).await;
                let found = left.iter().position(|(_, prompt)| prompt == asked);
                let (out, err, exit) = cli.end().await;
                match found.map(|at| left.remove(at)) {
                    Some((n, _)) => {
                        assert!(out.contains(&result(&format!("answer {n}"))), "{out}{err}");
                        assert_eq!(exit, Exit::from_code(0));
                    }
                    None => {
                        assert_eq!(exit, Exit::from_code(70), "{out}{err}");
                        assert!(!out.contains(r#""result":"answer"#), "{out}");
                    }
                }
            }
            assert_eq!(replay.report().left().len(), left.len(), "{}", replay.report());
        });
    }
}

/// A launch whose prompt is an argument.
fn with_args(args: &[&str], answer: &str) -> Recording {
    let mut recording = recording(&format!(
        r#"{{"us":1,"out":{}}}
        {{"us":1,"exit":{{"code":0}}}}"#,
        result(answer)
    ));
    recording.header.argv = Some(args.iter().map(|arg| (*arg).to_owned()).collect());
    recording
}

fn folder_of(recordings: &[Recording]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (number, recording) in (1..).zip(recordings) {
        recording.save(folder.path().join(format!("{number}.jsonl"))).unwrap();
    }
    folder
}

async fn launch_with(replay: &Replay, args: &[&str]) -> (String, String, Exit) {
    let args = args.iter().map(Into::into).collect();
    let Connection { stdin, mut stdout, mut stderr, mut control } =
        replay.open(Launch { args, ..Launch::default() }).await.unwrap();
    drop(stdin);
    let (mut out, mut err) = (String::new(), String::new());
    tokio::try_join!(stdout.read_to_string(&mut out), stderr.read_to_string(&mut err)).unwrap();
    (out, err, control.wait().await.unwrap())
}

const PRINT: [&str; 4] = ["-p", "--output-format", "stream-json", "--verbose"];

#[tokio::test(start_paused = true)]
async fn a_prompt_among_the_arguments_decides_at_once() {
    let args = |prompt| [&PRINT[..], &[prompt]].concat();
    let folder = folder_of(&[
        with_args(&args("one"), "first"),
        with_args(&args("two"), "second"),
        with_args(&args("one"), "third"),
    ]);
    let replay = Replay::open(folder.path()).unwrap();
    for (prompt, answer) in [("two", "second"), ("one", "first"), ("one", "third")] {
        let (out, err, exit) = launch_with(&replay, &args(prompt)).await;
        assert_eq!((out.trim_end(), exit), (result(answer).as_str(), Exit::from_code(0)), "{err}");
    }
    replay.assert_finished();
    let (out, err, exit) = launch_with(&replay, &args("one")).await;
    assert_eq!(exit, Exit::from_code(70));
    assert!(err.contains("a launch that no recording is left for"), "{err}");
    assert!(out.contains("claude_wire") && !out.contains("first"), "{out}");
}

#[tokio::test(start_paused = true)]
async fn a_launch_is_a_recording_that_its_command_line_does_not_contradict() {
    let args = |model| [&PRINT[..], &["--model", model, "same"]].concat();
    let folder = folder_of(&[with_args(&args("opus"), "big"), with_args(&args("haiku"), "small")]);
    let replay = Replay::open(folder.path()).unwrap();
    let (_, err, exit) = launch_with(&replay, &args("sonnet")).await;
    assert_eq!(exit, Exit::from_code(70));
    assert!(err.contains("differs at --model: expected \"opus\", actual \"sonnet\""), "{err}");
    assert!(err.contains("other recording: 2.jsonl"), "{err}");
    for (model, answer) in [("haiku", "small"), ("opus", "big")] {
        let (out, err, exit) = launch_with(&replay, &args(model)).await;
        assert_eq!((out.trim_end(), exit), (result(answer).as_str(), Exit::from_code(0)), "{err}");
    }
    assert!(replay.report().left().is_empty(), "{}", replay.report());
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
        recording.header.argv = Some(argv.iter().map(|arg| (*arg).to_owned()).collect());
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
