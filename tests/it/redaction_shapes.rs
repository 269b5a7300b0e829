//! Placeholders keep the shape of what they replace, so that a program makes the same decisions in
//! a replay.

use std::sync::{Arc, Mutex};

use claude_wire::recorder::Recorder;
use claude_wire::recording::{Recording, fits_redacted, lint, scrub};
use claude_wire::transport::Transport;
use claude_wire::{Decision, Session};
use claude_wire::{Replay, Scenario, reply};
use serde_json::{Value, json};

use crate::support::recorded::{delta, lines, pieces, recorded, redacted};

/// The commands for which a permission was requested.
type Asked = Arc<Mutex<Vec<String>>>;

/// Decides about a command by the form of its last word: an address, a host, a key of one service.
fn decide(command: &str) -> Decision {
    let word = command.rsplit(' ').next().unwrap();
    let is_name = |text: &str| {
        text.split('.').count() > 1
            && text.split('.').all(|part| {
                !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            })
    };
    let address =
        word.split_once('@').is_some_and(|(name, host)| !name.is_empty() && is_name(host));
    let key = word.starts_with("ghp_")
        && word.len() == 40
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if address || is_name(word) || key { Decision::allow() } else { Decision::deny("malformed") }
}

/// Asks for each command in its own turn and returns the final output of the session.
async fn run(cli: impl Transport, commands: usize) -> (Vec<String>, Vec<String>) {
    let asked = Asked::default();
    let seen = asked.clone();
    let session = Session::builder()
        .on_permission(move |request| {
            let input: Value = request.input().to_value().unwrap();
            let command = input["command"].as_str().unwrap().to_owned();
            seen.lock().unwrap().push(command.clone());
            async move { decide(&command) }
        })
        .transport(cli)
        .start()
        .unwrap();
    let mut texts = Vec::new();
    for number in 0..commands {
        texts.push(session.query(format!("Do {number}.")).text().await.unwrap());
    }
    session.stop().await.unwrap().unwrap();
    drop(session);
    let asked = asked.lock().unwrap().clone();
    (asked, texts)
}

#[tokio::test(start_paused = true)]
async fn a_handler_makes_the_same_decisions_in_a_replay() {
    let commands = [
        "touch bob@corp.example",
        "ping 10.20.30.40",
        "ping db-7.internal",
        "login ghp_a1B2c3D4e5F6g7H8i9J0a1B2c3D4e5F6g7H8",
        "touch bob@corp.example",
        "touch nothing",
    ];
    let mut cli = Scenario::new();
    for (number, command) in commands.iter().enumerate() {
        let reply = reply()
            .ask_permission("Bash", json!({ "command": command }))
            .tool_result("done")
            .text("Done.");
        cli = cli.on_prompt(format!("Do {number}."), reply);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.jsonl");
    let recorder = Recorder::new(cli, &path);
    let (asked, texts) = run(recorder.clone(), commands.len()).await;
    assert_eq!(asked, commands);
    recorder.flush().await.unwrap();

    let replay = Replay::open(&path).unwrap();
    let (asked_again, texts_again) = run(replay.clone(), commands.len()).await;
    replay.assert_finished();
    assert_eq!(texts_again, texts);
    assert_eq!(
        asked_again,
        [
            "touch user1@redacted.invalid",
            "ping host1.redacted.invalid",
            "ping host2.redacted.invalid",
            "login ghp_REDACTED1xxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "touch user1@redacted.invalid",
            "touch nothing",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_placeholder_of_either_kind_matches_any_prompt_text() {
    for (recorded, asked, fits) in [
        ("Mail <email:1> now", "Mail ann@x.io now", true),
        ("Mail user1@redacted.invalid now", "Mail ann@x.io now", true),
        ("Use sk-ant-REDACTED1xxxx on host1.redacted.invalid", "Use sk-ant-a1 on 10.0.0.1", true),
        ("Mail user1@redacted.invalid now", "Mail ann@x.io later", false),
        ("Mail ann@redacted.invalid now", "Mail bob@x.io now", false),
    ] {
        let cli = Scenario::new().on_prompt(recorded, reply().text("Done."));
        let session = Session::builder().transport(cli);
        let answer = session.start().unwrap().query(asked).text().await;
        assert_eq!(answer.is_ok(), fits, "{recorded} / {asked}: {answer:?}");
    }
}

#[test]
fn placeholders_have_shape_and_mark() {
    for (line, expected) in [
        (
            r#"{"t":"ann@x.io, bob@mail.x.io, ann@x.io"}"#,
            r#"{"t":"user1@redacted.invalid, user2@redacted.invalid, user1@redacted.invalid"}"#,
        ),
        (
            r#"{"t":"http://10.0.0.1:80/x and wiki-2.corp"}"#,
            r#"{"t":"http://host1.redacted.invalid:80/x and host2.redacted.invalid"}"#,
        ),
        (
            r#"{"t":"sk-ant-api03-a1B2c3D4e5F6g7H8 glpat-a1B2c3D4e5F6g7H8i9J0"}"#,
            r#"{"t":"sk-ant-api03-REDACTED1xxxxxxx glpat-REDACTED2xxxxxxxxxxx"}"#,
        ),
        (
            r#"{"apiKey":"sk-ant-api03-a1B2c3D4e5F6g7H8","t":"API_KEY=sk-ant-api03-a1B2c3D4e5F6g7H8"}"#,
            r#"{"apiKey":"sk-ant-api03-REDACTED1xxxxxxx","t":"API_KEY=sk-ant-api03-REDACTED1xxxxxxx"}"#,
        ),
        // Secrets without a shape.
        (
            r#"{"password":"hunter-22","t":"Bearer a1B2c3D4e5F6g7H8, /home/ann/x"}"#,
            r#"{"password":"<secret:1>","t":"Bearer <token:1>, /home/<user:1>/x"}"#,
        ),
    ] {
        assert_eq!(redacted(line), expected);
        // Marked text is not redacted again, and numbering continues.
        assert_eq!(redacted(expected), expected);
        assert!(fits_redacted(expected, line));
    }
    let there = r#"{"t":"user3@redacted.invalid <email:7> ghp_REDACTED2xxxx","u":"ann@x.io"}"#;
    assert_eq!(redacted(there), there.replace("ann@x.io", "user8@redacted.invalid"));
}

#[test]
fn a_key_in_pieces_keeps_its_length() {
    let key = "sk-ant-api03-a1B2c3D4e5F6g7H8i9J0";
    for cuts in [[3, 9], [13, 20], [7, 32]] {
        let [one, two] = cuts;
        let parts = ["use ", &key[..one], &key[one..two], &key[two..], " now, and so on, and on"];
        let stream = parts.map(|piece| delta(None, "text_delta", "text", piece));
        let mut recording: Recording = recorded(&stream);
        scrub(&mut recording, &[]);
        let text = pieces(&recording, "text").concat();
        assert_eq!(text, "use sk-ant-api03-REDACTED1xxxxxxxxxxx now, and so on, and on");
        assert_eq!(lint(&recording), []);
        assert_eq!(lines(&recording).len(), parts.len());
    }
}
