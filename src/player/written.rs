//! What a replay cannot bring back: files that the CLI's tools wrote.

use serde_json::Value;

use crate::recording::{EventKind, Recording};

/// Tools that write a file, and the field of their input that names it.
const TOOLS: [(&str, &str); 3] =
    [("Write", "file_path"), ("Edit", "file_path"), ("NotebookEdit", "notebook_path")];

/// The files that the tools of a recorded launch wrote, in order, each once. What a shell command
/// wrote is not known.
pub(super) fn files(recording: &Recording) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for event in &recording.events {
        let EventKind::Out(line) = &event.kind else { continue };
        // Most lines are not one, and need not be parsed.
        if memchr::memmem::find(line.bytes(), b"_path\"").is_none()
            || memchr::memmem::find(line.bytes(), b"\"tool_use\"").is_none()
        {
            continue;
        }
        let Ok(line) = serde_json::from_slice::<Value>(line.bytes()) else { continue };
        if line["type"] != "assistant" {
            continue;
        }
        let blocks = line.pointer("/message/content").and_then(Value::as_array);
        for block in blocks.into_iter().flatten().filter(|block| block["type"] == "tool_use") {
            let field = TOOLS.iter().find(|(name, _)| block["name"] == *name);
            let path = field.and_then(|(_, field)| block["input"][field].as_str());
            found.extend(
                path.filter(|path| !found.iter().any(|had| had == path)).map(str::to_owned),
            );
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::{Event, Header};

    #[test]
    fn files_of_tools_that_write_are_named_once() {
        let mut recording = Recording::new(Header::new());
        let line = |name: &str, field: &str, path: &str| {
            let block =
                serde_json::json!({"type": "tool_use", "name": name, "input": {field: path}});
            serde_json::json!({"type": "assistant", "message": {"content": [block]}}).to_string()
        };
        for line in [
            line("Write", "file_path", "a.txt"),
            line("Read", "file_path", "b.txt"),
            line("Edit", "file_path", "a.txt"),
            line("NotebookEdit", "notebook_path", "n.ipynb"),
            "{\"type\":\"user\",\"x\":\"tool_use file_path\"}".to_owned(),
        ] {
            recording.events.push(Event::new(0, EventKind::Out(line.as_str().into())));
        }
        assert_eq!(files(&recording), ["a.txt", "n.ipynb"]);
    }
}
