//! `read_file`: files of the working folder, as the scenario has them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::replies::Reply;
use super::state::State;

impl State {
    /// The reply to `read_file`. A file that the scenario does not have cannot be read.
    pub(super) fn read_file(&self, request: &Value) -> Reply {
        let asked = request["path"].as_str().unwrap_or_default();
        let path = self.options.resolve(asked.strip_prefix("./").unwrap_or(asked));
        let inside = path.strip_prefix(&*self.options.cwd).and_then(|rest| rest.strip_prefix('/'));
        let content = inside.and_then(|inside| self.outside.files.get(inside));
        let Some(content) = content else { return Err(format!("read denied: {asked}")) };
        let limit = request["max_bytes"].as_u64().filter(|limit| *limit > 0);
        let limit = limit.and_then(|limit| usize::try_from(limit).ok());
        let bytes = content.as_bytes();
        let read = &bytes[..limit.map_or(bytes.len(), |limit| limit.min(bytes.len()))];
        let mut reply = json!({"absPath": path, "requested_path": asked});
        if request["encoding"] == "base64" {
            reply["contents"] = STANDARD.encode(read).into();
            reply["encoding"] = "base64".into();
        } else {
            reply["contents"] = String::from_utf8_lossy(read).into();
            reply["lossy"] = std::str::from_utf8(read).is_err().into();
        }
        if read.len() < bytes.len() {
            reply["truncated"] = true.into();
        }
        Ok(Some(reply))
    }
}
