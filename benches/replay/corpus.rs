//! The recordings that are replayed.

use std::fs;
use std::path::{Path, PathBuf};

use claude_wire::CLI_VERSION;
use claude_wire::recording::{Event, EventKind, Header, RecordedExit, Recording, Stream};

use crate::{Failure, bare};

/// The arguments of every launch.
pub(crate) const ARGS: [&str; 6] =
    ["--print", "--output-format", "stream-json", "--input-format", "stream-json", "--verbose"];

/// How many messages the long recording has, in turns.
pub(crate) const MESSAGES: usize = 500;
const TURNS: usize = 5;

/// How many recordings the folder has, and how many tests the binary.
pub(crate) const MANY: usize = 1000;

pub(crate) struct Corpus {
    /// One prompt and a short answer.
    pub(crate) short: Played,
    /// 500 messages.
    pub(crate) long: Played,
    /// A folder of 1,000 recordings, each of another prompt.
    pub(crate) folder: PathBuf,
    /// The last of them.
    pub(crate) last: Played,
}

/// A recording, what its host writes, and the plan of the bare program.
pub(crate) struct Played {
    pub(crate) recording: PathBuf,
    pub(crate) plan: PathBuf,
    pub(crate) prompts: Vec<String>,
}

pub(crate) fn write(folder: &Path) -> Result<Corpus, Failure> {
    let many = folder.join("many");
    fs::create_dir(&many)?;
    for number in 0..MANY {
        recorded(&[prompt(&format!("question {number}"))], 8)
            .save(many.join(format!("{number:04}.jsonl")))?;
    }
    let last = prompt(&format!("question {}", MANY - 1));
    let turns: Vec<_> = (0..TURNS).map(|turn| prompt(&format!("turn {turn}"))).collect();
    Ok(Corpus {
        short: Played::write(folder, "short", vec![prompt("one")], 1)?,
        long: Played::write(folder, "long", turns, MESSAGES / TURNS)?,
        folder: many,
        last: Played::write(folder, "last", vec![last], 8)?,
    })
}

impl Played {
    fn write(
        folder: &Path,
        name: &str,
        prompts: Vec<String>,
        messages: usize,
    ) -> Result<Self, Failure> {
        let recording = recorded(&prompts, messages);
        let path = folder.join(format!("{name}.jsonl"));
        recording.save(&path)?;
        let plan = folder.join(format!("{name}.plan"));
        fs::write(&plan, bare::plan(&recording))?;
        Ok(Self { recording: path, plan, prompts })
    }
}

pub(crate) const INITIALIZE: &str =
    r#"{"type":"control_request","request_id":"r1","request":{"subtype":"initialize"}}"#;

fn prompt(text: &str) -> String {
    format!(
        r#"{{"type":"user","message":{{"role":"user","content":"{text}"}},"parent_tool_use_id":null,"session_id":""}}"#
    )
}

/// A conversation with this many messages before the result of each turn.
fn recorded(prompts: &[String], messages: usize) -> Recording {
    const SESSION: &str = r#""session_id":"5c1f1c3e-7a52-4c1e-9d31-0c2f6d0f7a11","uuid":"00000000-0000-4000-8000-000000000000""#;
    let mut header = Header::new();
    header.cli = Some(CLI_VERSION.to_owned());
    header.argv = Some(ARGS.map(str::to_owned).to_vec());
    let mut recording = Recording::new(header);
    let mut push = |kind| recording.events.push(Event::new(10, kind));
    push(EventKind::In(INITIALIZE.into()));
    push(EventKind::Out(
        r#"{"type":"control_response","response":{"subtype":"success","request_id":"r1","response":{"commands":[],"output_style":"default","models":[],"account":{}}}}"#.into(),
    ));
    for prompt in prompts {
        push(EventKind::In(prompt.as_str().into()));
        for number in 0..messages {
            let line = if number == 0 {
                format!(
                    r#"{{"type":"system","subtype":"init","cwd":"/w","tools":["Bash"],"model":"m","permissionMode":"default",{SESSION}}}"#
                )
            } else if number % 2 == 1 {
                format!(
                    r#"{{"type":"assistant","message":{{"id":"msg_{number}","type":"message","role":"assistant","model":"m","content":[{{"type":"text","text":"Line {number} of the answer, as long as an answer usually is, with a few words more."}}],"stop_reason":null,"usage":{{"input_tokens":1,"output_tokens":1}}}},"parent_tool_use_id":null,{SESSION}}}"#
                )
            } else {
                format!(
                    r#"{{"type":"stream_event","event":{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"piece {number}"}}}},"parent_tool_use_id":null,{SESSION}}}"#
                )
            };
            push(EventKind::Out(line.as_str().into()));
        }
        let result = format!(
            r#"{{"type":"result","subtype":"success","is_error":false,"duration_ms":1,"duration_api_ms":1,"num_turns":1,"result":"done","total_cost_usd":0.0,"usage":{{"input_tokens":1,"output_tokens":1}},"modelUsage":{{}},"permission_denials":[],{SESSION}}}"#
        );
        push(EventKind::Out(result.as_str().into()));
    }
    push(EventKind::Eof(Stream::In));
    push(EventKind::Exit(RecordedExit::code(0)));
    recording
}
