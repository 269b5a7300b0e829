//! The programs of a holder: who gets a CLI, what passes through, and how a CLI and its holder end.
#![cfg(unix)]

use std::collections::HashMap;
use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use claude_wire::Session;
use claude_wire::holder::{HeldTransport, Holder};
use claude_wire::session::{EndCause, SessionEvent};
use claude_wire::supervisor::{ChildSpec, ChildState, Supervisor};
use claude_wire::transport::{CliPath, Exit, Launch, Process, Shutdown, Transport};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

use crate::holder_support::{Held, Program, asking};
use crate::support::cli::{Launches, Log, cli, serving, success};

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
async fn a_second_program_is_refused() {
    let held = Held::new(serving(&Launches::default()));
    let first = Session::builder().transport(held.transport()).start().unwrap();
    first.query("hello").drain().await.unwrap();
    let second = Session::builder().transport(held.transport()).start().unwrap();
    let error = second.query("hello").drain().await.unwrap_err();
    let refused = error.transport_error().unwrap();
    assert!(refused.is_owned() && error.is_owned() && error.is_start(), "{error}");
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

#[tokio::test]
async fn a_repeated_handshake_reaches_the_cli() {
    let cli = cli(|_, mut cli| async move {
        let mut handshakes = 0;
        while let Some(line) = cli.read().await {
            handshakes += 1;
            cli.write(success(&line, json!({"output_style": handshakes.to_string()}))).await;
        }
        Exit::from_code(0)
    });
    let held = Held::new(cli);
    // What each program hears at its start, and by each repetition.
    for (start, again) in
        [("1", vec!["2", "3"]), ("3", vec![]), ("3", vec!["4", "5"]), ("5", vec!["6"])]
    {
        let program = Program::new(&held, 0);
        let session = program.session.clone();
        let repetitions = again.len();
        let heard = program.runtime.spawn(async move {
            let mut heard = vec![session.connect().await.unwrap().output_style.clone()];
            for _ in 0..repetitions {
                heard.push(session.reinitialize().await.unwrap().output_style.clone());
                assert_eq!(session.server_info().unwrap().output_style, heard[heard.len() - 1]);
            }
            heard
        });
        assert_eq!(heard.await.unwrap(), [vec![start], again].concat());
        assert_eq!(program.session.stats().lines, Default::default());
        program.kill().await;
        held.is_unclaimed().await;
    }
}

/// Run as another user: a holder that tells how much it is sent.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "a part of another test"]
fn holder_of_another_user() {
    let socket = std::env::var_os("SOCKET").unwrap();
    let listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    std::fs::set_permissions(&socket, Permissions::from_mode(0o777)).unwrap();
    println!("\nit listens");
    for _ in 0..2 {
        let (mut program, _) = listener.accept().unwrap();
        let read = std::io::Read::read(&mut program, &mut [0; 1000]).unwrap();
        println!("\nit was sent {read} bytes");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_holder_of_another_user_gets_nothing() {
    const OTHER: u32 = 65534;
    let folder = tempfile::tempdir().unwrap();
    if std::fs::metadata(folder.path()).unwrap().uid() != 0 {
        println!("not checked: only root can start a holder as another user");
        return;
    }
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
    let socket = folder.path().join("socket");
    // Under this name it starts where the other user cannot look.
    let mut other = tokio::process::Command::new("/proc/self/exe")
        .args(["--exact", "holder_programs::holder_of_another_user", "--ignored", "--nocapture"])
        .env("SOCKET", &socket)
        .current_dir(folder.path())
        .uid(OTHER)
        .gid(OTHER)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut said = BufReader::new(other.stdout.take().unwrap()).lines();
    let mut next = async || loop {
        let line = said.next_line().await.unwrap().expect("it says more");
        if line.starts_with("it ") {
            return line;
        }
    };
    assert_eq!(next().await, "it listens");
    let opened = HeldTransport::new(&socket, "chat").open(Launch::default()).await;
    assert_eq!(next().await, "it was sent 0 bytes");
    let listed = HeldTransport::list(&socket).await;
    assert_eq!(next().await, "it was sent 0 bytes");
    for error in [opened.map(drop).unwrap_err(), listed.map(drop).unwrap_err()] {
        assert!(error.is_no_holder(), "{error}");
        assert!(error.to_string().contains("user 65534"), "{error}");
    }
}
