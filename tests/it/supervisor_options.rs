//! Options of one query in a session whose options are made again at each launch, as those of a
//! supervised session are.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use claude_wire::supervisor::{Backoff, ChildSpec, ChildState, SessionRef, Supervisor};
use claude_wire::transport::Memory;
use claude_wire::{Decision, Options, Session, SessionBuilder};
use serde_json::{Value, json};

use crate::supervisor_support::{SECOND, kill, mortal, noted, text};
use crate::support::cli::{Launches, success};

/// The options of `make`, which say how often it was called.
fn made(count: &AtomicUsize) -> Options {
    let count = count.fetch_add(1, Ordering::Relaxed);
    Options::default()
        .system_prompt(format!("made {count}"))
        .max_turns(7)
        .allowed_tools(["Read"])
        .model(format!("model {count}"))
}

/// A child `a` of a supervisor.
async fn supervised(
    transport: Memory,
    change: impl Fn(SessionBuilder) -> SessionBuilder + Send + Sync + 'static,
) -> (Supervisor, SessionRef) {
    let transport = Arc::new(transport);
    let make = move || change(Session::builder().transport(transport.clone()));
    let spec = ChildSpec::new("a", make).idle_after(60 * SECOND);
    let supervisor: Supervisor =
        Supervisor::builder().backoff(Backoff::none()).child(spec).start().await.unwrap();
    let a = supervisor.session(&"a".to_owned()).unwrap();
    (supervisor, a)
}

async fn ask(session: &SessionRef, prompt: &str, options: &Options) -> String {
    session.query(prompt).await.unwrap().options(options).text().await.unwrap()
}

/// The options of a query hold for its launch; what it does not set is made again.
#[tokio::test(start_paused = true)]
async fn options_of_a_query_hold_for_its_launch() {
    let plain = Options::default;
    for (flag, usual, asked, options) in [
        ("--system-prompt", None, "asked", plain().system_prompt("asked")),
        ("--max-turns", Some("7"), "1", plain().max_turns(1)),
        ("--allowed-tools", Some("Read"), "Bash", plain().allowed_tools(["Bash"])),
        // One that `make` does not set.
        ("--effort", None, "low", plain().effort("low")),
    ] {
        let launches = Launches::default();
        let count = AtomicUsize::new(0);
        let (supervisor, a) =
            supervised(mortal(&launches), move |builder| builder.options(made(&count))).await;
        assert_eq!(text(&a, "one").await, "one");
        assert_eq!(ask(&a, "two", &options).await, "two");
        // Equal options need no other launch.
        assert_eq!(ask(&a, "three", &options).await, "three");
        assert_eq!(text(&a, "four").await, "four");
        assert_eq!(launches.len(), 3, "{flag}");
        let said = [0, 1, 2].map(|launch| launches.flag(launch, flag));
        assert_eq!(said[1].as_deref(), Some(asked), "{flag}");
        if flag != "--system-prompt" {
            let usual = usual.map(str::to_owned);
            assert_eq!([&said[0], &said[2]], [&usual, &usual], "{flag}");
            assert!(launches.flag(1, "--system-prompt").unwrap().starts_with("made "), "{flag}");
        }
        let models = [0, 1].map(|launch| launches.flag(launch, "--model").unwrap());
        assert!(models[1].starts_with("model ") && models[0] != models[1], "{flag}: made again");
        assert_eq!(supervisor.list()[0].restarts, 0, "{flag}");
        supervisor.stop().await;
    }
}

