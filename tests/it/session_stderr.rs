//! Standard error is always drained, its tail is bounded, and it is reported line by line.

use std::sync::Arc;

use crate::support::cli::{Log, cli};
use crate::support::read::{ended_well, quiet, read};
use claude_wire::Session;
use claude_wire::transport::Exit;

#[tokio::test(start_paused = true)]
async fn a_chatty_cli_never_blocks_and_the_tail_is_bounded() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.complain(&"x".repeat(1024 * 1024)).await;
        cli.complain("the last words").await;
        cli.turn(&uuid, "done").await;
        cli.drain().await;
        Exit::from_code(0)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    assert_eq!(read(session.query("go")).await.text(), "done");
    quiet().await;
    let tail = session.stderr_tail();
    assert_eq!(tail.len(), 8 * 1024);
    assert!(tail.ends_with("xxthe last words"), "{tail}");
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn stderr_is_drained_while_an_unread_turn_blocks_stdout() {
    let done = Arc::new(tokio::sync::Notify::new());
    let notify = done.clone();
    let transport = cli(move |_, mut cli| {
        let notify = notify.clone();
        async move {
            cli.handshake().await;
            let (uuid, _) = cli.prompt().await;
            let (mut stderr, stdout) = (cli.stderr.take().unwrap(), async {
                cli.write_bytes("{\"type\":\"x\"}\n".repeat(10_000).as_bytes()).await;
                cli.turn(&uuid, "done").await;
            });
            let complain = async {
                tokio::io::AsyncWriteExt::write_all(&mut stderr, &vec![b'e'; 1024 * 1024])
                    .await
                    .unwrap();
                notify.notify_one();
            };
            tokio::join!(stdout, complain);
            cli.drain().await;
            Exit::from_code(0)
        }
    });
    let session = Session::builder().buffer_limit(1000).transport(transport).start().unwrap();
    let mut turn = session.query("go");
    turn.next().await.unwrap().unwrap();
    done.notified().await;
    assert_eq!(read(turn).await.text(), "done");
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn the_callback_gets_each_line_across_chunks_and_reconnects() {
    let lines = Log::default();
    let log = lines.clone();
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        for piece in ["one\ntw", "o\r\n", "\n", "three"] {
            cli.complain(piece).await;
            quiet().await;
        }
        cli.turn(&uuid, "done").await;
        Exit::from_code(1)
    });
    let session = Session::builder()
        .transport(transport)
        .on_stderr(move |line| {
            log.push(line);
            assert_ne!(line, "one", "a panic of the callback affects only the callback");
        })
        .start()
        .unwrap();
    for _ in 0..2 {
        assert_eq!(read(session.query("go")).await.text(), "done");
        quiet().await;
        assert_eq!(session.stderr_tail(), "one\ntwo\r\n\nthree", "of the last process only");
    }
    assert_eq!(lines.all(), ["one", "two", "", "three", "one", "two", "", "three"]);
}

/// A key written so that secret scanners do not report this file.
fn key() -> String {
    ["sk", "ant", "api03", "a1B2c3D4e5F6g7H8"].join("-")
}

#[tokio::test(start_paused = true)]
async fn errors_do_not_show_the_keys_that_the_cli_wrote() {
    let canaries = ["kolibri-77", "pin4", "emu-88-emu-88", &key()].map(str::to_owned);
    let [own, short, of_the_environment, of_another] = canaries.clone();
    for own in [own, short] {
        let said = format!(
            "é auth failed for {own} ({own})\n{of_the_environment}\n{of_another}\n\
             Authorization: Bearer abcdefghijklmnop1234\nplain words stay\n"
        );
        let complaint = said.clone();
        let transport = cli(move |_, mut cli| {
            let complaint = complaint.clone();
            async move {
                cli.handshake().await;
                cli.prompt().await;
                cli.complain(&complaint).await;
                Exit::from_code(1)
            }
        });
        let lines = Log::default();
        let heard = lines.clone();
        let session = Session::builder()
            .api_key(own.as_str())
            .env("DEPLOY_TOKEN", of_the_environment.as_str())
            .env("PLAIN", "plain words are kept")
            .on_stderr(move |line| heard.push(line))
            .transport(transport)
            .start()
            .unwrap();
        let turn = read(session.query("go")).await;
        let error = turn.error();
        let masked = "é auth failed for [redacted] ([redacted])\n[redacted]\n[redacted]\n\
             Authorization: Bearer [redacted]\nplain words stay\n";
        assert_eq!(error.stderr_tail(), masked);
        assert_eq!(session.stderr_tail(), masked);
        for shown in [error.to_string(), format!("{error:?}"), format!("{session:?}")] {
            for canary in [&own, &of_the_environment, &of_another] {
                assert!(!shown.contains(canary.as_str()), "{shown}");
            }
        }
        assert_eq!(lines.all().join("\n") + "\n", said, "the callback gets the lines verbatim");
    }
}

#[tokio::test(start_paused = true)]
async fn each_launch_has_its_own_secrets() {
    let transport = cli(|launch, mut cli| async move {
        let keys = launch.env.resolve([], None);
        let key = keys[std::ffi::OsStr::new("ANTHROPIC_API_KEY")].to_str().unwrap().to_owned();
        cli.complain(&format!("refused: {key}, not kolibri-77\n")).await;
        cli.request("initialize").await;
        Exit::from_code(1)
    });
    let session = Session::builder().api_key("kolibri-78").transport(transport).start().unwrap();
    for (key, tail) in [
        ("kolibri-77", "refused: [redacted], not [redacted]\n"),
        ("kolibri-79", "refused: [redacted], not kolibri-77\n"),
    ] {
        let turn = read(session.query("go").api_key(key)).await;
        assert_eq!(turn.error().stderr_tail(), tail);
    }
}
