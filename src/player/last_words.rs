//! What a program reads on stdout when it differs from the recording.
//!
//! Many programs drop stderr, so the divergence is also the last thing that the CLI says, in the
//! output format that the program asked for:
//!
//! | format | what is written |
//! |---|---|
//! | `stream-json` | a `result` line, `error_during_execution`, whose `errors` has the report and whose `claude_wire.divergence` has its parts |
//! | `json` | this object alone; with `--verbose`, an array with it |
//! | `text` | the line `claude-wire: ...` |

use bytes::Bytes;
use serde_json::{Value, json};

use crate::wire::Frame;
use crate::wire::result::OWN_FIELD;

use super::machine::Machine;
use super::output_format::OutputFormat;
use super::report::Divergence;
use super::script::Action;

/// The last output of a run that diverged, in a form of output.
pub(super) fn last_words(
    format: OutputFormat,
    divergence: &Divergence,
    session: &str,
    prompt: Option<Value>,
) -> Bytes {
    let text = format!("claude-wire: {}: {divergence}", divergence.replay());
    // SDKs refuse a result without some of these.
    let mut result = json!({
        "type": "result", "subtype": "error_during_execution", "is_error": true, "errors": [text],
        OWN_FIELD: {"divergence": divergence.to_json()}, "session_id": session, "duration_ms": 0, "duration_api_ms": 0,
        "num_turns": 0, "total_cost_usd": 0, "usage": {"input_tokens": 0, "output_tokens": 0}, "modelUsage": {}, "permission_denials": [],
        "uuid": "00000000-0000-4000-8000-000000000070",
    });
    if let Some(prompt) = prompt {
        result["user_message_uuids"] = json!([prompt]);
        result["user_message_uuid"] = prompt;
    }
    let line = match format {
        OutputFormat::Text => text,
        OutputFormat::Json { all: true } => json!([result]).to_string(),
        _ => result.to_string(),
    };
    format!("{line}\n").into()
}

impl Machine {
    /// The last output of a run that diverged.
    pub(super) fn last_words(&self, divergence: &Divergence) -> Bytes {
        let format = match self.output {
            OutputFormat::AsRecorded if self.is_text() => OutputFormat::Text,
            format => format,
        };
        let prompt = self.asked.as_deref().and_then(|id| serde_json::from_slice::<Value>(id).ok());
        last_words(format, divergence, &self.session_id(), prompt)
    }

    /// Whether the recorded CLI wrote something other than JSON objects.
    fn is_text(&self) -> bool {
        let first = self.script.outputs.iter().find_map(|output| match &output.action {
            Action::Out(line) => Some(line.bytes()),
            _ => None,
        });
        first.is_some_and(|line| !line.starts_with(b"{"))
    }

    /// The id of the session, as it is in this run: that of the latest line with one, that of the
    /// arguments, or that of the first line to come.
    fn session_id(&self) -> String {
        let outputs = self.script.outputs.iter().enumerate();
        let (played, rest): (Vec<_>, Vec<_>) =
            outputs.partition(|(index, _)| self.is_played(*index));
        let id = |action: &Action| match action {
            Action::Out(line) => {
                let frame = Frame::parse(line.bytes().clone()).ok()?;
                frame.field("session_id")?.as_str().map(|id| id.into_owned())
            }
            _ => None,
        };
        let played = played.iter().rev().find_map(|(_, output)| id(&output.action));
        let live = |id: String| self.renumbered.live_of(&id).map(str::to_owned).unwrap_or(id);
        let to_come = || rest.iter().find_map(|(_, output)| id(&output.action)).map(live);
        played.map(live).or_else(|| self.named_session.clone()).or_else(to_come).unwrap_or_default()
    }
}