/// After a crash in the launch of a query, and after a rest, too.
#[tokio::test(start_paused = true)]
async fn options_of_a_query_hold_after_a_crash_and_a_rest() {
    let launches = Launches::default();
    let count = AtomicUsize::new(0);
    let (supervisor, a) =
        supervised(mortal(&launches), move |builder| builder.options(made(&count))).await;
    let asked = Options::default().max_turns(1);
    let turn = a.query("die").await.unwrap().options(&asked);
    let (died, waited) = tokio::join!(turn.text(), ask(&a, "two", &asked));
    assert!(died.unwrap_err().is_process());
    assert_eq!(waited, "two");
    a.wait_for(ChildState::Resting).await.unwrap();
    assert_eq!(ask(&a, "three", &asked).await, "three");
    kill(&a).await;
    let turns: Vec<_> =
        (0..launches.len()).map(|launch| launches.flag(launch, "--max-turns").unwrap()).collect();
    assert_eq!(turns[1], "1", "{turns:?}");
    assert!(turns.iter().filter(|turns| *turns == "1").count() >= 3, "{turns:?}");
    supervisor.stop().await;
}

/// A CLI that logs which model and mode is set, and serves.
fn switching(launches: &Launches, log: &Arc<Mutex<Vec<Value>>>) -> Memory {
    let log = log.clone();
    noted(launches, move |_, mut cli| {
        let log = log.clone();
        async move {
            cli.handshake().await;
            while let Some(line) = cli.read().await {
                if line["type"] == "user" {
                    let uuid = line["uuid"].as_str().unwrap();
                    cli.turn(uuid, line["message"]["content"].as_str().unwrap()).await;
                    continue;
                }
                let request = &line["request"];
                for field in ["model", "mode"] {
                    if let Some(value) = request.get(field) {
                        log.lock().unwrap().push(value.clone());
                    }
                }
                cli.write(success(&line, json!({}))).await;
            }
            claude_wire::transport::Exit::from_code(0)
        }
    })
}

/// A switch is compared with what was made at the launch, and goes back to that.
#[tokio::test(start_paused = true)]
async fn a_switch_for_one_query_goes_back_to_what_was_made_at_the_launch() {
    let haiku = Options::default().model("haiku");
    for (asked, expected) in [
        (haiku.clone(), vec![json!("haiku"), json!("model 2")]),
        (Options::default().model("model 0"), vec![json!("model 0"), json!("model 2")]),
        // It is in force already.
        (Options::default().model("model 2"), vec![]),
        (Options::default().permission_mode("plan"), vec![json!("plan"), json!("acceptEdits")]),
        (Options::default().permission_mode("acceptEdits"), vec![]),
    ] {
        let (launches, log) = (Launches::default(), Arc::default());
        let count = Arc::new(AtomicUsize::new(0));
        let session = Session::builder()
            .transport(switching(&launches, &log))
            .model("model 0")
            .permission_mode("default")
            .options_at_launch(move || {
                let count = count.fetch_add(1, Ordering::Relaxed) + 1;
                let mode = if count == 2 { "acceptEdits" } else { "default" };
                Options::default().model(format!("model {count}")).permission_mode(mode)
            })
            .start()
            .unwrap();
        session.connect().await.unwrap();
        session.restart(claude_wire::session::Restart::Resume).await.unwrap();
        session.query("one").options(&asked).text().await.unwrap();
        session.query("two").text().await.unwrap();
        assert_eq!(*log.lock().unwrap(), expected, "{asked:?}");
        assert_eq!(launches.len(), 2);
        session.stop().await.unwrap();
    }
}

/// Although the session has begun with it. Its handlers still decide on tools.
#[tokio::test(start_paused = true)]
async fn an_option_that_is_not_made_again_is_gone_at_the_next_launch() {
    let (launches, count) = (Launches::default(), AtomicUsize::new(0));
    let change = move |builder: SessionBuilder| {
        let builder = builder.on_permission(|_| async { Decision::allow() });
        match count.fetch_add(1, Ordering::Relaxed) {
            // The session, and its first launch.
            0 | 1 => builder.max_turns(3),
            _ => builder.allowed_tools(["Read"]),
        }
    };
    let (supervisor, a) = supervised(mortal(&launches), change).await;
    kill(&a).await;
    assert_eq!(text(&a, "one").await, "one");
    let flags = || {
        let last = launches.len() - 1;
        ["--max-turns", "--allowed-tools", "--permission-prompt-tool", "--resume"]
            .map(|flag| launches.flag(last, flag))
    };
    let [read, stdio] = ["Read", "stdio"].map(|value| Some(value.to_owned()));
    assert_eq!(flags(), [None, read.clone(), stdio.clone(), None]);
    let id = a.session().await.unwrap().session_id();
    a.wait_for(ChildState::Resting).await.unwrap();
    assert_eq!(text(&a, "two").await, "two");
    assert_eq!(flags(), [None, read, stdio, id]);
    supervisor.stop().await;
}

