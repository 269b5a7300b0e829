//! A fresh conversation, and a branch of the old one.

use crate::support::cli::{FakeCli, Launches, SESSION, assistant, cli, first, serving};
use crate::support::read::{begin, ended_well, quiet, read};
use claude_wire::transport::{Exit, Memory};
use claude_wire::{Session, SessionBuilder};
use serde_json::json;

const FRESH: &str = "6f1a3e52-0000-4000-8000-000000000002";

async fn cleared(cli: &mut FakeCli, session: &str, reset: bool) {
    let (uuid, content) = cli.prompt().await;
    assert_eq!(content, "/clear");
    cli.write(json!({"type": "command_lifecycle", "command_uuid": uuid, "state": "started"})).await;
    if reset {
        cli.write(json!({"type": "conversation_reset", "session_id": SESSION, "new_conversation_id": session})).await;
    }
    cli.write(json!({"type": "system", "subtype": "init", "session_id": session, "user_message_uuids": [uuid]})).await;
    cli.write(json!({"type": "result", "subtype": "success", "is_error": false, "result": "", "session_id": session,
        "user_message_uuids": [uuid]}))
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_confirmed_clear_stays_in_the_process_and_has_a_new_id() {
    for reset in [true, false] {
        let transport = cli(move |_, mut cli| async move {
            cli.handshake().await;
            let (uuid, _) = cli.prompt().await;
            cli.turn(&uuid, "one").await;
            cleared(&mut cli, FRESH, reset).await;
            let (uuid, _) = cli.prompt().await;
            cli.write(assistant("two")).await;
            cli.write(json!({"type": "result", "subtype": "success", "is_error": false, "result": "two", "session_id": FRESH,
                "user_message_uuids": [uuid]}))
                .await;
            cli.drain().await;
            Exit::from_code(0)
        });
        let session = Session::builder().transport(transport).start().unwrap();
        assert_eq!(read(session.query("go")).await.text(), "one");
        assert_eq!(session.session_id().as_deref(), Some(SESSION));
        session.clear().await.unwrap();
        assert_eq!(session.session_id().as_deref(), Some(FRESH));
        assert_eq!(read(session.query("again")).await.text(), "two");
        ended_well(&session).await;
    }
}

#[tokio::test(start_paused = true)]
async fn after_an_unconfirmed_clear_the_next_process_resumes_nothing() {
    let launches = Launches::default();
    let transport = first(&launches, |mut cli, uuid| async move {
        cli.turn(&uuid, "one").await;
        cleared(&mut cli, SESSION, false).await;
        cli.control.signal().await;
        Exit::from_code(143)
    });
    let session = Session::builder().resume(SESSION).transport(transport).start().unwrap();
    assert_eq!(read(session.query("go")).await.text(), "one");
    session.clear().await.unwrap();
    assert_eq!(read(session.query("again")).await.text(), "again");
    assert_eq!(launches.flag(0, "--resume").as_deref(), Some(SESSION));
    assert_eq!(launches.flag(1, "--resume"), None, "{:?}", launches.args(1));
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn clear_is_a_command_even_if_prompts_are_verbatim() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let marked = cli.read().await.unwrap();
        assert_eq!(marked["client_composed"], true);
        cli.turn(marked["uuid"].as_str().unwrap(), "done").await;
        let clear = cli.read().await.unwrap();
        assert_eq!(
            (&clear["message"]["content"], clear.get("client_composed")),
            (&json!("/clear"), None)
        );
        cli.write(json!({"type": "conversation_reset", "session_id": FRESH, "uuid": "c"})).await;
        cli.turn(clear["uuid"].as_str().unwrap(), "").await;
        cli.serve().await
    });
    let session = Session::builder().verbatim_prompts(true).transport(transport).start().unwrap();
    assert_eq!(read(session.query("go")).await.text(), "done");
    session.clear().await.unwrap();
    ended_well(&session).await;
}

/// A session that resumes a conversation and sends one prompt.
async fn asked_once(transport: Memory) -> Session {
    let session = Session::builder().resume(SESSION).transport(transport).start().unwrap();
    assert_eq!(read(session.query("go")).await.text(), "one");
    session
}

