//! A resumed session is that of the same earlier launch, whatever id it has in this run.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use crate::launch_support::STREAMS;
use crate::replay_support::{recording, user};
use claude_wire::Replay;
use claude_wire::player::RunFolder;
use claude_wire::recording::Recording;
use claude_wire::transport::{Connection, Exit, Launch, Transport};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Ids of recorded sessions, and of live ones.
const A: &str = "aaaaaaaa-0000-4000-8000-00000000000a";
const B: &str = "bbbbbbbb-0000-4000-8000-00000000000b";
const C: &str = "cccccccc-0000-4000-8000-00000000000c";
const L: &str = "11111111-0000-4000-8000-000000000001";
const M: &str = "22222222-0000-4000-8000-000000000002";
const N: &str = "33333333-0000-4000-8000-000000000003";

/// A recorded launch with these arguments, in this session.
fn launched(args: &[&str], prompt: &str, session: &str) -> Recording {
    let mut recording = recording(&format!(
        r#"{{"us":1,"in":{}}}
        {{"us":1,"out":{{"type":"system","subtype":"init","session_id":"{session}"}}}}
        {{"us":1,"out":{{"type":"result","subtype":"success","is_error":false,"session_id":"{session}"}}}}
        {{"us":1,"eof":"in"}}
        {{"us":1,"exit":{{"code":0}}}}"#,
        user(prompt)
    ));
    let args = STREAMS.iter().chain(args);
    recording.header.argv = Some(args.map(|arg| (*arg).to_owned()).collect());
    recording
}

/// What was recorded, in a folder, and the handles of runs that play it: one in memory, and one
/// that shares a run folder, which is opened again for each launch as a process does.
struct Setup {
    folder: tempfile::TempDir,
    memory: Option<Replay>,
}

impl Setup {
    fn both(recordings: &[Recording]) -> [Self; 2] {
        [true, false].map(|memory| {
            let folder = tempfile::tempdir().unwrap();
            std::fs::create_dir(folder.path().join("recordings")).unwrap();
            for (number, recording) in (1..).zip(recordings) {
                recording.save(folder.path().join(format!("recordings/{number}.jsonl"))).unwrap();
            }
            let replay = Replay::open(folder.path().join("recordings")).unwrap().unverified();
            Self { folder, memory: memory.then_some(replay) }
        })
    }

    fn replay(&self) -> Replay {
        self.memory.clone().unwrap_or_else(|| {
            let run = RunFolder::open(self.folder.path().join("run")).unwrap();
            let replay = Replay::open(self.folder.path().join("recordings")).unwrap();
            replay.in_run(run).unwrap().unverified()
        })
    }

    async fn launch(&self, args: &[&str], prompt: &str) -> (String, String, Exit) {
        launch(&self.replay(), args, prompt).await
    }
}

