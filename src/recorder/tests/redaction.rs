//! Tests that no secret reaches the file of a recorder.

use super::*;
use crate::recording::{Redaction, lint, scrub};

const KEY: &str = "sk-ant-api03-canary";

/// A connection over which the host and the CLI exchange secrets.
async fn tell(recorder: &Recorder, bench: &Bench) -> Connection {
    let env = Environment::new()
        .set("MY_TOKEN", "canary/1234567")
        .set("HOME", "/srv/canary-home")
        .api_key(Secret::new(KEY));
    let args = vec![
        "--add-dir".into(),
        "/srv/canary-cwd/x".into(),
        "--settings".into(),
        r#"{"env":{"A_TOKEN":"canary"}}"#.into(),
    ];
    let launch = Launch { args, env, cwd: Some("/srv/canary-cwd".into()), ..Launch::default() };
    let mut host = recorder.open(launch).await.unwrap();
    host.stdin
        .write_all(format!("{{\"text\":\"the key is {KEY}, ask canary@x.io\"}}\n").as_bytes())
        .await
        .unwrap();
    let said =
        "{\"cwd\":\"/srv/canary-cwd/y\",\"at\":\"/srv/canary-home\",\"q\":\"canary%2F1234567\"}\n";
    bench.peer().stdout.write_all(said.as_bytes()).await.unwrap();
    read(&mut host.stdout, said.len()).await;
    recorder.flush().await.unwrap();
    host
}

const EVENTS: [&str; 2] = [
    r#"{"us":0,"in":{"text":"the key is sk-ant-api03-REDACTED1, ask user1@redacted.invalid"}}"#,
    r#"{"us":0,"out":{"cwd":"${cwd}/y","at":"${home}","q":"<secret:2>"}}"#,
];

#[tokio::test(start_paused = true)]
async fn a_recording_that_is_cut_off_holds_no_secret() {
    let Setup { path, recorder, bench, _folder } = setup();
    let _host = tell(&recorder, &bench).await;
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains("canary"), "{text}");
    assert_eq!(events(&path), EVENTS);
    let header = Recording::open(&path).unwrap().header;
    assert_eq!(header.redactions, None, "not counted yet");
    assert_eq!(
        header.argv.unwrap(),
        ["--add-dir", "${cwd}/x", "--settings", r#"{"env":{"A_TOKEN":"<secret:1>"}}"#]
    );
}

#[tokio::test(start_paused = true)]
async fn the_header_counts_and_the_file_is_sealed() {
    let Setup { path, recorder, bench, _folder } = setup();
    drop(tell(&recorder, &bench).await);
    recorder.flush().await.unwrap();
    let mut recording = sealed(&path);
    // Two in the arguments, and five in the lines.
    assert_eq!(recording.header.redactions, Some(7));
    assert_eq!(recording.header.vars["cwd"], "/home/user/project");
    let file = std::fs::read(&path).unwrap();
    assert_eq!(recording.to_bytes(), file);
    assert_eq!(file.iter().filter(|byte| **byte == b'\n').count(), recording.events.len() + 2);

    assert_eq!(lint(&recording), []);
    assert!(scrub(&mut recording, &[]).is_empty());
    assert_eq!(recording.to_bytes(), file, "a later scrub has nothing to do");
}

#[tokio::test(start_paused = true)]
async fn a_shorter_header_and_no_redaction_are_counted_too() {
    let Setup { path, recorder, bench: _, _folder } = setup();
    drop(
        recorder
            .open(Launch { cwd: Some("/srv/nowhere".into()), ..Launch::default() })
            .await
            .unwrap(),
    );
    recorder.flush().await.unwrap();
    assert_eq!(sealed(&path).header.redactions, Some(0));
}

#[tokio::test(start_paused = true)]
async fn caller_secrets_are_redacted_unless_redaction_is_off() {
    let Setup { path, recorder, bench, _folder } = setup();
    let knowing = recorder.clone().redaction(Redaction::new().secret("the key is"));
    drop(tell(&knowing, &bench).await);
    assert!(
        events(&path)[0].contains("\"text\":\"<secret:2> sk-ant-api03-REDACTED1"),
        "{:?}",
        events(&path)
    );

    let Setup { path, recorder, bench, _folder } = setup();
    drop(tell(&recorder.unredacted(), &bench).await);
    let recording = sealed(&path);
    assert_eq!(recording.header.redactions, None);
    assert_eq!(recording.header.vars["cwd"], "/srv/canary-cwd");
    assert!(
        events(&path)[0].contains(KEY)
            && events(&path)[1].contains("\"${cwd}/y\",\"at\":\"/srv/canary-home\""),
        "{:?}",
        events(&path)
    );
}

