//! Prompts and flags that name a session, or what a tool of an earlier launch made, by an id that
//! differs from run to run.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use crate::launch_support::{Played, launched, played};
use crate::replay_support::user;
use claude_wire::Replay;
use claude_wire::player::RunFolder;
use claude_wire::recording::Recording;

/// Ids of recorded sessions, and of live ones.
const A: &str = "aaaaaaaa-0000-4000-8000-00000000000a";
const B: &str = "bbbbbbbb-0000-4000-8000-00000000000b";
const L: &str = "11111111-0000-4000-8000-000000000001";
const M: &str = "22222222-0000-4000-8000-000000000002";
const N: &str = "33333333-0000-4000-8000-000000000003";

/// Where a program gives its prompt.
#[derive(Clone, Copy, Debug)]
enum Form {
    Line,
    Argument,
    Text,
}
use Form::{Argument, Line, Text};

impl Form {
    /// The arguments and the lines on stdin.
    fn launch(self, flags: &[&str], prompt: &str) -> (Vec<String>, Vec<String>) {
        let form: &[&str] = match self {
            Line => {
                &["--input-format", "stream-json", "--output-format", "stream-json", "--verbose"]
            }
            Argument | Text => &["--output-format", "stream-json", "--verbose", "-p"],
        };
        let mut args: Vec<_> = form.iter().chain(flags).map(|word| (*word).to_owned()).collect();
        let lines = match self {
            Line => vec![user(prompt)],
            Argument => {
                args.extend(["--".to_owned(), prompt.to_owned()]);
                Vec::new()
            }
            Text => vec!["See below.".to_owned(), prompt.to_owned()],
        };
        (args, lines)
    }

