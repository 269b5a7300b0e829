//! Restarts by the caller, the policy after a crash, options at each launch, and probes.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use claude_wire::session::{EndCause, Phase, Reconnect, Restart};
use claude_wire::transport::{Exit, Memory};
use claude_wire::{Options, Session};
use serde_json::json;

use crate::support::cli::{
    Launches, Log, cli, echo, first, init, refusal, result, serving, success,
};

/// A CLI whose first process dies in its second turn; the next ones serve.
fn fragile(launches: &Launches) -> Memory {
    first(launches, |mut cli, uuid| async move {
        cli.turn(&uuid, "one").await;
        cli.prompt().await;
        Exit::from_code(7)
    })
}

#[tokio::test(start_paused = true)]
async fn a_restart_keeps_the_handle_and_the_prompts_that_wait() {
    for conversation in [Restart::Fresh, Restart::Resume] {
        let launches = Launches::default();
        let cli = first(&launches, |mut cli, uuid| async move {
            cli.turn(&uuid, "one").await;
            cli.prompt().await;
            // It hangs.
            cli.drain().await;
            Exit::from_code(0)
        });
        let session = Session::builder().transport(cli).start().unwrap();
        session.query("1").drain().await.unwrap();
        let id = session.session_id();
        let hangs = tokio::spawn(session.query("2").text());
        let waits = tokio::spawn(session.query("3").text());
        session.watch().wait_for(|state| state.queued == 1).await.unwrap();
        session.restart(conversation).await.unwrap();
        let error = hangs.await.unwrap().unwrap_err();
        assert!(error.is_closed(), "{error}");
        assert!(waits.await.unwrap().is_ok());
        let resumed = launches.flag(1, "--resume");
        assert_eq!(resumed, id.filter(|_| conversation == Restart::Resume), "{conversation:?}");
        let end = session.state().last_end.unwrap();
        assert_eq!((end.cause, end.cause.is_wanted()), (EndCause::Restarted, true));
        session.stop().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_restart_starts_a_cli_that_was_not_running() {
    let session = Session::builder().transport(echo()).start().unwrap();
    session.restart(Restart::Resume).await.unwrap();
    assert!(session.state().is_up());
    session.stop().await.unwrap();
    assert!(session.restart(Restart::Fresh).await.unwrap_err().is_stopped());
}

/// A CLI that takes 3 s to end. It answers no prompt `hang`, and ends after the prompt `leave`.
fn slow_to_end(launches: &Launches) -> Memory {
    let launches = launches.clone();
    cli(move |launch, mut cli| {
        launches.note(launch);
        async move {
            cli.handshake().await;
            while let Some((uuid, text)) = cli.next_prompt().await {
                if text != "hang" {
                    cli.turn(&uuid, &text).await;
                }
                if text == "leave" {
                    cli.close_stdout();
                    break;
                }
            }
            tokio::time::sleep(Duration::from_secs(3)).await;
            Exit::from_code(0)
        }
    })
}

#[tokio::test(start_paused = true)]
async fn a_restart_whose_caller_is_gone_is_made_all_the_same() {
    for reconnect in [Reconnect::OnDemand, Reconnect::ByHand, Reconnect::Never] {
        for conversation in [Restart::Fresh, Restart::Resume] {
            for from in [Phase::Down, Phase::Ready, Phase::Busy, Phase::Ending] {
                // Before the session knows of it, and while the CLI ends.
                for after in [Duration::ZERO, Duration::from_secs(1)] {
                    let case = format!("{reconnect:?} {conversation:?} {from:?} {after:?}");
                    let launches = Launches::default();
                    let builder = Session::builder().transport(slow_to_end(&launches));
                    let session = builder.reconnect(reconnect).start().unwrap();
                    let query = |prompt: &str| session.query(prompt.to_owned()).text();
                    match from {
                        Phase::Ready => drop(query("one").await.unwrap()),
                        Phase::Busy => {
                            query("one").await.unwrap();
                            tokio::spawn(query("hang"));
                        }
                        Phase::Ending => drop(query("leave").await.unwrap()),
                        _ => {}
                    }
                    if from == Phase::Ending {
                        // Its output is closed; it ends 2 s later.
                        tokio::time::sleep(Duration::from_secs(1)).await;
                    } else {
                        session.watch().wait_for(|state| state.phase == from).await.unwrap();
                    }
                    let (id, before) = (session.session_id(), launches.len());
                    let _ = tokio::time::timeout(after, session.restart(conversation)).await;
                    let mut state = session.watch();
                    let up = state
                        .wait_for(|state| state.is_up() && state.launches == before as u64 + 1);
                    let up = tokio::time::timeout(Duration::from_secs(60), up).await;
                    assert!(up.is_ok(), "{case}: {:?}", session.state());
                    drop(up);
                    let wanted = id.filter(|_| conversation == Restart::Resume);
                    assert_eq!(launches.flag(before, "--resume"), wanted, "{case}");
                    assert_eq!(query("again").await.unwrap(), "again", "{case}");
                    assert_eq!(launches.len(), before + 1, "{case}");
                    session.stop().await.unwrap();
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn prompts_wait_for_a_restart_by_hand() {
    let launches = Launches::default();
    let session = Session::builder()
        .transport(fragile(&launches))
        .reconnect(Reconnect::ByHand)
        .start()
        .unwrap();
    session.query("1").drain().await.unwrap();
    assert!(session.query("2").drain().await.unwrap_err().is_process());
    let waits = tokio::spawn(session.query("3").text());
    session.watch().wait_for(|state| state.queued == 1).await.unwrap();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!((launches.len(), session.state().phase), (1, Phase::Down));
    session.restart(Restart::Resume).await.unwrap();
    assert!(waits.await.unwrap().is_ok());
    session.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn prompts_fail_after_an_end_without_reconnection() {
    let launches = Launches::default();
    let session = Session::builder()
        .transport(fragile(&launches))
        .reconnect(Reconnect::Never)
        .start()
        .unwrap();
    session.query("1").drain().await.unwrap();
    let (second, third) = tokio::join!(session.query("2").drain(), session.query("3").drain());
    assert!(second.unwrap_err().is_process() && third.unwrap_err().is_process());
    let error = session.query("4").drain().await.unwrap_err();
    assert!(error.is_process() && error.exit().unwrap().code == Some(7), "{error}");
    assert_eq!(launches.len(), 1);
    session.restart(Restart::Fresh).await.unwrap();
    session.query("5").drain().await.unwrap();
    session.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn options_are_made_again_at_each_launch() {
    let launches = Launches::default();
    let made = Arc::new(AtomicUsize::new(0));
    let session = Session::builder()
        .transport(serving(&launches))
        .model("opus")
        .options_at_launch(move || {
            let count = made.fetch_add(1, Ordering::Relaxed);
            Options::default().model(format!("model-{count}"))
        })
        .start()
        .unwrap();
    session.connect().await.unwrap();
    session.restart(Restart::Fresh).await.unwrap();
    let models: Vec<_> = (0..2).map(|launch| launches.flag(launch, "--model")).collect();
    assert_eq!(models, [Some("model-0".into()), Some("model-1".into())]);
    session.stop().await.unwrap();
}

/// Also if what is made at each launch names a conversation, as a builder may.
#[tokio::test(start_paused = true)]
async fn a_fork_has_the_conversation_of_its_session() {
    let other = "6f1a3e52-0000-4000-8000-000000000009";
    for makes in [false, true] {
        let launches = Launches::default();
        let session = Session::builder().transport(serving(&launches));
        let session = session.options_at_launch(move || match makes {
            true => Options::default().resume(other).max_turns(7),
            false => Options::default().max_turns(7),
        });
        let session = session.start().unwrap();
        session.query("one").text().await.unwrap();
        let fork = session.fork().unwrap();
        fork.query("two").text().await.unwrap();
        assert_eq!(launches.flag(1, "--resume"), session.session_id(), "{makes}");
        assert!(launches.args(1).contains(&"--fork-session".to_owned()), "{makes}");
        assert_eq!(launches.flag(1, "--max-turns").as_deref(), Some("7"), "{makes}");
    }
}

#[tokio::test(start_paused = true)]
async fn options_at_a_launch_that_are_rejected_fail_it() {
    let session = Session::builder()
        .transport(echo())
        .options_at_launch(|| Options::default().model(""))
        .start()
        .unwrap();
    assert!(session.connect().await.unwrap_err().is_option());
}

#[tokio::test(start_paused = true)]
async fn a_probe_asks_the_cli_that_runs_and_starts_none() {
    const LIMIT: Duration = Duration::from_secs(2);
    let launches = Launches::default();
    let session = Session::builder().transport(serving(&launches)).start().unwrap();
    assert!(session.probe(LIMIT).await.unwrap_err().is_closed());
    assert_eq!(launches.len(), 0);
    session.connect().await.unwrap();
    session.probe(LIMIT).await.unwrap();
    session.stop().await.unwrap();
    assert!(session.probe(LIMIT).await.unwrap_err().is_stopped());

    // Within a turn, too: the CLI gets a request, and no prompt.
    let log = Log::default();
    let asked = log.clone();
    let busy = cli(move |_, mut cli| {
        let asked = asked.clone();
        async move {
            cli.handshake().await;
            let (uuid, _) = cli.prompt().await;
            cli.write(init(&uuid)).await;
            while let Some(line) = cli.read().await {
                asked.push(line["type"].as_str().unwrap_or_default());
                cli.write(success(&line, json!({}))).await;
                cli.write(result(&uuid, "done")).await;
            }
            Exit::from_code(0)
        }
    });
    let session = Session::builder().transport(busy).start().unwrap();
    let mut turn = session.query("go");
    turn.next().await.unwrap().unwrap();
    session.probe(LIMIT).await.unwrap();
    assert_eq!(log.all(), ["control_request"]);
    assert_eq!(turn.text().await.unwrap(), "done");
    session.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_is_not_answered_fails_in_time_and_a_refusal_is_an_answer() {
    for answers in [true, false] {
        let transport = cli(move |_, mut cli| async move {
            cli.handshake().await;
            let request = cli.request("get_binary_version").await;
            if answers {
                cli.write(refusal(&request, "Unsupported")).await;
            }
            cli.drain().await;
            Exit::from_code(0)
        });
        let session = Session::builder().transport(transport).start().unwrap();
        session.connect().await.unwrap();
        let probed = session.probe(Duration::from_secs(2)).await;
        match probed {
            Ok(()) => assert!(answers),
            Err(error) => assert!(!answers && error.is_timeout(), "{error}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_ping_is_a_turn_that_fails_if_the_model_does_not_answer_in_time() {
    const LIMIT: Duration = Duration::from_secs(10);
    for answer in [Some(false), Some(true), None] {
        let launches = Launches::default();
        let noted = launches.clone();
        let (says, said) = tokio::sync::oneshot::channel();
        let says = Arc::new(Mutex::new(Some(says)));
        let transport = cli(move |launch, mut cli| {
            noted.note(launch);
            let says = says.lock().unwrap().take();
            async move {
                cli.handshake().await;
                let (uuid, content) = cli.next_prompt().await.unwrap();
                match answer {
                    Some(is_error) => {
                        let mut result = result(&uuid, "pong");
                        result["is_error"] = is_error.into();
                        cli.write(result).await;
                    }
                    None => drop(cli.acknowledge("interrupt").await),
                }
                says.unwrap().send(content).unwrap();
                cli.drain().await;
                Exit::from_code(0)
            }
        });
        let session = Session::builder().transport(transport).start().unwrap();
        let begun = tokio::time::Instant::now();
        let pinged = session.ping_model(LIMIT).await;
        assert_eq!(launches.len(), 1, "it starts a CLI");
        match answer {
            Some(false) => pinged.unwrap(),
            Some(true) => assert!(pinged.unwrap_err().is_result()),
            None => {
                let error = pinged.unwrap_err();
                assert!(error.is_timeout(), "{error}");
                assert_eq!(begun.elapsed(), LIMIT);
            }
        }
        // One that is not answered is interrupted.
        assert!(said.await.unwrap().contains("pong"), "{answer:?}");
    }
    // The time before the prompt counts, too.
    let hung = cli(|_, mut cli| async move {
        cli.drain().await;
        Exit::from_code(0)
    });
    let session = Session::builder().transport(hung).start().unwrap();
    let begun = tokio::time::Instant::now();
    assert!(session.ping_model(LIMIT).await.unwrap_err().is_timeout());
    assert_eq!(begun.elapsed(), LIMIT);
    session.stop().await.unwrap();
    assert!(session.ping_model(LIMIT).await.unwrap_err().is_stopped());
}

#[tokio::test]
async fn a_guard_needs_a_transport_that_starts_processes_here() {
    use claude_wire::session::OrphanGuard;
    let builder = || Session::builder().transport(echo());
    let refused = builder().orphan_guard(OrphanGuard::Required).start().unwrap_err();
    assert!(refused.is_option() && refused.to_string().contains("orphan_guard"), "{refused}");
    builder().orphan_guard(OrphanGuard::IfPossible).start().unwrap().connect().await.unwrap();
}
