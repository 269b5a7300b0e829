//! What became of the lines that a program wrote.

use std::fs;
use std::path::Path;

use claude_wire::player::{CommandLine, Divergence, Report};
use claude_wire::recording::{EventKind, Recording};
use claude_wire::wire::RawJson;
use serde_json::{Value, json};

/// What a program wrote, the prompts among its arguments included, and what of the recording it did
/// not do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Equal to a recorded line, but for the folders.
    pub(super) exact: usize,
    /// Of the same meaning: what differs is not compared (ids, order, names of a value).
    pub(super) normalised: usize,
    /// Differences that ended a launch.
    pub(super) diverged: usize,
    /// Recorded, and not done.
    pub(super) unmatched: usize,
}

/// Counts what a run did.
pub(super) fn count(written: Vec<Value>, recorded: Vec<Value>, report: &Report) -> Counts {
    let mut left = recorded;
    let all = written.len();
    let exact = written.iter().filter(|line| take(&mut left, line)).count();
    // Lines that differed are none of the others.
    let lines = report.divergences().iter().filter(is_of_a_line).count();
    Counts {
        exact,
        normalised: (all - exact).saturating_sub(lines),
        diverged: report.divergences().len(),
        unmatched: report.left().len(),
    }
}

/// Whether it is a line, or a prompt among the arguments, that differs.
fn is_of_a_line(divergence: &&Divergence) -> bool {
    divergence.is_mismatch()
        || divergence.is_extra()
        || divergence.is_out_of_turn()
        || divergence.to_string().contains(" differs at prompt[")
}

fn take(left: &mut Vec<Value>, line: &Value) -> bool {
    let found = left.iter().position(|recorded| recorded == line);
    found.is_some_and(|found| {
        left.swap_remove(found);
        true
    })
}

/// The prompt among the arguments of a launch, as one of the things that a program wrote.
fn argument(prompt: &Value) -> Value {
    json!({"argument": prompt})
}

/// What the program wrote, by a journal. Folders become the variables of recordings.
pub(super) fn written(journal: &str, folders: &[(&str, &Path)]) -> Vec<Value> {
    let mut journal = journal.to_owned();
    for (name, folder) in folders {
        journal = journal.replace(&*folder.to_string_lossy(), &format!("${{{name}}}"));
    }
    let lines = journal.lines().filter_map(|line| value(line.to_owned()));
    let of_line = |mut line: Value| match line["start"].get("prompt") {
        Some(prompt) => Some(argument(prompt)),
        None => line.get_mut("in").map(Value::take),
    };
    lines.filter_map(of_line).collect()
}

/// A line, also one with half of a surrogate pair, which the journal repeats as it is.
fn value(line: String) -> Option<Value> {
    RawJson::parse(line).and_then(|json| json.to_value()).ok()
}

/// What the recorded program wrote.
pub(super) fn recorded(recording: &Path) -> Result<Vec<Value>, String> {
    let failed = |error: String| format!("{}: {error}", recording.display());
    let opened = Recording::open(recording).map_err(|error| failed(error.to_string()))?;
    let inputs = opened.events.iter().filter_map(|event| match &event.kind {
        EventKind::In(payload) => Some(payload),
        _ => None,
    });
    let text = |bytes: &[u8]| Value::String(String::from_utf8_lossy(bytes).into_owned());
    let lines = inputs.map(|payload| {
        let json = payload.json().and_then(|raw| value(raw.get().to_owned()));
        json.unwrap_or_else(|| text(payload.bytes()))
    });
    let header = &opened.header;
    let argv = header.argv.as_deref().unwrap_or_default();
    let read = CommandLine::read(argv, header.cli.as_deref(), true).ok();
    let prompt = read.as_ref().and_then(CommandLine::prompt);
    Ok(prompt.map(|prompt| argument(&json!(prompt))).into_iter().chain(lines).collect())
}

/// The file, or nothing if there is none.
pub(super) fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail")]

    use claude_wire::recording::Header;

    use super::*;

    #[test]
    fn lines_of_a_journal_are_those_of_the_program_with_its_folders_as_variables() {
        let journal = r#"{"pid":7,"us":0,"start":{"argv":["-p"],"cwd":"/w"}}
{"pid":8,"us":0,"start":{"argv":["-p","in /w"],"cwd":"/w","prompt":"in /w"}}
{"pid":7,"us":9,"in":{"type":"user","message":{"role":"user","content":"in /w/a"}}}
{"pid":8,"us":1,"in":"text"}
{"pid":8,"us":1,"in":{"type":"user","message":"half \ud83d"}}
{"pid":7,"us":1,"out":{"type":"result"}}
"#;
        let written = written(journal, &[("cwd", Path::new("/w"))]);
        let expected = [
            json!({"argument": "in ${cwd}"}),
            json!({"type": "user", "message": {"role": "user", "content": "in ${cwd}/a"}}),
            json!("text"),
            json!({"type": "user", "message": "half \u{fffd}"}),
        ];
        assert_eq!(written, expected);
    }

    #[test]
    fn a_prompt_among_the_arguments_is_written_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("one.jsonl");
        for (argv, expected) in [
            (&["-p", "Hello", "--model", "opus"][..], vec![json!({"argument": "Hello"})]),
            (&["-p", "--model", "opus", "--", "--no"], vec![json!({"argument": "--no"})]),
            (&["-p", "--model", "opus"], vec![]),
            (&["auth", "status"], vec![]),
        ] {
            let mut header = Header::new();
            header.argv = Some(argv.iter().map(|arg| (*arg).to_owned()).collect());
            Recording::new(header).save(&path).unwrap();
            assert_eq!(recorded(&path).unwrap(), expected, "{argv:?}");
        }
    }

    #[test]
    fn a_line_that_is_recorded_twice_is_exact_twice() {
        let line = |text: &str| json!({"type": "user", "message": text});
        let count = |written: &[&str], recorded: &[&str]| {
            let lines = |texts: &[&str]| texts.iter().map(|text| line(text)).collect();
            count(lines(written), lines(recorded), &Report::default())
        };
        assert_eq!(count(&["a", "a"], &["a", "b", "a"]), Counts { exact: 2, ..Counts::default() });
        let other = Counts { exact: 1, normalised: 2, ..Counts::default() };
        assert_eq!(count(&["a", "a", "c"], &["a", "b"]), other);
    }
}