/// A query asks for what the session began with, while something else is made since.
#[tokio::test(start_paused = true)]
async fn an_option_of_a_query_holds_although_the_session_began_with_it() {
    let plain = Options::default;
    for (flag, asked, options) in [
        ("--max-turns", Some("3"), plain().max_turns(3)),
        ("--allowed-tools", Some("Read"), plain().allowed_tools(["Read"])),
        // The session has none.
        ("--strict-mcp-config", None, plain().strict_mcp_config(false)),
    ] {
        let launches = Launches::default();
        let (count, changed) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(1)));
        let first_ones = changed.clone();
        let change = move |builder: SessionBuilder| {
            if count.fetch_add(1, Ordering::Relaxed) <= first_ones.load(Ordering::Relaxed) {
                return builder.max_turns(3).allowed_tools(["Read"]);
            }
            builder.max_turns(5).allowed_tools(["Bash"]).strict_mcp_config(true)
        };
        let (supervisor, a) = supervised(mortal(&launches), change).await;
        assert_eq!(text(&a, "one").await, "one");
        // What is in force needs no other launch.
        assert_eq!(ask(&a, "two", &options).await, "two");
        assert_eq!(launches.len(), 1, "{flag}");
        kill(&a).await;
        assert_eq!(ask(&a, "three", &options).await, "three");
        assert_eq!(launches.flag(launches.len() - 1, flag).as_deref(), asked, "{flag}");
        let has_flag = |launch: usize| launches.args(launch).iter().any(|arg| arg == flag);
        assert_eq!(has_flag(launches.len() - 1), asked.is_some(), "{flag}");
        let before = launches.len();
        assert_eq!(ask(&a, "four", &options).await, "four");
        assert_eq!(launches.len(), before, "{flag}: the same launch");
        assert_eq!(text(&a, "five").await, "five");
        assert_ne!(
            launches.flag(launches.len() - 1, flag).as_deref(),
            asked.or(Some("")),
            "{flag}"
        );
        assert_eq!(launches.len(), before + 1, "{flag}");
        // What is made now, asked by a query.
        let now = plain().max_turns(5);
        assert_eq!(ask(&a, "six", &now).await, "six");
        assert_eq!(launches.len(), before + 1, "{flag}");
        changed.store(usize::MAX, Ordering::Relaxed);
        kill(&a).await;
        assert_eq!(ask(&a, "seven", &now).await, "seven");
        assert_eq!(
            launches.flag(launches.len() - 1, "--max-turns").as_deref(),
            Some("5"),
            "{flag}"
        );
        supervisor.stop().await;
    }
}

/// A CLI can only be switched to this mode if it was launched for that.
#[tokio::test(start_paused = true)]
async fn a_query_that_skips_permissions_has_its_launch_where_another_mode_was_made() {
    for (made, expected) in [("default", 3), ("bypassPermissions", 2)] {
        let (launches, log) = (Launches::default(), Arc::default());
        let session = Session::builder()
            .transport(switching(&launches, &log))
            .permission_mode("bypassPermissions")
            .options_at_launch(move || Options::default().permission_mode(made))
            .start()
            .unwrap();
        session.connect().await.unwrap();
        session.restart(claude_wire::session::Restart::Resume).await.unwrap();
        let asked = Options::default().permission_mode("bypassPermissions");
        session.query("one").options(&asked).text().await.unwrap();
        assert_eq!(launches.len(), expected, "{made}");
        let mode = launches.flag(expected - 1, "--permission-mode");
        assert_eq!(mode.as_deref(), Some("bypassPermissions"), "{made}");
        session.stop().await.unwrap();
    }
}
