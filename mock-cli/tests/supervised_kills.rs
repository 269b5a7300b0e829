//! Random children of a supervisor are killed with SIGKILL while they work.
//!
//! One test per file: it counts the descriptors and the children of the whole program.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use claude_wire::player::PromptMatch;
use claude_wire::session::{Exclusive, Restart};
use claude_wire::supervisor::{Backoff, ChildSpec, Supervisor};
use claude_wire::testing::mock_claude;
use claude_wire::{Scenario, Session, reply};

const KILLS: usize = 1000;
const CHILDREN: u64 = 6;
const SEED: u64 = 0x5eed;

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

fn next(random: &mut u64) -> u64 {
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    *random
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_query_has_its_own_answer_or_an_error_and_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("scenario.json");
    let scenario = (0..10).fold(Scenario::new().any_order(), |scenario, number| {
        let prompt = PromptMatch::Text(format!("question {number}"));
        scenario.when(prompt, reply().text(format!("answer {number}"))).always()
    });
    fs::write(&file, scenario.unverified().to_json()).unwrap();
    // What the runtime opens once is there before the count.
    drop(tokio::process::Command::new("true").status().await);
    let (before, none) = (descriptors(), children());

    let cli = mock_claude().unwrap();
    let spec = |key: u64| {
        let (cli, file, config) = (cli.clone(), file.clone(), folder.path().to_owned());
        let make = move || {
            Session::builder()
                .cli_path(cli.clone())
                .env("CLAUDE_WIRE_SCENARIO", file.to_str().unwrap())
                // Without a run folder each stand-in has the same session id.
                .exclusive(Exclusive::Off)
                .env("CLAUDE_WIRE_PAUSE", "0")
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
    let over = Arc::new(AtomicBool::new(false));
    let (answers, errors) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let workers = (0..CHILDREN).map(|key| {
        let session = supervisor.session(&key).unwrap();
        let (over, answers, errors) = (over.clone(), answers.clone(), errors.clone());
        tokio::spawn(async move {
            let mut random = SEED + key;
            while !over.load(Ordering::Relaxed) {
                let number = next(&mut random) % 10;
                // The next process is there in time, whatever happened to the last one.
                let turn = session.query(format!("question {number}")).await.unwrap();
                match turn.text().await {
                    Ok(text) => {
                        assert_eq!(text, format!("answer {number}"));
                        answers.fetch_add(1, Ordering::Relaxed);
                    }
                    Err(error) => {
                        assert!(error.is_closed(), "{error}");
                        errors.fetch_add(1, Ordering::Relaxed);
                    }
                }
            }
        })
    });
    let workers: Vec<_> = workers.collect();
    let (mut random, mut killed) = (SEED, 0);
    while killed < KILLS {
        let key = next(&mut random) % CHILDREN;
        let infos = supervisor.list();
        if let Some(pid) = infos[usize::try_from(key).unwrap()].pid {
            let kill = Command::new("kill").args(["-9", &pid.to_string()]).output().unwrap();
            killed += usize::from(kill.status.success());
        }
        tokio::task::yield_now().await;
    }
    over.store(true, Ordering::Relaxed);
    for worker in workers {
        worker.await.unwrap();
    }
    for key in 0..CHILDREN {
        let session = supervisor.session(&key).unwrap();
        let answer = session.query("question 1").await.unwrap().text().await;
        // A kill just before the end can still be on its way.
        let answer = match answer {
            Ok(answer) => answer,
            Err(_) => session.query("question 1").await.unwrap().text().await.unwrap(),
        };
        assert_eq!(answer, "answer 1");
    }
    let restarts: u64 = supervisor.list().iter().map(|child| child.restarts).sum();
    assert!(restarts > 0 && errors.load(Ordering::Relaxed) > 0, "nothing was killed in a turn");
    assert!(answers.load(Ordering::Relaxed) > 0);
    supervisor.stop().await;
    drop(supervisor);
    assert_eq!(children(), none, "no process is left");
    assert_eq!(descriptors(), before, "no descriptor is left");
}
