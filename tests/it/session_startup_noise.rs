//! If a start fails because other programs write to the CLI's standard output, the error quotes
//! them.

use std::time::Duration;

use crate::support::cli::{Launches, assistant, cli, success};
use crate::support::read::read;
use claude_wire::transport::{Exit, Memory};
use claude_wire::{Error, Session};
use serde_json::json;

/// A CLI that writes this in place of its reply to the handshake, and then waits or exits.
fn saying(bytes: &str, exits: bool) -> Memory {
    let bytes = bytes.to_owned();
    cli(move |_, mut cli| {
        let bytes = bytes.clone();
        async move {
            cli.request("initialize").await;
            cli.write_bytes(bytes.as_bytes()).await;
            if !exits {
                cli.control.signal().await;
            }
            Exit::from_code(1)
        }
    })
}

async fn failed(bytes: &str, exits: bool) -> Error {
    let builder = Session::builder().initialize_timeout(Duration::from_secs(7));
    let session = builder.transport(saying(bytes, exits)).start().unwrap();
    let turn = read(session.query("go")).await;
    session.stop().await.unwrap();
    turn.error().clone()
}

#[tokio::test(start_paused = true)]
async fn a_start_up_error_quotes_the_noise() {
    for exits in [false, true] {
        let error = failed("motd: welcome\n\n  \nmore\u{1b}[0m text\n", exits).await;
        assert_eq!(error.early_output(), "motd: welcome\nmore\\u{1b}[0m text", "{error}");
        assert!(error.to_string().contains("standard output said:\nmotd: welcome\n"), "{error}");
        assert_eq!((error.is_timeout(), error.is_process()), (!exits, exits), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_error_shows_where_the_reply_was_lost() {
    let reply = success(&json!({"request_id": "cw-1"}), json!({}));
    let array = json!([{"type": "system", "subtype": "init"}, {"type": "result"}]);
    for (bytes, why) in [
        (format!("workspace: demo | {reply}\n"), "a message at byte 18 of the line"),
        (format!("{array}\n"), "run the CLI with `--output-format stream-json`"),
        (format!("{reply} trailing\n"), "not JSON, unexpected byte"),
        (format!("{}\n", assistant("I am another program")), "I am another program"),
        ("{\"type\":\"control_resp".to_owned(), ""),
    ] {
        let error = failed(&bytes, false).await;
        assert!(error.to_string().contains(why), "{error}");
        let start = &bytes[..40.min(bytes.trim_end().len())];
        assert_eq!(error.early_output().contains(start), !why.is_empty(), "{error}");
    }
    // A partial line is only known at its end.
    let error = failed("{\"type\":\"control_resp", true).await;
    assert_eq!(error.early_output(), "{\"type\":\"control_resp  (cut off)");
}

#[tokio::test(start_paused = true)]
async fn the_quote_is_short_and_redacted() {
    let key = ["sk", "ant", "api03", "a1B2c3D4e5F6g7H8"].join("-");
    let long = format!("login with {key} {}\n", "x".repeat(5000));
    let error = failed(&format!("{long}{}", "line\n".repeat(9)), false).await;
    let quoted = error.early_output();
    assert!(quoted.starts_with("login with [redacted] xxx"), "{quoted}");
    assert!(quoted.ends_with("x…\nline\nline\n... and 7 more lines"), "{quoted}");
    assert!(!error.to_string().contains(&key) && quoted.len() < 300, "{error}");
}

#[tokio::test(start_paused = true)]
async fn noise_after_the_handshake_is_an_event_and_not_part_of_an_error() {
    let transport = cli(|_, mut cli| async move {
        cli.write_bytes(b"early noise\n").await;
        cli.handshake().await;
        cli.prompt().await;
        cli.write_bytes(b"late noise\n").await;
        Exit::from_code(1)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let turn = read(session.query("go")).await;
    assert!(
        turn.error().is_process() && turn.error().early_output().is_empty(),
        "{:?}",
        turn.error
    );
    assert_eq!(session.stats().lines.noise, 2);
}

#[tokio::test(start_paused = true)]
async fn each_launch_is_quoted_separately() {
    let launches = Launches::default();
    let noted = launches.clone();
    let transport = cli(move |launch, mut cli| {
        let process = noted.note(launch);
        async move {
            cli.request("initialize").await;
            cli.write_bytes(format!("noise {process}\n").as_bytes()).await;
            Exit::from_code(1)
        }
    });
    let session = Session::builder().transport(transport).start().unwrap();
    for process in 0..3 {
        let turn = read(session.query("go")).await;
        assert_eq!(turn.error().early_output(), format!("noise {process}"));
    }
}