    fn recorded(self, flags: &[&str], prompt: &str, session: &str, answer: &str) -> Recording {
        let (args, lines) = self.launch(flags, prompt);
        let input = |line: &String| match self {
            Text => format!(r#"{{"us":1,"in":"{line}","as":"text"}}"#),
            _ => format!(r#"{{"us":1,"in":{line}}}"#),
        };
        let mut events: Vec<_> = lines.iter().map(input).collect();
        let end = r#"{"us":1,"eof":"in"}"#.to_owned();
        if !matches!(self, Line) {
            events.push(end.clone());
        }
        events.push(format!(
            r#"{{"us":1,"out":{{"type":"system","subtype":"init","session_id":"{session}"}}}}"#
        ));
        events.push(format!(
            r#"{{"us":1,"out":{{"type":"result","subtype":"success","is_error":false,"result":"{answer}"}}}}"#
        ));
        if matches!(self, Line) {
            events.push(end);
        }
        events.push(r#"{"us":1,"exit":{"code":0}}"#.to_owned());
        let args: Vec<_> = args.iter().map(String::as_str).collect();
        launched(&args, &events.join("\n"))
    }

    async fn play(self, replay: &Replay, flags: &[&str], prompt: &str) -> Played {
        let (args, lines) = self.launch(flags, prompt);
        played(replay, &args, &lines).await
    }
}

/// What was recorded, in a folder; and handles that play it: one in memory, and one that shares a
/// run folder, opened again for each launch as a process does.
struct Setup(tempfile::TempDir, Option<Replay>);

impl Setup {
    fn both(recordings: &[Recording]) -> [Self; 2] {
        [true, false].map(|memory| {
            let folder = tempfile::tempdir().unwrap();
            let recorded = folder.path().join("recordings");
            std::fs::create_dir(&recorded).unwrap();
            for (number, recording) in (1..).zip(recordings) {
                recording.save(recorded.join(format!("{number}.jsonl"))).unwrap();
            }
            let replay = Replay::open(recorded).unwrap().unverified();
            Self(folder, memory.then_some(replay))
        })
    }

    fn replay(&self) -> Replay {
        self.1.clone().unwrap_or_else(|| {
            let run = RunFolder::open(self.0.path().join("run")).unwrap();
            let replay = Replay::open(self.0.path().join("recordings")).unwrap();
            replay.in_run(run).unwrap().unverified()
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_prompt_names_a_session_of_an_earlier_launch_by_its_live_id() {
    for form in [Line, Argument, Text] {
        let recordings = [
            Line.recorded(&["--session-id", A], "one", A, "first"),
            Line.recorded(&["--session-id", B], "two", B, "second"),
            form.recorded(&[], &format!("compare {A} with {B}."), N, "third"),
            form.recorded(&[], &format!("forget {B}"), N, "fourth"),
            form.recorded(&[], &format!("forget ({A})"), N, "fifth"),
        ];
        for setup in Setup::both(&recordings) {
            for (id, prompt) in [(L, "one"), (M, "two")] {
                let first = Line.play(&setup.replay(), &["--session-id", id], prompt).await;
                assert_eq!(first.code, Some(0), "{}", first.report);
            }
            for (prompt, answer) in [
                (format!("forget {M}"), Ok("fourth")),
                (format!("forget ({M})"), Err("fifth")),
                (format!("forget ({L})"), Ok("fifth")),
                (format!("compare {M} with {L}."), Err("third")),
                (format!("compare {A} with {B}."), Err("third")),
                (format!("compare {L} with {M}."), Ok("third")),
            ] {
                let seen = form.play(&setup.replay(), &[], &prompt).await;
                match answer {
                    Ok(answer) => {
                        assert_eq!(seen.code, Some(0), "{form:?} {prompt}: {}", seen.report);
                        assert!(seen.out.contains(answer), "{form:?} {prompt}: {}", seen.out);
                    }
                    Err(answer) => {
                        assert_eq!(seen.code, Some(70), "{form:?} {prompt}: {}", seen.out);
                        assert!(!seen.out.contains(answer), "{form:?} {prompt}: {}", seen.out);
                    }
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_prompt_names_the_session_of_its_own_launch_by_its_live_id() {
    for form in [Line, Argument, Text] {
        let own = |id: &str, text: &str| {
            form.recorded(&["--session-id", id], &format!("{text} {id}"), id, text)
        };
        let both = [own(A, "write"), own(B, "read")];
        let single = || (Replay::new(own(B, "read")).unverified(), None);
        let several = Setup::both(&both).map(|setup| (setup.replay(), Some(setup)));
        for (replay, _setup) in several.into_iter().chain([single()]) {
            let other = form.play(&replay, &["--session-id", L], &format!("read {M}")).await;
            assert_eq!(other.code, Some(70), "{form:?}: {}", other.out);
            let seen = form.play(&replay, &["--session-id", L], &format!("read {L}")).await;
            assert_eq!(seen.code, Some(0), "{form:?}: {}", seen.report);
            assert!(seen.out.contains("read") && seen.out.contains(L), "{}", seen.out);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_flag_names_a_session_by_its_live_id() {
    let flags = |id: &str| {
        let settings = format!(r#"{{"env":{{"PARENT":"{id}"}}}}"#);
        let system = format!("You go on with {id}.");
        let words = ["--append-system-prompt", &system, "--name", id, "--settings", &settings];
        words.map(str::to_owned)
    };
    for form in [Line, Argument, Text] {
        let recorded = flags(A);
        let recorded = recorded.each_ref().map(String::as_str);
        let recordings = [
            form.recorded(&["--session-id", A], "one", A, "first"),
            form.recorded(&recorded, "two", B, "second"),
            form.recorded(&[], "three", B, "third"),
        ];
        for setup in Setup::both(&recordings) {
            form.play(&setup.replay(), &["--session-id", L], "one").await;
            for (id, code) in [(A, 70), (M, 70), (L, 0)] {
                let flags = flags(id);
                let flags = flags.each_ref().map(String::as_str);
                let seen = form.play(&setup.replay(), &flags, "two").await;
                assert_eq!(seen.code, Some(code), "{form:?} {id}: {}", seen.report);
            }
        }
    }
}

/// A tool of the first launch makes an id, and the second launch is about it.
#[tokio::test(start_paused = true)]
async fn a_prompt_names_what_an_earlier_launch_made_by_its_live_id() {
    let made = |id: &str| {
        let message = serde_json::json!({"jsonrpc": "2.0", "id": 1, "result": {"content": [{"type": "text", "text": format!("made {id}")}]}});
        serde_json::json!({"type": "control_response", "response": {"subtype": "success", "request_id": "c", "response": {"mcp_response": message}}}).to_string()
    };
    let events = format!(
        r#"{{"us":1,"in":{}}}
        {{"us":1,"out":{{"type":"control_request","request_id":"c","request":{{"subtype":"mcp_message","server_name":"s","message":{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"make","arguments":{{}}}}}}}}}}}}
        {{"us":1,"in":{}}}
        {{"us":1,"out":{{"type":"result","subtype":"success","is_error":false,"result":"made"}}}}
        {{"us":1,"eof":"in"}}
        {{"us":1,"exit":{{"code":0}}}}"#,
        user("make one"),
        made(A)
    );
    for form in [Line, Argument, Text] {
        let recordings = [
            launched(&["--verbose"], &events),
            form.recorded(&[], &format!("remove {A}."), N, "removed"),
        ];
        for setup in Setup::both(&recordings) {
            // The second program may be there before the id is.
            let early = setup.replay();
            let first = [user("make one"), made(L)];
            let first = played(&setup.replay(), &["--verbose"], &first).await;
            assert_eq!(first.code, Some(0), "{}", first.report);
            for (id, code) in [(A, 70), (M, 70), (L, 0)] {
                let seen = form.play(&early, &[], &format!("remove {id}.")).await;
                assert_eq!(seen.code, Some(code), "{form:?} {id}: {}", seen.report);
                assert_eq!(seen.out.contains("removed"), code == 0, "{form:?} {id}");
            }
        }
    }
}

/// The report explains a prompt with the ids that it was compared with.
#[tokio::test(start_paused = true)]
async fn an_explanation_knows_the_live_ids() {
    let recordings = [
        Line.recorded(&["--session-id", A], "one", A, "first"),
        Line.recorded(&["--append-system-prompt", "kind"], &format!("go on with {A}"), B, "second"),
        Line.recorded(&["--append-system-prompt", "kind"], "stop", B, "third"),
    ];
    let [_, setup] = Setup::both(&recordings);
    Line.play(&setup.replay(), &["--session-id", L], "one").await;
    let seen = Line
        .play(&setup.replay(), &["--append-system-prompt", "rude"], &format!("go on with {L}"))
        .await;
    assert_eq!(seen.code, Some(70));
    let run = RunFolder::open(setup.0.path().join("run")).unwrap();
    let why = run.last_failure().unwrap().unwrap().explanation();
    let of_second = why.split("2.jsonl").nth(1).unwrap().split("3.jsonl").next().unwrap();
    assert!(of_second.contains("--append-system-prompt: compared, differs"), "{why}");
    let prompt =
        of_second.lines().find(|line| line.contains("prompt.message.content")).expect(&why);
    assert!(prompt.ends_with("compared, equal"), "{why}");
    let seen = Line
        .play(&setup.replay(), &["--append-system-prompt", "kind"], &format!("go on, {L}"))
        .await;
    assert_eq!(seen.code, Some(70));
    assert!(seen.report.contains("2.jsonl: input differs"), "the nearest: {}", seen.report);
}
