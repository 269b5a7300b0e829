//! After a crash the next query continues the conversation.

use crate::support::cli::{Launches, Log, SESSION, cli, first, init};
use crate::support::read::{ended_well, quiet, read};
use claude_wire::Session;
use claude_wire::transport::{Exit, Memory};
use serde_json::{Map, json};

/// A CLI whose processes, except the last, exit in their first turn, before or after its `init`.
fn mortal(launches: &Launches, prompts: &Log, lives: usize, confirms: bool) -> Memory {
    let (launches, prompts) = (launches.clone(), prompts.clone());
    cli(move |launch, mut cli| {
        let process = launches.note(launch);
        let prompts = prompts.clone();
        async move {
            let initialize = cli.acknowledge("initialize").await;
            prompts.push(format!("{process} {}", initialize["hooks"]["PreToolUse"][0]["matcher"]));
            if process + 1 == lives {
                return cli.serve().await;
            }
            let (uuid, content) = cli.prompt().await;
            prompts.push(format!("{process} {content}"));
            if confirms {
                cli.write(init(&uuid)).await;
            }
            Exit::from_signal(9)
        }
    })
}

#[tokio::test(start_paused = true)]
async fn the_handshake_is_repeated_and_waiting_prompts_survive() {
    let (launches, prompts) = (Launches::default(), Log::default());
    let session = Session::builder()
        .model("opus")
        .initialize_field("hooks", json!({"PreToolUse": [{"matcher": "Bash"}]}))
        .transport(mortal(&launches, &prompts, 3, true))
        .start()
        .unwrap();
    let turns: Vec<_> = ["one", "two", "three", "four"]
        .into_iter()
        .map(|text| tokio::spawn(read(session.query(text))))
        .collect();
    let mut ends = Vec::new();
    for turn in turns {
        let turn = turn.await.unwrap();
        ends.push(match &turn.error {
            Some(error) => format!("{:?}", error.exit()),
            None => turn.text(),
        });
    }
    let killed = format!("{:?}", Some(Exit::from_signal(9)));
    assert_eq!(ends, [&killed, &killed, "three", "four"], "each crash fails only the running turn");
    assert_eq!(prompts.all(), ["0 \"Bash\"", "0 \"one\"", "1 \"Bash\"", "1 \"two\"", "2 \"Bash\""]);
    assert_eq!(launches.len(), 3);
    assert_eq!(
        (launches.flag(0, "--resume"), launches.flag(1, "--resume")),
        (None, Some(SESSION.into()))
    );
    assert_eq!(launches.flag(2, "--model").as_deref(), Some("opus"));
    ended_well(&session).await;
}

/// Resuming an id that was never confirmed would always fail.
#[tokio::test(start_paused = true)]
async fn an_id_that_was_never_confirmed_is_not_resumed() {
    let launches = Launches::default();
    let session =
        Session::builder().transport(mortal(&launches, &Log::default(), 2, false)).start().unwrap();
    assert!(read(session.query("one")).await.error().is_process());
    assert_eq!(session.session_id(), None);
    assert_eq!(read(session.query("two")).await.text(), "two");
    assert_eq!(launches.flag(1, "--resume"), None);
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn the_confirmed_id_replaces_the_options_of_the_start() {
    let launches = Launches::default();
    let old = "6f1a3e52-0000-4000-8000-00000000000f";
    let session = Session::builder()
        .resume(old)
        .fork_session(true)
        .transport(mortal(&launches, &Log::default(), 2, true))
        .start()
        .unwrap();
    assert!(read(session.query("one")).await.error().is_process());
    assert_eq!(read(session.query("two")).await.text(), "two");
    assert_eq!(launches.flag(0, "--resume").as_deref(), Some(old));
    assert!(launches.args(0).contains(&"--fork-session".into()));
    assert_eq!(launches.flag(1, "--resume").as_deref(), Some(SESSION));
    assert!(!launches.args(1).contains(&"--fork-session".into()), "it would be another fork");
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn an_exit_between_turns_is_noticed_and_starts_nothing() {
    let launches = Launches::default();
    let transport = first(&launches, |mut cli, uuid| async move {
        cli.turn(&uuid, "one").await;
        tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        Exit::from_code(1)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    assert_eq!(read(session.query("one")).await.text(), "one");
    tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
    assert_eq!((launches.len(), session.exit()), (1, Some(Exit::from_code(1))));
    assert!(session.interrupt().await.unwrap().raw().is_none(), "there is nothing to interrupt");
    assert_eq!(launches.len(), 1);
    session.control("get_usage", Map::new()).await.unwrap();
    assert_eq!(launches.len(), 2, "a request needs a CLI");
    assert_eq!(read(session.query("two")).await.text(), "two");
    quiet().await;
    assert_eq!(launches.len(), 2);
    ended_well(&session).await;
}
