//! Replays in this process.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use claude_wire::transport::{Exit, Launch, Memory, Peer, Transport};
use claude_wire::{Replay, Session};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::runtime::{Builder, Runtime};

use crate::conversation::{ARGS, INITIALIZE};
use crate::corpus::{Corpus, MANY, Played};
use crate::rows::{Row, timed};
use crate::{Failure, bare};

const ROUNDS: usize = 101;

/// One prompt, as a session asks it.
const RECORDED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/recordings/2.1.332/one-shot.jsonl");
const ASKED: &str = "What is 2 + 2?";

pub(crate) fn run(corpus: &Corpus, quick: bool) -> Result<Vec<Row>, Failure> {
    let sessions = if quick { MANY / 4 } else { MANY };
    let Corpus { long, folder, last, .. } = corpus;
    let plan = fs::read_to_string(&long.plan)?;
    let session_plan = bare::plan(&claude_wire::recording::Recording::open(RECORDED)?);
    let last_plan = fs::read_to_string(&last.plan)?;
    let replayed = |path: &Path, played: &Played| {
        // Of a folder, one recording is played.
        let replay = Replay::open(path)?.unverified();
        runtime()?.block_on(converse(&replay, played))?;
        assert!(replay.report().divergences().is_empty());
        Ok::<_, Failure>(())
    };
    Ok(vec![
        Row::measure(
            "500 messages, in memory, with reading the file",
            ROUNDS,
            Some(2.0),
            || timed(|| replayed(&long.recording, long)),
            || timed(|| runtime()?.block_on(converse(&scripted(&plan), long))),
        )?,
        Row::measure(
            format!("{sessions} sessions in turn, each with its own replay and one prompt"),
            7,
            Some(3.0 * sessions as f64),
            || timed(|| (0..sessions).try_for_each(|_| ask(Replay::open(RECORDED)?))),
            || timed(|| (0..sessions).try_for_each(|_| ask(scripted(&session_plan)))),
        )?,
        Row::measure(
            "a folder of 1,000 recordings, opened",
            ROUNDS / 4,
            Some(50.0),
            || timed(|| Ok::<_, Failure>(Replay::open(folder)?.unverified())),
            || timed(|| listed(folder)),
        )?,
        Row::measure(
            "the same, with the launch that is the last of them",
            ROUNDS / 4,
            Some(50.0),
            || timed(|| replayed(folder, last)),
            || timed(|| runtime()?.block_on(converse(&scripted(&last_plan), last))),
        )?,
    ])
}

fn runtime() -> Result<Runtime, Failure> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}

/// What a bare program does with a folder: it lists it.
fn listed(folder: &Path) -> Result<usize, Failure> {
    Ok(fs::read_dir(folder)?.count())
}

/// A session, as a test has it, with one prompt.
fn ask(transport: impl Transport + 'static) -> Result<(), Failure> {
    runtime()?.block_on(async {
        let session = Session::builder().transport(transport).start()?;
        let answer = session.query(ASKED).text().await?;
        assert!(!answer.is_empty());
        session.stop().await?;
        Ok(())
    })
}

/// The host of a recording.
async fn converse(cli: &impl Transport, played: &Played) -> Result<(), Failure> {
    let args = ARGS.iter().map(|arg| (*arg).into()).collect();
    let mut cli = cli.open(Launch { args, ..Launch::default() }).await?;
    let mut lines = BufReader::with_capacity(64 * 1024, cli.stdout);
    let mut line = Vec::new();
    let writes = std::iter::once((INITIALIZE, "control_response"));
    let prompts = played.prompts.iter().map(|prompt| (prompt.as_str(), "\"type\":\"result\""));
    for (written, mark) in writes.chain(prompts) {
        cli.stdin.write_all(format!("{written}\n").as_bytes()).await?;
        loop {
            line.clear();
            if lines.read_until(b'\n', &mut line).await? == 0 {
                return Err(format!("the output ended before {mark}").into());
            }
            if memchr::memmem::find(&line, mark.as_bytes()).is_some() {
                break;
            }
        }
    }
    drop(cli.stdin);
    cli.control.wait().await?;
    Ok(())
}

/// The bare program, in memory.
fn scripted(plan: &str) -> Memory {
    let plan: Arc<str> = plan.into();
    Memory::new(move |_, peer| write(peer, plan.clone()))
}

async fn write(peer: Peer, plan: Arc<str>) -> Exit {
    let Peer { stdin, mut stdout, stderr: _stderr, .. } = peer;
    let mut asked = BufReader::new(stdin).lines();
    let mut ids = bare::Ids::default();
    for line in plan.lines() {
        if line == bare::INPUT {
            let Ok(Some(line)) = asked.next_line().await else { break };
            ids.note(&line);
        } else {
            if stdout.write_all(ids.filled(line).as_bytes()).await.is_err() {
                break;
            }
        }
    }
    while let Ok(Some(_)) = asked.next_line().await {}
    Exit::from_code(0)
}
