//! Two processes want one conversation: the second learns who has it, and gets it when the first one
//! is certainly gone.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Lines};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::{Duration, SystemTime};

use claude_wire::Session;
use claude_wire::history::project_key;

use crate::session_exclusive::{ID, Place, builder, lease};

/// The place of a program of these tests.
fn place() -> PathBuf {
    std::env::var_os("PLACE").unwrap().into()
}

/// Has the conversation until it is killed.
#[tokio::test]
#[ignore = "a part of other tests"]
async fn owner() {
    let session = builder(&place()).resume(ID).exclusive(true).start().unwrap();
    assert_eq!(session.query("Hello").text().await.unwrap(), "Hi!");
    eprintln!("owns {}", std::process::id());
    std::future::pending::<()>().await;
}

/// Has the conversation, with a CLI that stays in the middle of its turn, until it is killed.
#[tokio::test]
#[ignore = "a part of other tests"]
async fn owner_in_a_turn() {
    let builder = builder(&place()).cli_path(place().join("cli")).resume(ID).exclusive(true);
    let session = builder.start().unwrap();
    let mut turn = session.query("Hello");
    let begun = turn.next().await.unwrap().unwrap();
    assert_eq!(begun.frame().kind_name(), "system");
    eprintln!("owns {}", session.state().pid.unwrap());
    std::future::pending::<()>().await;
}

