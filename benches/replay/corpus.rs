//! The recordings that are replayed.

use std::fs;
use std::path::{Path, PathBuf};

use crate::conversation::{IDS, prompt, recorded};
use crate::{Failure, bare};

/// How many messages the long recording has, in turns.
pub(crate) const MESSAGES: usize = 500;
const TURNS: usize = 5;

/// How many recordings the folder has, and how many sessions have one prompt each.
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
        recorded(&[prompt(&format!("question {number}"))], 8, message)
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
        let recording = recorded(&prompts, messages, message);
        let path = folder.join(format!("{name}.jsonl"));
        recording.save(&path)?;
        let plan = folder.join(format!("{name}.plan"));
        fs::write(&plan, bare::plan(&recording))?;
        Ok(Self { recording: path, plan, prompts })
    }
}

/// A message of a turn: first `init`, then texts and deltas in turn.
fn message(number: usize) -> String {
    if number == 0 {
        format!(
            r#"{{"type":"system","subtype":"init","cwd":"/w","tools":["Bash"],"model":"m","permissionMode":"default",{IDS}}}"#
        )
    } else if number % 2 == 1 {
        format!(
            r#"{{"type":"assistant","message":{{"id":"msg_{number}","type":"message","role":"assistant","model":"m","content":[{{"type":"text","text":"Line {number} of the answer, as long as an answer usually is, with a few words more."}}],"stop_reason":null,"usage":{{"input_tokens":1,"output_tokens":1}}}},"parent_tool_use_id":null,{IDS}}}"#
        )
    } else {
        format!(
            r#"{{"type":"stream_event","event":{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"piece {number}"}}}},"parent_tool_use_id":null,{IDS}}}"#
        )
    }
}
