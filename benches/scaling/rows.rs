//! What is doubled.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use claude_wire::history::{History, Page, Transcript};
use claude_wire::recorder::Recorder;
use claude_wire::transport::{Exit, Launch, Memory, Peer, Transport};
use claude_wire::{Decision, Replay, Session};
use futures_util::future::try_join_all;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::sync::Semaphore;

use crate::Failure;
use crate::conversation::{ARGS, IDS, INITIALIZE, INITIALIZED, prompt, recorded, result};
use crate::corpus;

pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    /// The size that is doubled.
    pub(crate) first: usize,
    pub(crate) run: fn(usize) -> Result<(), Failure>,
}

pub(crate) const ROWS: &[Row] = &[
    Row { name: "deltas", unit: "in a turn", first: 2000, run: deltas },
    Row { name: "singly", unit: "in a turn, one by one", first: 2000, run: singly },
    Row { name: "asked", unit: "permissions in a turn", first: 500, run: asked },
    Row { name: "bodies", unit: "MB of messages of turns", first: 1, run: bodies },
    Row { name: "line", unit: "KiB of text in a message", first: 512, run: line },
    Row { name: "sessions", unit: "with a turn each", first: 50, run: sessions },
    Row { name: "queue", unit: "prompts at once", first: 100, run: queue },
    Row { name: "recorded", unit: "messages recorded", first: 2000, run: recorder },
    Row { name: "replayed", unit: "messages replayed", first: 500, run: replayed },
    Row { name: "turns", unit: "recorded turns replayed", first: 50, run: turns },
    Row { name: "folder", unit: "recordings, the last replayed", first: 50, run: folder },
    Row { name: "history messages", unit: "turns of a past session", first: 2000, run: messages },
    Row { name: "history search", unit: "past sessions, a project each", first: 100, run: search },
];

fn deltas(count: usize) -> Result<(), Failure> {
    let answer: String = (0..count).map(delta).collect();
    block_on(async {
        let session = Session::builder().transport(answering(answer)).start()?;
        let mut turn = session.query("go");
        let mut text = 0;
        while let Some(message) = turn.next().await {
            text += message?.text_delta().map_or(0, |text| text.len());
        }
        assert!(text > count);
        Ok(())
    })
}

/// As when a model writes slowly: the session waits before each delta.
fn singly(count: usize) -> Result<(), Failure> {
    let lines: Vec<_> = (0..count).map(delta).collect();
    let asked = Arc::new(Semaphore::new(1));
    let cli = writing(lines.into(), Pace::Permits(asked.clone()));
    block_on(async {
        let session = Session::builder().transport(cli).start()?;
        let mut turn = session.query("go");
        let mut text = 0;
        while let Some(message) = turn.next().await {
            text += message?.text_delta().map_or(0, |text| text.len());
            asked.add_permits(1);
        }
        assert!(text > count);
        Ok(())
    })
}

/// The CLI asks, and waits for each answer.
fn asked(count: usize) -> Result<(), Failure> {
    let questions: Vec<_> = (0..count).map(question_of_cli).collect();
    let cli = writing(questions.into(), Pace::Answered);
    block_on(async {
        let allow = |_| async { Decision::allow() };
        let session = Session::builder().on_permission(allow).transport(cli).start()?;
        session.query("go").drain().await?;
        Ok(())
    })
}

/// Every body read.
fn bodies(megabytes: usize) -> Result<(), Failure> {
    let corpus = corpus::turns(megabytes);
    let answer = String::from_utf8(corpus.bytes)?;
    block_on(async {
        let session = Session::builder().transport(answering(answer)).start()?;
        let mut turn = session.query("go");
        let mut read = 0;
        while let Some(message) = turn.next().await {
            black_box(message?.body());
            read += 1;
        }
        assert_eq!(read, corpus.lines + 1);
        Ok(())
    })
}