/// A CLI that does not notice the end of its input, as the real one does not while it has a tool.
const CLI: &str = r#"#!/bin/sh
    read -r line
    id=${line#*'"request_id":"'}
    printf '{"type":"control_response","response":{"subtype":"success","request_id":"%s","response":{}}}\n' "${id%%'"'*}"
    read -r line
    uuid=${line#*'"uuid":"'}
    printf '{"type":"system","subtype":"init","session_id":"ID","user_message_uuids":["%s"]}\n' "${uuid%%'"'*}"
    exec sleep 60
"#;

/// Starts an owner in its own namespace of pids, and kills it. Says what it gets before that, after
/// it, and when the owner has been silent for long.
#[tokio::test]
#[ignore = "a part of other tests"]
async fn next_owner() {
    let next = builder(&place()).resume(ID).exclusive(true).start().unwrap();
    let mut owner = Owner::start(&mut program("owner"));
    eprintln!("says {}", answer(&next).await);
    owner.child.kill().unwrap();
    owner.child.wait().unwrap();
    eprintln!("says {}", answer(&next).await);
    silent_for(&place(), 61);
    eprintln!("says {}", answer(&next).await);
}

/// As if the last sign of life of the owner were so old. There may be no lease any more.
fn silent_for(place: &Path, seconds: u64) {
    let project = place.join("config/projects").join(project_key(place.join("work")));
    if let Ok(file) = File::options().write(true).open(project.join(lease(ID))) {
        file.set_modified(SystemTime::now() - Duration::from_secs(seconds)).unwrap();
    }
}

/// What the session gets: an answer, or who has its conversation.
async fn answer(session: &Session) -> String {
    match session.query("Hello").text().await {
        Ok(text) => text,
        Err(error) => {
            assert!(error.is_owned(), "{error}");
            error.to_string()
        }
    }
}

/// This test program, as another process that runs this part.
fn program(part: &str) -> Command {
    let mut program = Command::new(std::env::current_exe().unwrap());
    program.args(part_args(part));
    program
}

fn part_args(part: &str) -> [String; 4] {
    let name = format!("session_owners::{part}");
    ["--exact".into(), name, "--ignored".into(), "--nocapture".into()]
}

/// The same in a new namespace of pids, with its own `/proc` or with that of this machine.
fn in_namespace(part: &str, own_proc: bool) -> Command {
    let mut program = Command::new("unshare");
    program.args(["--pid", "--fork", "--kill-child"]).args(own_proc.then_some("--mount-proc"));
    program.arg("--").arg(std::env::current_exe().unwrap()).args(part_args(part));
    program
}

/// A process that has the conversation; killed when it is dropped.
struct Owner {
    child: Child,
    stderr: Lines<BufReader<ChildStderr>>,
    /// The pid that it names, as it sees it: its own, or that of its CLI.
    pid: String,
}

impl Owner {
    fn start(program: &mut Command) -> Self {
        let mut child = program.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = stderr.by_ref().map_while(Result::ok);
        let pid = said.find_map(|line| line.strip_prefix("owns ").map(str::to_owned));
        Self { child, stderr, pid: pid.expect("the program has ended") }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn a_second_process_is_refused_until_the_first_one_is_killed() {
    for is_reaped in [true, false] {
        let place = Place::new();
        let mut owner = Owner::start(program("owner").env("PLACE", place.path("")));
        let next = place.builder().resume(ID).exclusive(true).start().unwrap();
        for _ in 0..2 {
            let refused = answer(&next).await;
            assert!(refused.contains(&format!("process {} on ", owner.pid)), "{refused}");
        }
        owner.child.kill().unwrap();
        if is_reaped {
            owner.child.wait().unwrap();
        } else {
            // Dead, while its parent has not asked for its end.
            let stat = || fs::read_to_string(format!("/proc/{}/stat", owner.pid)).unwrap();
            while !stat().contains(") Z ") {
                std::thread::yield_now();
            }
        }
        // At once, although it has shown that it is alive just before.
        assert_eq!(answer(&next).await, "Hi!", "reaped: {is_reaped}");
        next.stop().await.unwrap();
    }
}

/// The CLI of a killed program goes on for a while, and writes to the conversation.
#[tokio::test]
async fn the_conversation_of_a_killed_program_is_free_when_its_cli_has_ended() {
    let place = Place::new();
    let cli = place.path("cli");
    fs::write(&cli, CLI.replace("ID", ID)).unwrap();
    fs::set_permissions(&cli, fs::Permissions::from_mode(0o700)).unwrap();
    let mut owner = Owner::start(program("owner_in_a_turn").env("PLACE", place.path("")));
    owner.child.kill().unwrap();
    owner.child.wait().unwrap();

    let builder = place.builder().resume(ID).exclusive(true);
    let next = builder.initialize_timeout(Duration::from_millis(100)).start().unwrap();
    for _ in 0..2 {
        let refused = answer(&next).await;
        assert!(refused.contains(&format!("its CLI is process {}", owner.pid)), "{refused}");
    }
    let killed = Command::new("kill").args(["-9", &owner.pid]).status().unwrap();
    assert!(killed.success());
    // The kernel takes a moment.
    while fs::read_to_string(format!("/proc/{}/stat", owner.pid))
        .is_ok_and(|stat| !stat.contains(") Z "))
    {
        std::thread::yield_now();
    }
    let next = place.builder().resume(ID).exclusive(true).start().unwrap();
    assert_eq!(answer(&next).await, "Hi!");
    next.stop().await.unwrap();
}

#[tokio::test]
#[ignore = "needs root, for a namespace of pids: `.ci/run features`"]
async fn in_another_namespace_an_owner_is_judged_by_its_heartbeat() {
    for own_proc in [true, false] {
        let place = Place::new();
        let program = &mut in_namespace("owner", own_proc);
        let mut owner = Owner::start(program.env("PLACE", place.path("")));
        // There is another process with this pid here.
        assert_eq!(owner.pid, "1");
        let next = place.builder().resume(ID).exclusive(true).start().unwrap();
        let refused = answer(&next).await;
        assert!(refused.contains("process 1 on "), "{refused}");
        owner.child.kill().unwrap();
        owner.child.wait().unwrap();
        // Its standard error ends with it.
        assert_eq!(owner.stderr.by_ref().map_while(Result::ok).count(), 0);
        let refused = answer(&next).await;
        assert!(refused.contains("process 1 on "), "it may be alive: {refused}");
        silent_for(&place.path(""), 59);
        let refused = answer(&next).await;
        assert!(refused.contains("process 1 on "), "it may be alive: {refused}");
        silent_for(&place.path(""), 61);
        assert_eq!(answer(&next).await, "Hi!", "own /proc: {own_proc}");
        next.stop().await.unwrap();
    }
}

/// Both are in one namespace. If `/proc` is that of another one, its pids mean nothing.
#[tokio::test]
#[ignore = "needs root, for a namespace of pids: `.ci/run features`"]
async fn in_one_namespace_the_next_owner_takes_over_if_it_can_see_the_first() {
    for own_proc in [true, false] {
        let place = Place::new();
        let output =
            in_namespace("next_owner", own_proc).env("PLACE", place.path("")).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{text}");
        let said: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("says ")).collect();
        let [before, after, later] = said[..] else { panic!("{text}") };
        assert!(before.contains("process "), "{text}");
        assert_eq!(after, if own_proc { "Hi!" } else { before }, "{text}");
        assert_eq!(later, "Hi!", "{text}");
    }
}
