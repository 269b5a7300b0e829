//! The working directory that a request names (`claim_session`): the live one takes the place of the
//! recorded one, as that of the launch does.

use std::path::Path;

use serde_json::Value;

use crate::recording::Moved;

/// The two directories, in both directions.
#[derive(Debug)]
pub(super) struct Claimed {
    live: Moved,
    recorded: Moved,
}

impl Claimed {
    /// `None` if the requests name no directory, or the same one.
    pub(super) fn of(recorded: &Value, live: &Value) -> Option<Self> {
        let (recorded, live) = (folder(recorded)?, folder(live)?);
        (recorded != live).then(|| Self {
            live: Moved::new(&[(recorded, live)]),
            // The recorded one is not the directory of this run, and becomes something else.
            recorded: Moved::new(&[(live, recorded), (recorded, live)]),
        })
    }

    /// A recorded line with the live directory; `None` if the recorded one is not in it.
    pub(super) fn live(&self, line: &[u8], json: bool) -> Option<Vec<u8>> {
        self.live.in_text(line, json)
    }

    /// A live text with the recorded directory; `None` if that is the same.
    pub(super) fn recorded(&self, text: &[u8]) -> Option<Vec<u8>> {
        self.recorded.in_text(text, false)
    }
}

fn folder(request: &Value) -> Option<&str> {
    request.get("cwd")?.as_str().filter(|folder| Path::new(folder).is_absolute())
}
