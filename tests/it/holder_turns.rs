//! Programs that are replaced while a holder keeps their CLI.
#![cfg(unix)]

use std::collections::HashMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use claude_wire::holder::{HeldTransport, Holder};
use claude_wire::session::{EndCause, SessionEvent};
use claude_wire::supervisor::{ChildSpec, ChildState, Supervisor};
use claude_wire::transport::{CliPath, Exit, Memory, Process, Shutdown, Transport};
use claude_wire::{Decision, Message, PermissionRequest, Session, SessionBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::support::ask::ask;
use crate::support::cli::{FakeCli, Launches, Log, assistant, cli, init, result, serving, success};

/// A holder, in the runtime of the test.
struct Held {
    folder: TempDir,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Held {
    fn new(transport: impl Transport) -> Self {
        Self::with(transport, |holder| holder)
    }

    fn with(transport: impl Transport, change: impl FnOnce(Holder) -> Holder) -> Self {
        Self::at(tempfile::tempdir().unwrap(), transport, change)
    }

    fn at(
        folder: TempDir,
        transport: impl Transport,
        change: impl FnOnce(Holder) -> Holder,
    ) -> Self {
        let holder = change(Holder::bind(folder.path().join("socket"), transport).unwrap());
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(holder.run(async { drop(stopped.await) }));
        Self { folder, stop: Some(stop), task }
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    fn transport(&self) -> HeldTransport {
        HeldTransport::new(self.socket(), "chat")
    }

    async fn keys(&self) -> Vec<String> {
        let all = HeldTransport::list(self.socket()).await.unwrap();
        all.into_iter().map(|held| held.key).collect()
    }

    /// Waits until the holder has no CLI any more.
    async fn is_empty(&self) {
        while !self.keys().await.is_empty() {
            tokio::task::yield_now().await;
        }
    }

    /// Waits until no program has the CLI.
    async fn is_unclaimed(&self) {
        while HeldTransport::list(self.socket()).await.unwrap()[0].owner.is_some() {
            tokio::task::yield_now().await;
        }
    }

    async fn stop(mut self) -> TempDir {
        drop(self.stop.take());
        self.task.await.unwrap();
        self.folder
    }
}

/// A program with a session: a runtime that is shut down without a word, as by SIGKILL.
struct Program {
    runtime: Runtime,
    session: Session,
    /// What it sees: `asked NAME`, and its messages.
    seen: mpsc::UnboundedReceiver<String>,
    reports: mpsc::UnboundedSender<String>,
}

impl Program {
    /// Answers this many permission requests, and leaves others open.
    fn new(held: &Held, answers: usize) -> Self {
        Self::with(held, answers, |builder| builder)
    }

    fn with(
        held: &Held,
        answers: usize,
        change: impl FnOnce(SessionBuilder) -> SessionBuilder,
    ) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (reports, seen) = mpsc::unbounded_channel();
        let report = reports.clone();
        let left = std::sync::atomic::AtomicUsize::new(answers);
        let builder = Session::builder().on_permission(move |request: PermissionRequest| {
            let _ = report.send(format!("asked {}", request.tool_name()));
            let left = left.fetch_update(
                std::sync::atomic::Ordering::SeqCst,
                std::sync::atomic::Ordering::SeqCst,
                |left| left.checked_sub(1),
            );
            async move {
                if left.is_err() {
                    std::future::pending::<()>().await;
                }
                Decision::allow()
            }
        });
        let session = change(builder.transport(held.transport())).start().unwrap();
        Self { runtime, session, seen, reports }
    }

    /// Reads a turn to its end, and reports each message.
    fn read(&self, mut turn: claude_wire::Turn) {
        let reports = self.reports.clone();
        self.runtime.spawn(async move {
            while let Some(message) = turn.next().await {
                let _ = reports.send(message.map_or_else(|error| error.to_string(), describe));
            }
            let _ = reports.send("end".into());
        });
    }

    /// The last turn of a CLI that ran before.
    async fn held_turn(&self) -> Option<claude_wire::Turn> {
        let session = self.session.clone();
        self.runtime.spawn(async move { session.held_turn().await }).await.unwrap().unwrap()
    }

    async fn text(&self, prompt: &'static str) -> String {
        let session = self.session.clone();
        self.runtime
            .spawn(async move { session.query(prompt).text().await })
            .await
            .unwrap()
            .unwrap()
    }

    async fn stop(self) -> Option<Exit> {
        let session = self.session.clone();
        let exit = self.runtime.spawn(async move { session.stop().await }).await.unwrap().unwrap();
        self.runtime.shutdown_background();
        exit
    }

    /// What it sees up to this, which is the last.
    async fn seen_until(&mut self, last: &str) -> Vec<String> {
        let mut all = Vec::new();
        while all.last().is_none_or(|seen| seen != last) {
            all.push(self.seen.recv().await.expect("it sees more"));
        }
        all
    }

    async fn kill(self) {
        let Self { runtime, session, .. } = self;
        let ended = move || runtime.shutdown_timeout(Duration::from_secs(60));
        tokio::task::spawn_blocking(ended).await.unwrap();
        // Not before: a killed program drops no session, which would end its CLI.
        drop(session);
    }
}

fn describe(message: Message) -> String {
    let frame = message.frame();
    match message.as_assistant() {
        Some(_) => {
            let content = frame.json().pointer("/message/content/0/text");
            content.and_then(|text| text.as_str().map(String::from)).unwrap_or_default()
        }
        None => frame.kind_name().into_owned(),
    }
}

/// A CLI that answers each prompt with three texts and asks for a permission between them. Logs what
/// is written for it.
fn asking(log: &Log) -> Memory {
    let log = log.clone();
    cli(move |_, mut cli| {
        let log = log.clone();
        async move {
            while let Some(line) = next(&mut cli, &log).await {
                let uuid = line["uuid"].as_str().unwrap().to_owned();
                cli.write(init(&uuid)).await;
                cli.write(assistant("one")).await;
                for (id, text) in [("r-1", "two"), ("r-2", "three")] {
                    let input = json!({"subtype": "can_use_tool", "tool_name": id, "tool_use_id": "t", "input": {}});
                    cli.write(ask(id, &input.to_string())).await;
                    let answer = next(&mut cli, &log).await;
                    if answer.is_none() {
                        return Exit::from_code(1);
                    }
                    cli.write(assistant(text)).await;
                }
                cli.write(result(&uuid, "done")).await;
            }
            Exit::from_code(0)
        }
    })
}

/// The next prompt or answer; other requests are confirmed.
async fn next(cli: &mut FakeCli, log: &Log) -> Option<Value> {
    loop {
        let line = cli.read().await?;
        match line["type"].as_str().unwrap() {
            "control_request" => {
                log.push(line["request"]["subtype"].as_str().unwrap());
                cli.write(success(&line, json!({}))).await;
            }
            "control_response" => {
                log.push(line["response"]["request_id"].as_str().unwrap());
                return Some(line);
            }
            _ => {
                log.push(line["message"]["content"].as_str().unwrap());
                return Some(line);
            }
        }
    }
}

/// A program begins a turn, and is killed while a permission request is open.
async fn killed_at_a_request(held: &Held) {
    let mut first = Program::new(held, 0);
    first.read(first.session.query("go"));
    first.seen_until("asked r-1").await;
    first.kill().await;
    held.is_unclaimed().await;
}

#[tokio::test]
async fn the_next_program_finishes_the_turn() {
    // How many requests the first program answers, and what it sees last.
    for (answers, last) in [
        (0, "system"),
        (0, "one"),
        (0, "asked r-1"),
        (1, "two"),
        (1, "asked r-2"),
        (2, "three"),
        (2, "end"),
    ] {
        let log = Log::default();
        let held = Held::new(asking(&log));
        let mut first = Program::new(&held, answers);
        first.read(first.session.query("go"));
        first.seen_until(last).await;
        first.kill().await;
        held.is_unclaimed().await;

        let mut second = Program::new(&held, 9);
        let turn = second.held_turn().await.expect("the turn that was begun");
        let uuid = turn.uuid().unwrap().to_owned();
        let known = HeldTransport::list(held.socket()).await.unwrap()[0].turn.clone().unwrap();
        assert_eq!(uuid, known.uuid);
        second.read(turn);
        let seen = second.seen_until("end").await;
        let (asked, messages): (Vec<_>, Vec<_>) =
            seen.iter().map(String::as_str).partition(|seen| seen.starts_with("asked"));
        assert_eq!(messages, ["system", "one", "two", "three", "result", "end"], "{last}");
        assert_eq!(asked, ["asked r-1", "asked r-2"][answers..], "{last}");
        assert!(second.held_turn().await.is_none(), "it is handed out once");
        // The CLI has noticed nothing.
        assert_eq!(log.all(), ["initialize", "go", "r-1", "r-2"], "{last}");

        assert_eq!(second.text("more").await, "done");
        assert_eq!(second.session.stats().lines, Default::default(), "{last}");
        assert_eq!(second.stop().await, Some(Exit::from_code(0)));
        held.is_empty().await;
    }
}

#[tokio::test]
async fn a_program_with_other_fields_shakes_hands_again_and_gets_its_own_replies() {
    let log = Log::default();
    let held = Held::new(asking(&log));
    killed_at_a_request(&held).await;
    for field in ["one", "two"] {
        held.is_unclaimed().await;
        let change = |builder: SessionBuilder| builder.initialize_field("aField", field.into());
        let mut next = Program::with(&held, 0, change);
        next.read(next.held_turn().await.unwrap());
        next.seen_until("asked r-1").await;
        let session = next.session.clone();
        let model = async move { session.set_model("opus").await };
        next.runtime.spawn(model).await.unwrap().unwrap();
        assert_eq!(next.session.stats().lines.stray_replies, 0);
        next.kill().await;
    }
    let expected = ["initialize", "go", "initialize", "set_model", "initialize", "set_model"];
    assert_eq!(log.all(), expected);
}

#[tokio::test]
async fn a_supervisor_that_leaves_the_holder_starts_nothing_again() {
    let held = Held::new(asking(&Log::default()));
    let keys: Vec<_> = (0..8).map(|number| format!("chat-{number}")).collect();
    let transports: Vec<_> =
        keys.iter().map(|key| HeldTransport::new(held.socket(), key)).collect();
    let specs = keys.iter().zip(&transports).map(|(key, transport)| {
        let transport = transport.clone();
        let make = move || Session::builder().transport(transport.clone());
        ChildSpec::new(key.clone(), make)
    });
    // More children than restarts are allowed.
    let builder = Supervisor::builder().intensity(3, Duration::from_secs(60));
    let supervisor = builder.children(specs).start().await.unwrap();
    for transport in &transports {
        transport.leave();
    }
    for key in &keys {
        let child = supervisor.session(key).unwrap();
        child.wait_for(ChildState::Failed).await.unwrap();
    }
    for child in supervisor.list() {
        assert_eq!((child.state, child.restarts), (ChildState::Failed, 0), "{child:?}");
    }
    // By hand neither, and the error says why.
    let error = supervisor.restart_session(&keys[0]).await.unwrap_err();
    let error = error.session_error().unwrap();
    assert!(error.transport_error().is_some_and(|error| error.is_left()), "{error}");
    supervisor.stop().await;
    assert_eq!(held.keys().await, keys, "the CLIs are for the next program");
}

#[tokio::test]
async fn a_session_that_leaves_says_so() {
    let held = Held::new(asking(&Log::default()));
    let transport = held.transport();
    let session = Session::builder().transport(transport.clone()).start().unwrap();
    session.connect().await.unwrap();
    let mut events = session.events();
    transport.leave();
    let end = loop {
        if let SessionEvent::Disconnected(end) = events.next().await.unwrap() {
            break end;
        }
    };
    assert_eq!(end.cause, EndCause::Left);
    assert!(end.cause.is_wanted());
    let error = session.query("go").text().await.unwrap_err();
    assert!(error.transport_error().is_some_and(|error| error.is_left()), "{error}");
    assert_eq!(held.keys().await, ["chat"]);
}

#[tokio::test]
async fn a_turn_that_no_one_asks_for_is_finished_before_the_next_query() {
    let log = Log::default();
    let held = Held::new(asking(&log));
    killed_at_a_request(&held).await;
    let second = Program::new(&held, 9);
    assert_eq!(second.text("more").await, "done");
    assert_eq!(log.all(), ["initialize", "go", "r-1", "r-2", "more", "r-1", "r-2"]);
    second.kill().await;
}

#[tokio::test]
async fn dropping_the_held_turn_interrupts_it() {
    let log = Log::default();
    let held = Held::new(asking(&log));
    killed_at_a_request(&held).await;
    let second = Program::new(&held, 0);
    drop(second.held_turn().await.unwrap());
    while !log.all().contains(&"interrupt".to_owned()) {
        tokio::task::yield_now().await;
    }
    second.kill().await;
}

#[tokio::test]
async fn a_second_program_is_refused() {
    let held = Held::new(serving(&Launches::default()));
    let first = Session::builder().transport(held.transport()).start().unwrap();
    first.query("hello").drain().await.unwrap();
    let second = Session::builder().transport(held.transport()).start().unwrap();
    let error = second.query("hello").drain().await.unwrap_err();
    let refused = error.transport_error().unwrap();
    assert!(refused.is_owned() && error.is_start(), "{error}");
    let owner = format!("(process {})", std::process::id());
    assert!(
        error.to_string().contains(&owner) && error.to_string().contains("\"chat\""),
        "{error}"
    );
    // Another key is another CLI.
    let other = HeldTransport::new(held.socket(), "other");
    let other = Session::builder().transport(other).start().unwrap();
    other.query("hello").drain().await.unwrap();
    assert_eq!(held.keys().await, ["chat", "other"]);
    first.stop().await.unwrap();
    other.stop().await.unwrap();
    held.is_empty().await;
    second.query("now").drain().await.unwrap();
    second.stop().await.unwrap();
}

#[tokio::test]
async fn a_program_that_leaves_is_succeeded() {
    let launches = Launches::default();
    let held = Held::new(serving(&launches));
    let transport = held.transport();
    let first = Session::builder().transport(transport.clone()).start().unwrap();
    first.query("hello").drain().await.unwrap();
    transport.leave();
    first.watch().wait_for(|state| state.last_end.is_some()).await.unwrap();
    assert_eq!(first.state().last_end.unwrap().exit, Some(Exit { code: None, signal: None }));
    let error = first.query("again").drain().await.unwrap_err();
    assert!(error.is_start(), "{error}");
    held.is_unclaimed().await;
    let second = Session::builder().transport(held.transport()).start().unwrap();
    let turn = second.held_turn().await.unwrap().unwrap();
    assert_eq!(turn.text().await.unwrap(), "hello");
    assert_eq!(second.query("next").text().await.unwrap(), "next");
    assert_eq!(launches.len(), 1);
    second.stop().await.unwrap();
}

#[tokio::test]
async fn a_cli_that_no_program_claims_is_ended() {
    let log = Log::default();
    let end = log.clone();
    let cli = cli(move |_, mut cli| {
        let end = end.clone();
        async move {
            let exit = cli.serve().await;
            end.push("end of input");
            exit
        }
    });
    let held = Held::with(cli, |holder| holder.unclaimed(Duration::from_millis(20)));
    let transport = held.transport();
    let session = Session::builder().transport(transport.clone()).start().unwrap();
    session.query("hello").drain().await.unwrap();
    transport.leave();
    held.is_empty().await;
    assert_eq!(log.all(), ["end of input"]);
    // The next program gets another one.
    let next = Session::builder().transport(held.transport()).start().unwrap();
    assert!(next.held_turn().await.unwrap().is_none());
    next.stop().await.unwrap();
}

#[tokio::test]
async fn lines_wait_for_the_next_program_and_stop_the_cli_when_they_are_too_many() {
    const LINES: usize = 2000;
    let log = Log::default();
    let written = log.clone();
    let cli = cli(move |_, mut cli| {
        let written = written.clone();
        async move {
            cli.handshake().await;
            let (uuid, _) = cli.prompt().await;
            cli.write(init(&uuid)).await;
            for number in 0..LINES {
                cli.write(assistant(&format!("{number} {}", "x".repeat(1000)))).await;
                written.push("line");
            }
            cli.write(result(&uuid, "done")).await;
            cli.drain().await;
            Exit::from_code(0)
        }
    });
    let held = Held::with(cli, |holder| holder.buffer(100_000));
    let mut first = Program::new(&held, 0);
    first.read(first.session.query("go"));
    first.seen_until("system").await;
    first.kill().await;
    held.is_unclaimed().await;
    // Until the pipe is full, which has no event: no more comes in this time.
    let mut before = 0;
    while before == 0 || before != log.len() {
        before = log.len();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let second = Session::builder().transport(held.transport()).start().unwrap();
    let mut events = second.events();
    let mut turn = second.held_turn().await.unwrap().unwrap();
    let mut texts = Vec::new();
    while let Some(message) = turn.next().await {
        texts.push(describe(message.unwrap()));
    }
    assert_eq!(texts.pop().as_deref(), Some("result"));
    // What the first program had read may be gone, and that is reported.
    let first = LINES - texts.iter().filter(|text| text.contains(' ')).count();
    for (number, text) in (first..LINES).zip(texts.iter().filter(|text| text.contains(' '))) {
        assert!(text.starts_with(&format!("{number} ")), "{number}: {text:.9}");
    }
    let mut warned = false;
    while let Some(event) = futures_util::FutureExt::now_or_never(events.next()).flatten() {
        warned |= matches!(&event, SessionEvent::Warning(text) if text.contains("no longer held"));
    }
    assert_eq!(warned, first > 0 || texts.first().is_none_or(|text| text != "system"));
    second.stop().await.unwrap();
}

#[tokio::test]
async fn without_a_holder_the_start_fails_and_with_the_next_one_the_session_resumes() {
    let launches = Launches::default();
    let held = Held::new(serving(&launches));
    let session = Session::builder().transport(held.transport()).start().unwrap();
    session.query("hello").drain().await.unwrap();
    let id = session.session_id().unwrap();
    let folder = held.stop().await;
    assert!(!folder.path().join("socket").exists());
    session.watch().wait_for(|state| state.last_end.is_some()).await.unwrap();
    let error = session.query("alone").drain().await.unwrap_err();
    assert!(error.transport_error().unwrap().is_no_holder() && error.is_start(), "{error}");
    assert!(error.to_string().contains("claude-wire hold"), "{error}");
    let held = Held::at(folder, serving(&launches), |holder| holder);
    assert_eq!(session.query("back").text().await.unwrap(), "back");
    assert_eq!(launches.flag(1, "--resume"), Some(id));
    session.stop().await.unwrap();
    held.is_empty().await;
}

#[tokio::test]
async fn the_launch_and_the_exit_pass_through() {
    let launches = Launches::default();
    let seen = launches.clone();
    let cli = cli(move |launch, mut cli| {
        seen.note(launch);
        async move {
            cli.handshake().await;
            let (uuid, _) = cli.prompt().await;
            cli.complain("first\nsecond").await;
            cli.turn(&uuid, "hello").await;
            cli.prompt().await;
            cli.write_bytes(b"{\"type\":\"assis").await;
            Exit::from_code(7)
        }
    });
    let held = Held::new(cli);
    let session = Session::builder()
        .model("opus")
        .env("NAME", "a value")
        .cwd(held.folder.path())
        .transport(held.transport())
        .start()
        .unwrap();
    let mut events = session.events();
    assert_eq!(session.query("1").text().await.unwrap(), "hello");
    let error = session.query("2").drain().await.unwrap_err();
    assert!(error.is_closed(), "{error}");
    assert_eq!(session.exit(), Some(Exit::from_code(7)));
    assert_eq!(session.stderr_tail(), "first\nsecond\n");
    let tails =
        std::iter::from_fn(|| futures_util::FutureExt::now_or_never(events.next()).flatten())
            .filter(|event| matches!(event, SessionEvent::TruncatedTail(_)));
    assert_eq!(tails.count(), 1, "a line that was cut off stays one");
    let launch = &launches.all()[0];
    assert_eq!(launches.flag(0, "--model").as_deref(), Some("opus"));
    assert_eq!(launch.cwd.as_deref(), Some(held.folder.path()));
    let env = launch.env.resolve([("HOLDER".into(), "x".into())], None);
    let env: HashMap<_, _> =
        env.iter().filter_map(|(name, value)| Some((name.to_str()?, value.to_str()?))).collect();
    assert_eq!(env.get("NAME"), Some(&"a value"));
    assert_eq!(env.get("HOLDER"), None, "the environment of the holder is not that of the CLI");
    assert_eq!(env.get("CLAUDE_CODE_ENTRYPOINT"), Some(&"sdk-rs"));
    held.is_empty().await;
}

#[tokio::test]
async fn a_cli_that_cannot_start_is_an_error_of_the_start() {
    let held = Held::new(Process::new(CliPath::Explicit("/nowhere/claude".into())));
    let session = Session::builder().transport(held.transport()).start().unwrap();
    let error = session.query("1").drain().await.unwrap_err();
    assert!(error.is_start() && error.to_string().contains("/nowhere/claude"), "{error}");
    held.is_empty().await;
}

#[tokio::test]
async fn the_socket_is_for_its_user_and_one_holder() {
    let held = Held::new(serving(&Launches::default()));
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&held.socket()), 0o600);
    let error = Holder::bind(held.socket(), serving(&Launches::default())).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
    assert!(error.to_string().contains("socket"), "{error}");
    let folder = held.stop().await;
    // One that a killed holder left behind.
    let path = folder.path().join("socket");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let held = Held::at(folder, serving(&Launches::default()), |holder| holder);
    assert_eq!((mode(&path), held.keys().await.len()), (0o600, 0));
    assert_eq!(std::fs::read_dir(held.folder.path()).unwrap().count(), 1, "nothing else is left");
    // Any other file is not replaced.
    let file = held.folder.path().join("notes");
    std::fs::write(&file, "mine").unwrap();
    let error = Holder::bind(&file, serving(&Launches::default())).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
}

#[tokio::test]
async fn a_holder_may_wait_for_its_clis_without_limit() {
    let longest = Duration::MAX;
    let shutdown = Shutdown { grace_after_eof: longest, grace_after_sigterm: longest };
    let held = Held::with(serving(&Launches::default()), |holder| {
        holder.unclaimed(longest).shutdown(shutdown)
    });
    let program = Program::new(&held, 0);
    assert_eq!(program.text("go").await, "go");
    program.kill().await;
    held.is_unclaimed().await;
    let ended = tokio::time::timeout(Duration::from_secs(30), held.stop()).await;
    ended.expect("the CLI ends at the end of its input");
}

#[tokio::test]
async fn a_cli_that_writes_without_end_is_ended_with_its_holder() {
    let shutdown = Shutdown {
        grace_after_eof: Duration::from_millis(20),
        grace_after_sigterm: Duration::from_secs(2),
    };
    let held = Held::with(Process::new(CliPath::Explicit("/bin/sh".into())), |holder| {
        holder.buffer(1000).shutdown(shutdown)
    });
    // An owner that does not read, either.
    let mut owner = UnixStream::connect(held.socket()).await.unwrap();
    let env = json!({"PATH": std::env::var("PATH").unwrap()});
    let args = json!(["-c", "exec yes >&2"]);
    let open = json!({"type": "open", "key": "chat", "args": args, "env": env, "cwd": "/"});
    owner.write_all(format!("{open}\n").as_bytes()).await.unwrap();
    let mut answer = [0; 16];
    owner.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, *br#"{"type":"opened""#);
    let ended = tokio::time::timeout(Duration::from_secs(30), held.stop()).await;
    ended.expect("the holder ends");
}

#[tokio::test]
async fn what_is_not_the_protocol_is_refused() {
    let held = Held::new(serving(&Launches::default()));
    for first in [
        "",
        "hello\n",
        "{\"type\":\"open\"}\n",
        "{\"type\":\"later\",\"key\":\"a\"}\n",
        "{\"type\":\"list\"",
    ] {
        let mut stream = UnixStream::connect(held.socket()).await.unwrap();
        stream.write_all(first.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let is_whole = first.ends_with('\n');
        assert_eq!(answer.contains("\"failed\""), is_whole, "{first:?}: {answer}");
    }
    assert!(held.keys().await.is_empty());
}