#[tokio::test(start_paused = true)]
async fn a_secret_in_deltas_is_never_written() {
    let Setup { path, recorder, bench, _folder } = setup();
    let mut host = recorder.open(Launch::default()).await.unwrap();
    let mut cli = bench.peer();
    for piece in ["the key is sk", "-ant-can", "ary-1 and"] {
        let line = piece_line(piece);
        cli.stdout.write_all(line.as_bytes()).await.unwrap();
        read(&mut host.stdout, line.len()).await;
    }
    // The end of the text never comes, but what has come is written.
    recorder.flush().await.unwrap();
    let texts: Vec<_> = events(&path)
        .iter()
        .map(|line| line.split("\"text\":").nth(1).unwrap().to_owned())
        .collect();
    assert_eq!(texts, ["\"the key is sk-ant-REDACTED1\"}}}}", "\"\"}}}}", "\" and\"}}}}"]);
    drop(host);
    recorder.flush().await.unwrap();
    assert_eq!(sealed(&path).header.redactions, Some(1));
}

#[tokio::test(start_paused = true)]
async fn a_late_rest_of_a_secret_is_not_written() {
    let Setup { path, recorder, bench, _folder } = setup();
    let mut host = recorder.open(Launch::default()).await.unwrap();
    let mut cli = bench.peer();
    let of_another = "{\"type\":\"assistant\",\"parent_tool_use_id\":\"toolu_1\"}\n".to_owned();
    let begin = "-----BEGIN PRIVATE KEY-----\\nabc\\ndef\\nghi\\njkl";
    for line in ["it is sk-ant-can", "ary-1", "2345", ", and"]
        .map(piece_line)
        .into_iter()
        .chain([piece_line(begin), of_another])
        .chain([piece_line("mno canary\\nx")])
    {
        cli.stdout.write_all(line.as_bytes()).await.unwrap();
        read(&mut host.stdout, line.len()).await;
        // Waits until the recorder has written what it held back.
        recorder.flush().await.unwrap();
    }
    let texts: Vec<_> = events(&path)
        .iter()
        .filter_map(|line| Some(line.split("\"text\":").nth(1)?.to_owned()))
        .collect();
    let expected = [
        "\"it is sk-ant-REDACTED1\"}}}}",
        "\"\"}}}}",
        "\"\"}}}}",
        "\", and\"}}}}",
        "\"<secret:1>\"}}}}",
        "\"\"}}}}",
    ];
    assert_eq!(texts, expected);
    drop(host);
    recorder.flush().await.unwrap();
    assert!(!std::fs::read_to_string(&path).unwrap().contains("ary"));
}

#[tokio::test(start_paused = true)]
async fn a_folder_in_deltas_is_one_variable() {
    for key in ["sk-ant-REDACTED1", "sk-ant-1"] {
        let Setup { path, recorder, bench, _folder } = setup();
        let recorder = if key == "sk-ant-1" { recorder.unredacted() } else { recorder };
        let mut host = recorder
            .open(Launch { cwd: Some("/srv/canary-cwd".into()), ..Launch::default() })
            .await
            .unwrap();
        let mut cli = bench.peer();
        for piece in ["in /srv/can", "ary-cwd/x sk-ant-1", " and so on and on"].map(piece_line) {
            cli.stdout.write_all(piece.as_bytes()).await.unwrap();
            read(&mut host.stdout, piece.len()).await;
        }
        recorder.flush().await.unwrap();
        let texts: Vec<_> = events(&path)
            .iter()
            .map(|line| line.split("\"text\":").nth(1).unwrap().to_owned())
            .collect();
        assert_eq!(
            texts,
            [
                "\"in ${cwd}\"}}}}".to_owned(),
                format!("\"/x {key}\"}}}}}}}}"),
                "\" and so on and on\"}}}}".to_owned()
            ]
        );
    }
}

/// A partial message of the main thread.
fn piece_line(piece: &str) -> String {
    let delta = format!(
        r#"{{"type":"content_block_delta","delta":{{"type":"text_delta","text":"{piece}"}}}}"#
    );
    format!("{{\"type\":\"stream_event\",\"event\":{delta}}}\n")
}

#[tokio::test(start_paused = true)]
async fn the_version_that_the_cli_prints_is_in_the_header() {
    let Setup { path, recorder, bench, _folder } = setup();
    let line = b"{\"type\":\"system\",\"subtype\":\"init\",\"claude_code_version\":\"2.1.329\"}\n";
    for recorder in [recorder.clone(), recorder.cli_version("1.0")] {
        let mut host = recorder.open(Launch::default()).await.unwrap();
        bench.peer().stdout.write_all(line).await.unwrap();
        read(&mut host.stdout, line.len()).await;
        drop(host);
        recorder.flush().await.unwrap();
    }
    assert_eq!(sealed(&path).header.cli.as_deref(), Some("2.1.329"));
    assert_eq!(
        sealed(&path.with_file_name("x-2.jsonl")).header.cli.as_deref(),
        Some("1.0"),
        "a given version wins"
    );
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn pipes_have_no_count_and_are_sealed() {
    // A FIFO: written once, from start to end.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let reader = std::thread::spawn({
        let path = path.clone();
        move || std::fs::read(path).unwrap()
    });
    let bench = Bench::default();
    let recorder = Recorder::new(bench.clone(), &path).overwrite(true);
    drop(tell(&recorder, &bench).await);
    recorder.flush().await.unwrap();
    let recording = Recording::from_bytes(&reader.join().unwrap()).unwrap();
    assert_eq!((recording.integrity(), recording.header.redactions), (&Integrity::Sealed, None));
}