fn line(kib: usize) -> Result<(), Failure> {
    let text = "A line of text. ".repeat(kib * 64);
    let answer = format!(
        r#"{{"type":"assistant","message":{{"role":"assistant","content":[{{"type":"text","text":"{text}"}}]}},"parent_tool_use_id":null,{IDS}}}"#
    );
    block_on(async {
        let session = Session::builder().transport(answering(answer + "\n")).start()?;
        let mut turn = session.query("go");
        let mut read = 0;
        while let Some(message) = turn.next().await {
            read += message?.text().map_or(0, |text| text.len());
        }
        assert!(read >= text.len());
        Ok(())
    })
}

fn sessions(count: usize) -> Result<(), Failure> {
    block_on(async {
        let sessions =
            (0..count).map(|_| Session::builder().transport(answering(delta(0))).start());
        let sessions = sessions.collect::<Result<Vec<_>, _>>()?;
        for session in &sessions {
            session.query("go").text().await?;
        }
        for session in sessions {
            session.stop().await?;
        }
        Ok(())
    })
}

fn queue(count: usize) -> Result<(), Failure> {
    block_on(async {
        let cli = answering(delta(0));
        let session = Session::builder().max_queue(count).transport(cli).start()?;
        try_join_all((0..count).map(|number| session.query(format!("question {number}")).text()))
            .await?;
        Ok(())
    })
}

fn recorder(count: usize) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("x.jsonl");
    let answer: String = (0..count).map(delta).collect();
    block_on(async {
        let recorder = Recorder::new(answering(answer), &path);
        let mut cli = recorder.open(Launch::default()).await?;
        cli.stdin.write_all(b"{\"type\":\"user\",\"uuid\":\"u\"}\n").await?;
        drop(cli.stdin);
        let mut buffer = vec![0; 64 * 1024];
        while let 1.. = cli.stdout.read(&mut buffer).await? {}
        drop((cli.stdout, cli.stderr, cli.control));
        recorder.flush().await?;
        Ok(())
    })
}

fn replayed(count: usize) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("x.jsonl");
    let prompts = [prompt("go")];
    recorded(&prompts, count, piece).save(&path)?;
    block_on(converse(&path, &prompts))
}

fn turns(count: usize) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("x.jsonl");
    let prompts: Vec<_> = (0..count).map(question).collect();
    recorded(&prompts, 10, piece).save(&path)?;
    block_on(converse(&path, &prompts))
}

fn folder(count: usize) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    for number in 0..count {
        let path = folder.path().join(format!("{number:04}.jsonl"));
        fs::write(path, recorded(&[question(number)], 2, piece).to_bytes())?;
    }
    block_on(converse(folder.path(), &[question(count - 1)]))
}

/// The first of the messages: all must be put in order for that.
fn messages(count: usize) -> Result<(), Failure> {
    let transcript = Transcript::from_lines((0..count).flat_map(past_turn));
    assert_eq!(transcript.messages(Page::first(10)).len(), 10);
    Ok(())
}

fn search(count: usize) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    for number in 0..count {
        let project = folder.path().join(format!("projects/-srv-{number}"));
        fs::create_dir_all(&project)?;
        let path = project.join(format!("0a1b2c3d-0000-4000-8000-{number:012}.jsonl"));
        fs::write(path, past_turn(number).join("\n"))?;
    }
    let found = History::at(folder.path()).search_sessions("QUESTION", Page::all())?;
    assert_eq!((found.hits.len(), found.skipped.len()), (count, 0));
    Ok(())
}

/// The lines of a transcript for a turn after the one before it.
fn past_turn(number: usize) -> [String; 2] {
    let parent = number.checked_sub(1).map_or("null".into(), |number| format!("\"a{number}\""));
    [
        format!(
            r#"{{"type":"user","uuid":"u{number}","parentUuid":{parent},"message":{{"role":"user","content":"question {number}"}}}}"#
        ),
        format!(
            r#"{{"type":"assistant","uuid":"a{number}","parentUuid":"u{number}","message":{{"id":"msg_{number:024}","role":"assistant","content":[{{"type":"text","text":"an answer"}}]}}}}"#
        ),
    ]
}

