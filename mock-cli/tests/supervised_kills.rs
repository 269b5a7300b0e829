//! Random children of a supervisor are killed with SIGKILL while they work.
//!
//! One test per file: it counts the descriptors, the children and the tasks of the whole program.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use claude_wire::Session;
use claude_wire::session::Restart;
use claude_wire::supervisor::{Backoff, ChildSpec, SessionRef, Supervisor, SupervisorEvent};
use serde_json::{Value, json};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

const KILLS: u64 = 1000;
const CHILDREN: u64 = 6;
/// The prompts of a child that are asked at the same time: one runs, the others wait.
const IN_FLIGHT: u64 = 3;
const SEED: u64 = 0x5eed;
/// Where a stand-in notes what it has written.
const JOURNAL: &str = "KILLS_JOURNAL";
/// The arguments of a stand-in.
const ARGUMENTS: &str = "KILLS_ARGUMENTS";

/// The stand-in, run by the test below as another process. It notes a prompt in the journal once the
/// line of its result is in the pipe.
#[test]
#[ignore = "a part of another test"]
fn stand_in() {
    let mut journal = fs::OpenOptions::new().append(true).open(std::env::var(JOURNAL).unwrap());
    let arguments = std::env::var(ARGUMENTS).unwrap();
    let resumed = arguments.split(' ').find_map(|argument| argument.strip_prefix("--resume="));
    let new = format!("6f1a3e52-0000-4000-8000-{:012}", std::process::id());
    let session = resumed.unwrap_or(&new);
    let mut output = std::io::stdout().lock();
    let mut say = |line: Value| {
        output.write_all(format!("{line}\n").as_bytes()).is_ok() && output.flush().is_ok()
    };
    for line in std::io::stdin().lock().lines() {
        let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
        if line["type"] == "control_request" {
            let id = &line["request_id"];
            let response = json!({"subtype": "success", "request_id": id, "response": {}});
            say(json!({"type": "control_response", "response": response}));
        } else if line["type"] == "user" {
            let prompt = line["message"]["content"].as_str().unwrap();
            let prompts = json!([line["uuid"]]);
            say(
                json!({"type": "system", "subtype": "init", "session_id": session, "user_message_uuids": prompts}),
            );
            let written = say(json!({"type": "result", "subtype": "success", "is_error": false,
                "result": answer_to(prompt), "session_id": session, "user_message_uuids": prompts}));
            if written {
                journal.as_mut().unwrap().write_all(format!("{prompt}\n").as_bytes()).unwrap();
            }
        }
    }
}

fn answer_to(prompt: &str) -> String {
    format!("the answer to {prompt}")
}

/// A program that runs the stand-in, whatever its arguments are.
fn program(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("claude");
    let test = std::env::current_exe().unwrap();
    let run = format!(
        "#!/bin/sh\nexport {ARGUMENTS}=\"$*\"\nexec '{}' --exact stand_in --ignored --nocapture\n",
        test.display()
    );
    fs::write(&path, run).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    path
}

/// The processes that this program has started and not reaped, or that are there still.
fn children() -> Vec<String> {
    let mut children = Vec::new();
    for task in fs::read_dir("/proc/self/task").unwrap() {
        let list = fs::read_to_string(task.unwrap().path().join("children")).unwrap_or_default();
        children.extend(list.split_whitespace().map(str::to_owned));
    }
    children
}

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

fn tasks() -> usize {
    tokio::runtime::Handle::current().metrics().num_alive_tasks()
}

fn next(random: &mut u64) -> u64 {
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    *random
}

/// How the turns ended, by their prompts: each is asked once.
type Ends = BTreeMap<String, Result<String, claude_wire::Error>>;

/// Asks one prompt after the other until it is over.
async fn ask(session: SessionRef<u64>, worker: u64, over: Arc<AtomicBool>) -> Ends {
    let mut ends = Ends::new();
    while !over.load(Ordering::Relaxed) {
        let prompt = format!("{}-{worker}-{}", session.key(), ends.len());
        // The next process is there in time, whatever happened to the last one.
        let end = session.query(prompt.clone()).await.unwrap().text().await;
        ends.insert(prompt, end);
    }
    ends
}

/// How many turns ended well, and how many were lost with their CLI, by the events of the supervisor:
/// each begins once and ends once. Ends with the supervisor, which it does not keep.
async fn turns(mut events: Receiver<SupervisorEvent<u64>>) -> (usize, usize) {
    let (mut open, mut well, mut lost) = (BTreeSet::new(), 0, 0);
    loop {
        match events.recv().await {
            Ok(SupervisorEvent::TurnStarted(key, uuid)) => {
                assert!(open.insert((key, uuid.unwrap())), "a turn of {key} begins twice");
            }
            Ok(SupervisorEvent::TurnEnded(key, turn)) => {
                assert!(open.remove(&(key, turn.uuid.clone().unwrap())), "{key}: {turn:?}");
                assert!(turn.end.is_success() || turn.end.is_lost(), "{turn:?}");
                well += usize::from(turn.end.is_success());
                lost += usize::from(turn.end.is_lost());
            }
            Ok(_) => {}
            Err(RecvError::Lagged(count)) => panic!("{count} events were lost"),
            Err(RecvError::Closed) => break,
        }
    }
    assert!(open.is_empty(), "{open:?}");
    (well, lost)
}

