//! When kept files are put back.
//!
//! A file is put back just before the result of the first tool call that names it; a tool that only
//! reads does not count. A program may read it as soon as it sees that result. A file that no call
//! names, such as one that a script wrote, comes before the last `result` line, and where there is
//! none (text output) before the exit.

use std::sync::Arc;

use serde_json::Value;

use super::kept::KeptFile;
use super::script::{Action, Output};

/// Tools that only read.
const READERS: [&str; 5] = ["Glob", "Grep", "LS", "NotebookRead", "Read"];

/// The output that each file comes before.
pub(super) fn placed(files: Vec<Arc<KeptFile>>, outputs: &[Output]) -> Vec<(usize, Arc<KeptFile>)> {
    if files.is_empty() {
        return Vec::new();
    }
    let lines: Vec<(usize, Value)> = outputs
        .iter()
        .enumerate()
        .filter_map(|(index, output)| match &output.action {
            Action::Out(line) => Some((index, serde_json::from_slice(line.bytes()).ok()?)),
            _ => None,
        })
        .collect();
    let end = lines.iter().rev().find(|(_, line)| line["type"] == "result");
    let exit = outputs.iter().position(|output| matches!(output.action, Action::Exit(_)));
    let end = end.map(|(index, _)| *index).or(exit).unwrap_or_default();
    let calls: Vec<&Value> = lines
        .iter()
        .filter(|(_, line)| line["type"] == "assistant")
        .flat_map(|(_, line)| blocks(line))
        .filter(|block| block["type"] == "tool_use")
        .filter(|block| !READERS.iter().any(|reader| block["name"] == *reader))
        .collect();
    let result_of = |call: &Value| {
        let is_result =
            |block: &Value| block["type"] == "tool_result" && block["tool_use_id"] == call["id"];
        let found =
            lines.iter().find(|(_, line)| line["type"] == "user" && blocks(line).any(is_result));
        found.map(|(index, _)| *index)
    };
    let place = |file: &KeptFile| {
        calls.iter().filter(|call| file.is_in(&call["input"])).find_map(|call| result_of(call))
    };
    files.into_iter().map(|file| (place(&file).unwrap_or(end), file)).collect()
}

/// The content blocks of a message.
fn blocks(line: &Value) -> impl Iterator<Item = &Value> {
    line.pointer("/message/content").and_then(Value::as_array).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::json;

    use super::*;
    use crate::player::compiled::{CompiledRecording, Launched};
    use crate::player::machine::{Machine, Step};
    use crate::recording::{Event, EventKind, Header, RecordedExit, Recording};

    fn call(id: &str, name: &str, input: Value) -> Value {
        let block = json!({"type": "tool_use", "id": id, "name": name, "input": input});
        json!({"type": "assistant", "message": {"content": [block]}})
    }

    fn done(id: &str) -> Value {
        let block = json!({"type": "tool_result", "tool_use_id": id});
        json!({"type": "user", "message": {"content": [block]}})
    }

    /// The number of each line of the CLI, and the names of the files that are put back.
    fn played(lines: &[Value], files: &[&str]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let mut recording = Recording::new(Header::new());
        for line in lines {
            let line = line.to_string();
            recording.events.push(Event::new(0, EventKind::Out(line.as_str().into())));
        }
        recording.events.push(Event::new(0, EventKind::Exit(RecordedExit::code(0))));
        let path = folder.path().join("001.jsonl");
        recording.save(&path).unwrap();
        for file in files {
            let file = folder.path().join("files/001").join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "x").unwrap();
        }
        let launch = Launched {
            folders: [("cwd".to_owned(), "/home/user/project".to_owned())].into(),
            ..Launched::default()
        };
        let script = CompiledRecording::file(&path).script(&launch).unwrap();
        let mut machine = Machine::new(script);
        let (mut steps, mut count) = (Vec::new(), 0);
        loop {
            match machine.next(0) {
                Step::Out(_) => {
                    steps.push(count.to_string());
                    count += 1;
                }
                Step::PutBack(file) => steps.push(file.name().to_owned()),
                Step::Exit(_) => return steps.join(" "),
                Step::Wait(_) => panic!("{steps:?}"),
                _ => {}
            }
        }
    }

    #[test]
    fn a_file_comes_before_the_result_of_the_first_call_that_names_it() {
        let result = json!({"type": "result"});
        let late = json!({"type": "system"});
        for (input, name) in [
            (json!({"file_path": "/home/user/project/a.txt"}), "Write"),
            (json!({"file_path": "a.txt"}), "Edit"),
            (json!({"command": "sort < b.txt >a.txt"}), "Bash"),
            (json!({"to": [{"path": "./a.txt"}]}), "mcp__x__save"),
        ] {
            let lines = [
                call("0", "Read", json!({"file_path": "/home/user/project/a.txt"})),
                done("0"),
                call("1", name, input.clone()),
                done("1"),
                call("2", name, input),
                done("2"),
                result.clone(),
                late.clone(),
            ];
            assert_eq!(played(&lines, &["a.txt", "z"]), "0 1 2 a.txt 3 4 5 z 6 7", "{name}");
        }
    }

    #[test]
    fn another_file_comes_before_the_last_result() {
        let named = |text: &str| {
            let lines = [
                call("1", "Bash", json!({"command": text})),
                done("1"),
                json!({"type": "result"}),
                json!({"type": "result"}),
            ];
            played(&lines, &["out/a.txt"])
        };
        assert_eq!(named("touch out/a.txt"), "0 out/a.txt 1 2 3");
        for other in ["touch a.txt", "touch xout/a.txt", "touch out/a.txts", "touch .out/a.txt"] {
            assert_eq!(named(other), "0 1 2 out/a.txt 3", "{other}");
        }
        assert_eq!(played(&[json!("text")], &["a"]), "0 a", "before the exit");
        // A call whose result never came.
        assert_eq!(played(&[call("1", "Write", json!({"file_path": "a"}))], &["a"]), "0 a");
    }
}