fn block_on<T>(run: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run)
}

fn question(number: usize) -> String {
    prompt(&format!("question {number}"))
}

/// A piece of an answer.
fn piece(number: usize) -> String {
    format!(
        r#"{{"type":"stream_event","event":{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"some words of an answer, number {number} "}}}},"parent_tool_use_id":null,{IDS}}}"#
    )
}

/// The same, with its line break.
fn delta(number: usize) -> String {
    piece(number) + "\n"
}

/// A question of the CLI, with its line break.
fn question_of_cli(number: usize) -> String {
    format!(
        r#"{{"type":"control_request","request_id":"q{number}","request":{{"subtype":"can_use_tool","tool_name":"Bash","input":{{"command":"ls -la /srv/data","description":"List files"}},"tool_use_id":"toolu_{number:022}","permission_suggestions":[]}}}}"#
    ) + "\n"
}

/// A CLI that answers every prompt with these lines and a result.
fn answering(lines: String) -> Memory {
    writing([lines].into(), Pace::None)
}

/// The same, with a write for each of these pieces.
fn writing(pieces: Arc<[String]>, pace: Pace) -> Memory {
    Memory::new(move |_, peer| answer(peer, pieces.clone(), pace.clone())).capacity(64 * 1024)
}

/// What the CLI waits for with each piece.
#[derive(Clone)]
enum Pace {
    None,
    /// For a permit before it.
    Permits(Arc<Semaphore>),
    /// For the answer after it.
    Answered,
}

async fn answer(peer: Peer, pieces: Arc<[String]>, pace: Pace) -> Exit {
    let Peer { stdin, mut stdout, stderr: _stderr, .. } = peer;
    let mut asked = BufReader::with_capacity(512, stdin).lines();
    while let Ok(Some(line)) = asked.next_line().await {
        let value = |key: &str| {
            let (_, rest) = line.split_once(&format!("\"{key}\":\""))?;
            rest.split('"').next()
        };
        let written = match value("request_id") {
            Some(id) => INITIALIZED.replace("r1", id) + "\n",
            None => {
                for piece in pieces.iter() {
                    if let Pace::Permits(permits) = &pace {
                        permits.acquire().await.expect("no one closes it").forget();
                    }
                    if stdout.write_all(piece.as_bytes()).await.is_err() {
                        return Exit::from_code(0);
                    }
                    if let Pace::Answered = pace {
                        let answer = asked.next_line().await;
                        assert!(answer.is_ok_and(|it| it.is_some_and(|it| it.contains("allow"))));
                    }
                }
                let uuid = value("uuid").map(|uuid| format!("{uuid:?}")).unwrap_or_default();
                let of = format!(r#""user_message_uuids":[{uuid}],"#);
                result(&of) + "\n"
            }
        };
        if stdout.write_all(written.as_bytes()).await.is_err() {
            break;
        }
    }
    Exit::from_code(0)
}

/// The host of a recording, or of the one in a folder that has these prompts.
async fn converse(recordings: &Path, prompts: &[String]) -> Result<(), Failure> {
    let replay = Replay::open(recordings)?.unverified();
    let args = ARGS.iter().map(|arg| (*arg).into()).collect();
    let mut cli = replay.open(Launch { args, ..Launch::default() }).await?;
    let mut lines = BufReader::with_capacity(64 * 1024, cli.stdout).lines();
    let writes = std::iter::once((INITIALIZE, "\"control_response\""));
    let prompts = prompts.iter().map(|prompt| (prompt.as_str(), "\"result\""));
    for (written, mark) in writes.chain(prompts) {
        cli.stdin.write_all(format!("{written}\n").as_bytes()).await?;
        while !lines.next_line().await?.ok_or("the output ended too early")?.contains(mark) {}
    }
    drop(cli.stdin);
    cli.control.wait().await?;
    assert!(replay.report().divergences().is_empty(), "{:?}", replay.report());
    Ok(())
}