fn crashes(supervisor: &Supervisor<u64>) -> u64 {
    supervisor.list().iter().map(|child| child.restarts).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_query_has_its_own_answer_or_an_error_and_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal");
    fs::write(&journal, "").unwrap();
    // What the runtime opens once is there before the count.
    drop(tokio::process::Command::new("true").status().await);
    let (before, none, no_task) = (descriptors(), children(), tasks());

    let (cli, config) = (program(folder.path()), folder.path().to_owned());
    let spec = |key: u64| {
        let (cli, journal, config) = (cli.clone(), journal.clone(), config.clone());
        let make = move || {
            Session::builder()
                .cli_path(cli.clone())
                .env(JOURNAL, journal.to_str().unwrap())
                .env("CLAUDE_CONFIG_DIR", config.to_str().unwrap())
        };
        ChildSpec::new(key, make).conversation(if key.is_multiple_of(2) {
            Restart::Fresh
        } else {
            Restart::Resume
        })
    };
    let supervisor = Supervisor::<u64>::builder()
        .intensity(usize::MAX, Duration::from_secs(1))
        .backoff(Backoff::none())
        .restart_wait(Duration::from_secs(30))
        .children((0..CHILDREN).map(spec))
        .start()
        .await
        .unwrap();
    let reported = tokio::spawn(turns(supervisor.events()));
    let over = Arc::new(AtomicBool::new(false));
    let workers = (0..CHILDREN * IN_FLIGHT).map(|worker| {
        let session = supervisor.session(&(worker % CHILDREN)).unwrap();
        tokio::spawn(ask(session, worker, over.clone()))
    });
    let workers: Vec<_> = workers.collect();
    let mut random = SEED;
    // `kill` succeeds for a process that has ended and is not reaped, so each is killed once, and
    // what counts is what the supervisor has seen.
    let mut killed = BTreeSet::new();
    while crashes(&supervisor) < KILLS {
        let key = next(&mut random) % CHILDREN;
        let infos = supervisor.list();
        if let Some(pid) = infos[usize::try_from(key).unwrap()].pid
            && killed.insert((key, pid, infos[usize::try_from(key).unwrap()].restarts))
        {
            drop(Command::new("kill").args(["-9", &pid.to_string()]).output().unwrap());
        }
        tokio::task::yield_now().await;
    }
    over.store(true, Ordering::Relaxed);
    let mut ends = Ends::new();
    for worker in workers {
        ends.append(&mut worker.await.unwrap());
    }
    let mut again = 0;
    for key in 0..CHILDREN {
        let session = supervisor.session(&key).unwrap();
        // A kill just before the end can still be on its way.
        let ask = async || session.query("last").await.unwrap().text().await;
        let answer = match ask().await {
            Ok(answer) => answer,
            Err(_) => {
                again += 1;
                ask().await.unwrap()
            }
        };
        assert_eq!(answer, answer_to("last"));
    }
    supervisor.stop().await;
    drop(supervisor);

    let (mut answers, mut errors) = (0, 0);
    for (prompt, end) in &ends {
        match end {
            Ok(text) => {
                assert_eq!(*text, answer_to(prompt));
                answers += 1;
            }
            Err(error) => {
                assert!(error.is_closed(), "{prompt}: {error}");
                errors += 1;
            }
        }
    }
    assert!(answers > 0 && errors > 0, "{answers} answers, {errors} errors");
    let last = usize::try_from(CHILDREN).unwrap();
    assert_eq!(reported.await.unwrap(), (answers + last, errors + again));
    // A result that a stand-in wrote whole reached its query.
    let journal = fs::read_to_string(&journal).unwrap();
    let written: Vec<_> = journal.lines().filter(|prompt| *prompt != "last").collect();
    let each: BTreeSet<_> = written.iter().collect();
    assert_eq!(written.len(), each.len(), "a prompt was answered twice");
    for prompt in written {
        assert!(ends[prompt].is_ok(), "the answer to {prompt} was written, and is lost");
    }
    let projects = fs::read_dir(folder.path().join("projects")).unwrap();
    for project in projects.map(|project| project.unwrap().path()) {
        let left: Vec<_> = fs::read_dir(project).unwrap().collect();
        assert!(left.is_empty(), "no conversation is held: {left:?}");
    }
    assert_eq!(children(), none, "no process is left");
    assert_eq!(descriptors(), before, "no descriptor is left");
    // The last tasks end after what they were for.
    for _ in 0..1000 {
        if tasks() == no_task {
            break;
        }
        // No event says that a task is gone.
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(tasks(), no_task, "no task is left");
}