async fn launch(replay: &Replay, args: &[&str], prompt: &str) -> (String, String, Exit) {
    let args = STREAMS.iter().chain(args).map(Into::into).collect();
    let launch = Launch { args, ..Launch::default() };
    let Connection { mut stdin, mut stdout, mut stderr, mut control } =
        replay.open(launch).await.unwrap();
    // A replay that has ended does not read.
    let _ = stdin.write_all(format!("{}\n", user(prompt)).as_bytes()).await;
    drop(stdin);
    let (mut out, mut err) = (String::new(), String::new());
    tokio::try_join!(stdout.read_to_string(&mut out), stderr.read_to_string(&mut err)).unwrap();
    (out, err, std::future::poll_fn(|cx| control.poll_wait(cx)).await.unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_resumed_session_is_the_one_of_the_earlier_launch() {
    let made_up: &[&str] = &["--session-id", A];
    let id_l: &[&str] = &["--session-id", L];
    for (recorded, first, second, expected) in [
        // The program makes up the id.
        (made_up, id_l, &["--resume", L][..], Ok(L)),
        (made_up, id_l, &["-r", L], Ok(L)),
        (made_up, &["--session-id=11111111-0000-4000-8000-000000000001"], &["--resume", L], Ok(L)),
        (made_up, id_l, &["--resume", M], Err("differs at --resume: expected \"11111111")),
        (made_up, id_l, &["--resume", A], Err("differs at --resume: expected \"11111111")),
        (made_up, id_l, &[], Err("differs at --resume")),
        (made_up, &[], &["--resume", A], Ok(A)),
        (made_up, &[], &["--resume", L], Err("expected \"aaaaaaaa")),
        // The CLI makes it up, and the program reads it.
        (&[], &[], &["--resume", A], Ok(A)),
        (&[], &[], &["--resume", L], Err("expected \"aaaaaaaa")),
        (&[], id_l, &["--resume", L], Ok(L)),
        (&[], id_l, &["--resume", A], Err("expected \"11111111")),
    ] {
        let recordings = [launched(recorded, "one", A), launched(&["--resume", A], "two", A)];
        for setup in Setup::both(&recordings) {
            let (out, err, exit) = setup.launch(first, "one").await;
            assert_eq!(exit, Exit::from_code(0), "{first:?}: {err}");
            let id = if first.is_empty() { A } else { L };
            assert_eq!(out.matches(id).count(), 2, "{out}");
            let (out, err, exit) = setup.launch(second, "two").await;
            match expected {
                Ok(id) => {
                    assert_eq!(exit, Exit::from_code(0), "{first:?} {second:?}: {err}");
                    assert_eq!(out.matches(id).count(), 2, "{out}");
                }
                Err(why) => {
                    assert_eq!(exit, Exit::from_code(70), "{first:?} {second:?}: {out}");
                    assert!(err.contains(why), "{why}: {err}");
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn each_of_several_sessions_is_resumed_as_it_was() {
    let recordings = [
        launched(&["--session-id", A], "one", A),
        launched(&["--session-id", B], "two", B),
        launched(&["--resume", A], "three", A),
        launched(&["--resume", B, "--fork-session", "--session-id", C], "four", C),
        launched(&["--resume", C], "five", C),
    ];
    let args = |flags: &[(&'static str, &'static str)]| -> Vec<&'static str> {
        flags.iter().flat_map(|(flag, id)| [*flag, *id]).filter(|word| !word.is_empty()).collect()
    };
    let fork = |of, id| args(&[("--resume", of), ("--fork-session", ""), ("--session-id", id)]);
    for firsts in [[("one", L), ("two", M)], [("two", M), ("one", L)]] {
        for (last, id, code) in [("one", L, 70), ("five", N, 0), ("five", M, 70), ("five", C, 70)] {
            for setup in Setup::both(&recordings) {
                for (prompt, id) in firsts {
                    let (.., exit) = setup.launch(&args(&[("--session-id", id)]), prompt).await;
                    assert_eq!(exit, Exit::from_code(0));
                }
                // The two are not confused, in either order.
                let (_, err, exit) = setup.launch(&args(&[("--resume", M)]), "three").await;
                assert_eq!(exit, Exit::from_code(70));
                assert!(err.contains(&format!("expected {L:?}, actual {M:?}")), "{err}");
                let (.., exit) = setup.launch(&args(&[("--resume", L)]), "three").await;
                assert_eq!(exit, Exit::from_code(0));
                let (.., exit) = setup.launch(&fork(L, N), "four").await;
                assert_eq!(exit, Exit::from_code(70), "a fork of the other session");
                let (out, err, exit) = setup.launch(&fork(M, N), "four").await;
                assert_eq!(exit, Exit::from_code(0), "{err}");
                assert!(out.contains(N) && !out.contains(C), "{out}");
                let (_, err, exit) = setup.launch(&args(&[("--resume", id)]), last).await;
                assert_eq!(exit, Exit::from_code(code), "{last} {id}: {err}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_id_that_another_launch_has_is_not_a_new_one() {
    let recordings =
        [launched(&["--session-id", A], "one", A), launched(&["--session-id", B], "two", B)];
    for setup in Setup::both(&recordings) {
        setup.launch(&["--session-id", L], "one").await;
        let (_, err, exit) = setup.launch(&["--session-id", L], "two").await;
        assert_eq!(exit, Exit::from_code(70));
        assert!(err.contains("differs at --session-id: expected an id that no other"), "{err}");
        let (.., exit) = setup.launch(&["--session-id", M], "two").await;
        assert_eq!(exit, Exit::from_code(0));
    }
    // A program that tries the same id twice does so again.
    let recordings =
        [launched(&["--session-id", A], "one", A), launched(&["--session-id", A], "two", A)];
    for setup in Setup::both(&recordings) {
        setup.launch(&["--session-id", L], "one").await;
        let (_, err, exit) = setup.launch(&["--session-id", M], "two").await;
        assert_eq!(exit, Exit::from_code(70));
        assert!(err.contains(&format!("--session-id: expected {L:?}")), "{err}");
        let (.., exit) = setup.launch(&["--session-id", L], "two").await;
        assert_eq!(exit, Exit::from_code(0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_recording_without_a_run_is_any_session() {
    let replay = Replay::new(launched(&["--session-id", A], "one", A)).allow_truncated();
    for id in [L, M, L] {
        let (out, err, exit) = launch(&replay, &["--session-id", id], "one").await;
        assert_eq!((exit, out.matches(id).count()), (Exit::from_code(0), 2), "{err}");
    }
    // The recordings of one session that connects again, in order.
    let recordings =
        [launched(&["--session-id", A], "one", A), launched(&["--resume", A], "two", A)];
    for (id, code) in [(L, 0), (M, 70), (A, 70)] {
        let replay = Replay::sequence(recordings.clone()).allow_truncated().unverified();
        launch(&replay, &["--session-id", L], "one").await;
        let (.., exit) = launch(&replay, &["--resume", id], "two").await;
        assert_eq!(exit, Exit::from_code(code), "{id}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rule_leaves_the_session_out() {
    let recordings =
        [launched(&["--session-id", A], "one", A), launched(&["--resume", A], "two", A)];
    for (ignored, code) in [("--resume", 0), ("--session-id", 70)] {
        for setup in Setup::both(&recordings) {
            let play = async |args: &[&str], prompt: &str| {
                launch(&setup.replay().ignore([ignored]), args, prompt).await.2
            };
            assert_eq!(play(&["--session-id", L], "one").await, Exit::from_code(0));
            assert_eq!(play(&["--resume", M], "two").await, Exit::from_code(code), "{ignored}");
        }
    }
}
