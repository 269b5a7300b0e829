//! A session whose CLI is started by another program.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use claude_wire::Session;
use claude_wire::testing::mock_claude;
use claude_wire::transport::Launcher;

#[tokio::test]
async fn a_session_is_the_same_through_a_launcher() {
    let folder = tempfile::tempdir().unwrap();
    let (here, there) = (folder.path().join("here"), folder.path().join("it's \"there\""));
    std::fs::create_dir(&there).unwrap();
    let scenario = folder.path().join("scenario.json");
    let turns = r#"[{"prompt": "Hello", "reply": [{"text": "Hi!"}]}]"#;
    let text = format!(r#"{{"claude-wire": "scenario", "version": 1, "turns": {turns}}}"#);
    std::fs::write(&scenario, text).unwrap();
    for through_shell in [false, true] {
        let launcher = match through_shell {
            false => Launcher::new("env"),
            // As sshd runs a command.
            true => Launcher::new("sh").args(["-c", r#"exec sh -c "$0""#]).through_shell(true),
        };
        let transport = launcher.cli(mock_claude().unwrap()).map_path(&here, &there);
        let session = Session::builder()
            .transport(transport)
            .cwd(&here)
            .env("CLAUDE_WIRE_SCENARIO", scenario.to_str().unwrap())
            .start()
            .unwrap();
        assert_eq!(session.query("Hello").text().await.unwrap(), "Hi!");
        let pid = session.pid().unwrap();
        let cwd = std::fs::read_link(format!("/proc/{pid}/cwd"));
        // Every shell has become the next program, so it is the CLI itself.
        if cfg!(target_os = "linux") {
            assert_eq!(cwd.unwrap(), there.canonicalize().unwrap());
        }
        assert!(session.stop().await.unwrap().unwrap().success());
    }
}

#[tokio::test]
async fn the_last_words_of_a_launcher_are_in_the_error() {
    let fails = r#"read first; echo "Timeout, server x not responding." >&2; exit 255"#;
    let session =
        Session::builder().transport(Launcher::new("sh").args(["-c", fails])).start().unwrap();
    let error = session.query("Hi").text().await.unwrap_err();
    assert!(error.is_process(), "{error:?}");
    assert_eq!(error.exit().and_then(|exit| exit.code), Some(255));
    assert!(error.to_string().contains("not responding"), "{error}");
}