/// Whatever the CLI does, the next process resumes nothing.
#[tokio::test(start_paused = true)]
async fn a_clear_that_ends_the_process_leaves_nothing_to_resume() {
    #[derive(Clone, Copy, Debug)]
    enum Clear {
        Crashes,
        IsClosedOn,
        IsIgnored,
    }
    for how in [Clear::Crashes, Clear::IsClosedOn, Clear::IsIgnored] {
        let launches = Launches::default();
        let transport = first(&launches, move |mut cli, uuid| async move {
            cli.turn(&uuid, "one").await;
            match how {
                Clear::Crashes => drop(cli.prompt().await),
                Clear::IsClosedOn => cli.close_stdin(),
                Clear::IsIgnored => drop(cli.control.signal().await),
            }
            Exit::from_code(1)
        });
        let session = asked_once(transport).await;
        session.clear().await.unwrap();
        assert_eq!(session.session_id(), None, "{how:?}");
        assert_eq!(read(session.query("again")).await.text(), "again");
        assert_eq!(launches.flag(0, "--resume").as_deref(), Some(SESSION));
        let last = launches.len() - 1;
        assert_eq!(launches.flag(last, "--resume"), None, "{how:?}: {:?}", launches.args(last));
        ended_well(&session).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_clear_without_a_cli_starts_none() {
    for exit in [Exit::from_code(0), Exit::from_signal(9)] {
        let launches = Launches::default();
        let transport = first(&launches, move |mut cli, uuid| async move {
            cli.turn(&uuid, "one").await;
            exit
        });
        let session = asked_once(transport).await;
        quiet().await;
        session.clear().await.unwrap();
        assert_eq!((launches.len(), session.session_id()), (1, None), "{exit}");
        assert_eq!(read(session.query("again")).await.text(), "again");
        assert_eq!(launches.flag(1, "--resume"), None, "{:?}", launches.args(1));
        assert_eq!(
            session.session_id().as_deref(),
            Some(SESSION),
            "the id of the new conversation"
        );
        ended_well(&session).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_clear_before_the_first_query_drops_the_resume_option() {
    let launches = Launches::default();
    let transport = serving(&launches);
    let builder = Session::builder().transport(transport);
    for (process, builder) in [builder.clone().resume(SESSION), builder.continue_conversation(true)]
        .into_iter()
        .enumerate()
    {
        let session = builder.start().unwrap();
        session.clear().await.unwrap();
        assert_eq!(launches.len(), process, "nothing was launched for it");
        assert_eq!(read(session.query("go")).await.text(), "go");
        let args = launches.args(process);
        assert!(
            !args.iter().any(|arg| arg.starts_with("--resume") || arg == "--continue"),
            "{args:?}"
        );
        ended_well(&session).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_clear_behind_other_prompts_waits_for_them() {
    let launches = Launches::default();
    let transport = first(&launches, |mut cli, uuid| async move {
        cli.turn(&uuid, "one").await;
        Exit::from_code(1)
    });
    let session = asked_once(transport).await;
    quiet().await;
    let mut before = session.query("before");
    begin(&mut before);
    let (before, cleared) = tokio::join!(read(before), session.clear());
    cleared.unwrap();
    assert_eq!(before.text(), "before");
    assert_eq!(
        launches.flag(1, "--resume").as_deref(),
        Some(SESSION),
        "it ran in the old conversation"
    );
    assert_eq!(read(session.query("after")).await.text(), "after");
    assert_eq!(launches.flag(2, "--resume"), None, "{:?}", launches.args(2));
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn a_stopped_session_cannot_be_cleared() {
    let session = Session::builder().transport(cli(|_, mut cli| async move { cli.serve().await }));
    let session = session.start().unwrap();
    session.stop().await.unwrap();
    assert!(session.clear().await.unwrap_err().is_stopped());
}

#[tokio::test(start_paused = true)]
async fn a_fork_of_a_partly_resumed_conversation_has_all_of_it() {
    const POINT: &str = "7f1a3e52-0000-4000-8000-000000000002";
    let launches = Launches::default();
    let transport = serving(&launches);
    let session = Session::builder()
        .resume(SESSION)
        .resume_session_at(POINT)
        .resume_drops_turn(POINT)
        .transport(transport)
        .start()
        .unwrap();
    assert_eq!(read(session.query("go")).await.text(), "go");
    let fork = session.fork().unwrap();
    assert_eq!(read(fork.query("go on")).await.text(), "go on");
    assert_eq!(launches.flag(0, "--resume-session-at").as_deref(), Some(POINT));
    for flag in ["--resume-session-at", "--resume-drops-turn"] {
        assert_eq!(launches.flag(1, flag), None);
    }
    assert_eq!(launches.flag(1, "--resume").as_deref(), Some(SESSION));
    ended_well(&fork).await;
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn a_fork_continues_under_its_own_id() {
    let launches = Launches::default();
    let noted = launches.clone();
    let transport = cli(move |launch, mut cli| {
        let process = noted.note(launch);
        async move {
            if process == 1 {
                // The fork confirms its id and exits once.
                cli.handshake().await;
                let (uuid, _) = cli.prompt().await;
                cli.write(
                    json!({"type": "result", "subtype": "success", "result": "forked", "session_id": FRESH, "user_message_uuids": [uuid]}),
                )
                .await;
                return Exit::from_code(1);
            }
            cli.serve().await
        }
    });
    let session = Session::builder().model("opus").transport(transport).start().unwrap();
    assert!(session.fork().unwrap_err().is_option(), "no conversation exists yet");
    assert_eq!(read(session.query("go")).await.text(), "go");
    let fork = session.fork().unwrap();
    assert_eq!(launches.len(), 1, "a fork is as lazy as any session");
    assert_eq!(read(fork.query("go on")).await.text(), "forked");
    assert_eq!(read(session.query("still there")).await.text(), "still there");
    assert_eq!(
        (session.session_id().as_deref(), fork.session_id().as_deref()),
        (Some(SESSION), Some(FRESH))
    );
    assert_eq!(launches.flag(1, "--resume").as_deref(), Some(SESSION));
    assert!(launches.args(1).contains(&"--fork-session".to_string()));
    assert_eq!(launches.flag(1, "--model").as_deref(), Some("opus"));
    assert_eq!(read(fork.query("again")).await.text(), "again");
    assert_eq!(
        launches.flag(2, "--resume").as_deref(),
        Some(FRESH),
        "the fork itself is resumed, and not forked again"
    );
    assert!(!launches.args(2).contains(&"--fork-session".to_string()));
    ended_well(&fork).await;
    ended_well(&session).await;
}

/// The options that select the conversation of a launch, as flags.
const TAKEN_UP: [&str; 6] = [
    "--resume",
    "--continue",
    "--fork-session",
    "--session-id",
    "--resume-session-at",
    "--resume-drops-turn",
];

/// Which of them a launch has.
fn taken_up(launches: &Launches, launch: usize) -> Vec<&'static str> {
    let args = launches.args(launch);
    let has = |flag: &&str| args.iter().any(|arg| arg.split('=').next() == Some(*flag));
    TAKEN_UP.into_iter().filter(has).collect()
}

const OWN: &str = "7f1a3e52-0000-4000-8000-00000000000a";
const POINT: &str = "7f1a3e52-0000-4000-8000-00000000000b";

/// Every way to begin a session, and the flags of its first launch.
fn beginnings() -> Vec<(SessionBuilder, Vec<&'static str>)> {
    let builder = Session::builder;
    let resumed = || builder().resume(SESSION);
    vec![
        (builder(), vec![]),
        (builder().session_id(OWN), vec!["--session-id"]),
        (builder().continue_conversation(true), vec!["--continue"]),
        (resumed(), vec!["--resume"]),
        (
            builder().continue_conversation(true).fork_session(true),
            vec!["--continue", "--fork-session"],
        ),
        (
            resumed().fork_session(true).session_id(OWN),
            vec!["--resume", "--fork-session", "--session-id"],
        ),
        (
            resumed().resume_session_at(POINT).resume_drops_turn(POINT),
            vec!["--resume", "--resume-session-at", "--resume-drops-turn"],
        ),
    ]
}

/// A CLI that serves, except that the first process ends after its first turn.
fn serves(launches: &Launches, dies: bool) -> Memory {
    let launches = launches.clone();
    cli(move |launch, mut cli| {
        let process = launches.note(launch);
        async move {
            if process > 0 || !dies {
                return cli.serve().await;
            }
            cli.handshake().await;
            let (uuid, _) = cli.prompt().await;
            cli.turn(&uuid, "go").await;
            Exit::from_signal(9)
        }
    })
}

#[tokio::test(start_paused = true)]
async fn a_fork_resumes_only_the_conversation() {
    for (builder, first) in beginnings() {
        let launches = Launches::default();
        let session = builder.transport(serves(&launches, false)).start().unwrap();
        assert_eq!(read(session.query("go")).await.text(), "go");
        let fork = session.fork().unwrap();
        assert_eq!(read(fork.query("on")).await.text(), "on");
        assert_eq!(taken_up(&launches, 0), first);
        assert_eq!(taken_up(&launches, 1), ["--resume", "--fork-session"], "after {first:?}");
        assert_eq!(launches.flag(1, "--resume").as_deref(), Some(SESSION));
        ended_well(&fork).await;
        ended_well(&session).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_next_process_resumes_only_the_confirmed_conversation() {
    for (builder, first) in beginnings() {
        let launches = Launches::default();
        let session = builder.transport(serves(&launches, true)).start().unwrap();
        assert_eq!(read(session.query("go")).await.text(), "go");
        quiet().await;
        assert_eq!(read(session.query("on")).await.text(), "on");
        assert_eq!(taken_up(&launches, 0), first);
        assert_eq!(taken_up(&launches, 1), ["--resume"], "after {first:?}");
        ended_well(&session).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_process_after_a_clear_resumes_nothing() {
    for (builder, first) in beginnings() {
        let launches = Launches::default();
        let session = builder.transport(serves(&launches, true)).start().unwrap();
        assert_eq!(read(session.query("go")).await.text(), "go");
        quiet().await;
        session.clear().await.unwrap();
        assert_eq!(read(session.query("on")).await.text(), "on");
        assert_eq!(taken_up(&launches, 0), first);
        assert!(taken_up(&launches, 1).is_empty(), "after {first:?}: {:?}", launches.args(1));
        ended_well(&session).await;
    }
}
