//! File checkpoints: which prompts changed which files, for `rewind_files`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// What the prompts of a session changed.
#[derive(Clone, Debug, Default)]
pub(super) struct Checkpoints(Vec<Checkpoint>);

#[derive(Clone, Debug)]
struct Checkpoint {
    prompt: String,
    /// The lines that tools removed from a file and added to it since the prompt.
    files: BTreeMap<String, (usize, usize)>,
}

impl Checkpoints {
    /// A prompt begins.
    pub(super) fn begin(&mut self, prompt: &str) {
        self.0.push(Checkpoint { prompt: prompt.to_owned(), files: BTreeMap::new() });
    }

    /// A tool changed a file; `output` is its structured result.
    pub(super) fn note(&mut self, path: String, input: &Value, output: &Value) {
        let Some(latest) = self.0.last_mut() else { return };
        let (removed, added) = latest.files.entry(path).or_default();
        let (old, new) = changed(input, output);
        *removed += old;
        *added += new;
    }

    /// What going back to before a prompt changes: the body of a dry run; `None` for a prompt
    /// without a checkpoint.
    pub(super) fn to(&self, prompt: &str) -> Option<Value> {
        let first = self.0.iter().position(|checkpoint| checkpoint.prompt == prompt)?;
        let mut files = BTreeMap::new();
        let (mut removed, mut added) = (0, 0);
        for (path, (old, new)) in self.0[first..].iter().flat_map(|checkpoint| &checkpoint.files) {
            files.insert(path.as_str(), ());
            removed += old;
            added += new;
        }
        let files: Vec<_> = files.into_keys().collect();
        Some(
            json!({"canRewind": true, "filesChanged": files, "insertions": removed, "deletions": added}),
        )
    }
}

/// How many lines a change removed, and how many it added.
fn changed(input: &Value, output: &Value) -> (usize, usize) {
    let lines = |text: &Value| text.as_str().unwrap_or_default().lines().count();
    let patch = output["structuredPatch"].as_array().filter(|patch| !patch.is_empty());
    let Some(patch) = patch else {
        return match input.get("old_string") {
            Some(old) => (lines(old), lines(&input["new_string"])),
            None => (0, lines(&input["content"])),
        };
    };
    let all = patch.iter().flat_map(|hunk| hunk["lines"].as_array().into_iter().flatten());
    all.filter_map(Value::as_str).fold((0, 0), |(old, new), line| match line.as_bytes().first() {
        Some(b'-') => (old + 1, new),
        Some(b'+') => (old, new + 1),
        _ => (old, new),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn going_back_turns_around_all_later_changes() {
        let mut checkpoints = Checkpoints::default();
        checkpoints.begin("one");
        checkpoints.note(
            "/w/a".into(),
            &json!({"content": "1\n2\n"}),
            &json!({"structuredPatch": []}),
        );
        checkpoints.begin("two");
        let patch = json!({"structuredPatch": [{"lines": [" x", "-1", "+3", "+4"]}]});
        checkpoints.note("/w/a".into(), &json!({}), &patch);
        let edit = json!({"old_string": "a\nb", "new_string": "c"});
        checkpoints.note("/w/b".into(), &edit, &"done".into());
        let expected = json!({"canRewind": true, "filesChanged": ["/w/a", "/w/b"], "insertions": 3, "deletions": 3});
        assert_eq!(checkpoints.to("two"), Some(expected));
        assert_eq!(checkpoints.to("one").unwrap()["deletions"], 5);
        assert_eq!(checkpoints.to("three"), None);
    }
}
