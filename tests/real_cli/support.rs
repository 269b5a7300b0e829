//! Shared helpers of these tests.

use std::path::Path;
use std::time::Duration;

use claude_wire::Session;
use claude_wire::lab::{ApiScript, Hermetic, real_cli};
use claude_wire::session::SessionEvent;
use claude_wire::transport::{Environment, Exit, Inherit, Launch, Shutdown};
use tokio::process::Command;

/// How often to poll for what gives no event.
const LOOK: Duration = Duration::from_millis(5);

/// A place for the CLI that `CLAUDE_WIRE_REAL_CLI` names.
pub(crate) async fn place(script: ApiScript) -> Hermetic {
    let cli = real_cli().expect("checked by the harness");
    Hermetic::start(cli, script).await.unwrap_or_else(|error| panic!("{error}"))
}

/// The grace periods for a CLI whose predecessor was killed: see `killed_resumed_cleared`.
pub(crate) fn after_a_kill() -> Shutdown {
    Shutdown { grace_after_eof: Duration::from_secs(20), ..Shutdown::default() }
}

/// Stops the session and closes the place; both must succeed.
pub(crate) async fn finish(session: Session, place: Hermetic) -> Exit {
    let exit = session.stop().await.unwrap().expect("a process that has ended");
    close(place);
    exit
}

/// Closes the place, which must succeed.
pub(crate) fn close(place: Hermetic) {
    place.finish().unwrap_or_else(|error| panic!("{error}"));
}

/// A launch of the CLI without a session.
pub(crate) fn launch<const N: usize>(place: &Hermetic, args: [&str; N]) -> Launch {
    let env = Environment::new().inherit(Inherit::None);
    let env = place.env().into_iter().fold(env, |env, (name, value)| env.set(name, value));
    Launch { args: args.map(Into::into).to_vec(), env, cwd: Some(place.cwd()), ..Launch::default() }
}

/// Sends a signal to a process.
pub(crate) async fn signal(pid: u32, name: &str) {
    let status = Command::new("kill").args(["-s", name, &pid.to_string()]).status().await.unwrap();
    assert!(status.success(), "no process {pid}");
}

/// Kills the CLI of a session, and waits until the session notices.
pub(crate) async fn kill(session: &Session) -> Exit {
    let mut events = session.events();
    signal(session.pid().expect("a CLI that runs"), "KILL").await;
    loop {
        if let SessionEvent::Disconnected(end) =
            events.next().await.expect("a session that goes on")
        {
            return end.exit.expect("a process that has ended");
        }
    }
}

/// The content of a file that a tool writes, once it exists.
pub(crate) async fn appears(path: &Path) -> String {
    loop {
        match std::fs::read_to_string(path) {
            Ok(content) => return content,
            // Not every file system reports changes of a file.
            Err(_) => tokio::time::sleep(LOOK).await,
        }
    }
}

/// Waits until a process that is not our child has ended.
pub(crate) async fn gone(pid: &str) {
    while Path::new("/proc").join(pid).exists() {
        tokio::time::sleep(LOOK).await;
    }
}
