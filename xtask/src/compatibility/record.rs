//! The recordings of the programs, made with the real CLI in a closed network.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use claude_wire::lab::{ApiReply, ApiScript, Hermetic, When};
use claude_wire::recording::{Recording, recordings_in};
use claude_wire_cli::Failure;
use serde_json::json;
use tempfile::TempDir;

use super::cases::{Case, Source};
use super::client::{Client, Place, Tools};
use crate::{limited, root};

/// How long a program may take.
const LIMIT: Duration = Duration::from_secs(60);

/// Records what the cases play and does not exist yet.
pub(super) async fn missing(cases: &[Case], tools: &Tools, cli: &Path) -> Result<(), Failure> {
    for case in cases {
        let path = root().join(case.plays());
        if matches!(case.source, Source::Recorded(_)) && case.is_own() && !path.exists() {
            println!("recording {}", case.plays());
            record(case, tools, cli, &path)
                .await
                .map_err(|error| format!("{}: {error}", case.plays()))?;
        }
    }
    Ok(())
}

async fn record(case: &Case, tools: &Tools, cli: &Path, path: &Path) -> Result<(), Failure> {
    let program = case.program;
    let script = script(case).ok_or("the model has no script for this program")?;
    let hermetic = Hermetic::start(cli, script).await.map_err(|error| error.to_string())?;
    let place = Place::new().map_err(|error| error.to_string())?;
    let draft = Draft::of(path).map_err(|error| error.to_string())?;
    let command = tools.command(case.client, program.file, &place);
    let mut command = command.map_err(|error| error.to_string())?;
    command.env_clear().envs(hermetic.env()).current_dir(hermetic.cwd());
    tools.settle(case.client, &place, &mut command);
    command.envs(program.env.iter().copied()).args(program.args);
    command.env("CLAUDE_WIRE_RECORD_TO", draft.path()).env("CLAUDE_WIRE_REAL_CLI", cli);
    let output = limited::output(&mut command, LIMIT).await?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    println!("{}", text(&output.stdout));
    let finished = hermetic.finish().map_err(|error| error.to_string());
    if !output.status.success() || finished.is_err() {
        let ended = format!("the program ended with {}: {}", output.status, text(&output.stderr));
        return Err(finished.err().map_or(ended.clone(), |error| format!("{error}; {ended}")));
    }
    draft.comes_to_its_end().await?;
    draft.keep(path).map_err(|error| format!("the recording: {error}"))
}

/// A recording while it is made, in a folder next to its place: only what is whole gets there. What
/// broke off would otherwise be there for the next run, which records only what is missing.
struct Draft {
    folder: TempDir,
    path: PathBuf,
}

impl Draft {
    /// For the recording, or the folder of recordings, that is to be here.
    fn of(place: &Path) -> io::Result<Self> {
        let nowhere = || io::Error::new(io::ErrorKind::InvalidInput, "no place for a recording");
        let (parent, name) = place.parent().zip(place.file_name()).ok_or_else(nowhere)?;
        let folder = tempfile::Builder::new().prefix(".recording-").tempdir_in(parent)?;
        let path = folder.path().join(name);
        Ok(Self { folder, path })
    }

    /// Where it is made.
    fn path(&self) -> &Path {
        &self.path
    }

    /// Waits a short time for what was recorded to be whole: a client may end before its CLI.
    async fn comes_to_its_end(&self) -> Result<(), Failure> {
        let mut waits = 50;
        loop {
            match whole(&self.path) {
                Err(_) if waits > 0 => waits -= 1,
                done => return done,
            }
            // The disk has no event for it.
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Moves it to its place.
    fn keep(self, place: &Path) -> io::Result<()> {
        fs::rename(&self.path, place)?;
        self.folder.close()
    }
}

/// Whether a recording, or each of a folder, is there and has its end.
fn whole(path: &Path) -> Result<(), Failure> {
    let paths = match path.is_dir() {
        true => recordings_in(path).map_err(|error| error.to_string())?,
        false => vec![path.to_owned()],
    };
    if paths.is_empty() {
        return Err("nothing was recorded".to_owned());
    }
    for path in paths {
        let recording = Recording::open(&path).map_err(|error| error.to_string())?;
        let whole = recording.require_whole();
        whole.map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

/// What the model says to a program.
fn script(case: &Case) -> Option<ApiScript> {
    let touch = |name: &str| json!({"command": format!("touch {name}"), "description": "make"});
    let script = ApiScript::new();
    Some(match (case.client, case.program.name) {
        (Client::Acp, "ask") => script
            .when(
                When::prompt("Make a.txt"),
                [
                    ApiReply::text("I will look first.").and_tool_use("Bash", touch("a.txt")),
                    ApiReply::text("Made."),
                ],
            )
            // It also asks for a title.
            .always(When::any(), [ApiReply::text("A file")]),
        (Client::Shell, "sum") => script
            .on_prompt(
                "Add 1 and 2",
                [ApiReply::tool_use("StructuredOutput", json!({"sum": 3, "kept": false}))],
            )
            .on_prompt("Go on", [ApiReply::tool_use("Read", json!({"file_path": "sum.txt"}))]),
        (_, "talk") => script
            .on_prompt(
                "Make a.txt",
                [ApiReply::tool_use("Bash", touch("a.txt")), ApiReply::text("Made.")],
            )
            .on_prompt("Thanks", [ApiReply::text("You are welcome.")]),
        (Client::Wrapper, "queries") => script
            .on_prompt("First", [ApiReply::text("One.")])
            .on_prompt("Second", [ApiReply::text("Two.")]),
        (_, "interrupt") => {
            let slow = ApiReply::text("word ".repeat(400)).delta_chars(5);
            script
                .on_prompt("Talk slowly", [slow.delta_every(Duration::from_millis(50))])
                .on_prompt("And now?", [ApiReply::text("Now this.")])
        }
        (_, "parallel") => {
            let three =
                ["p2", "p3"].iter().fold(ApiReply::tool_use("Bash", touch("p1")), |reply, name| {
                    reply.and_tool_use("Bash", touch(name))
                });
            script.on_prompt("Make three", [three, ApiReply::text("Three.")])
        }
        (_, "pipelined") => script
            .on_prompt("First", [ApiReply::text("One.")])
            .on_prompt("Second", [ApiReply::text("Two.")]),
        (_, "sum") => script
            .on_prompt(
                "Add 1 and 2",
                [
                    ApiReply::tool_use("mcp__calc__add", json!({"a": 1, "b": 2})),
                    ApiReply::tool_use("Write", json!({"file_path": "sum.txt", "content": "3"})),
                    ApiReply::tool_use("StructuredOutput", json!({"sum": 3, "kept": true})),
                ],
            )
            .on_prompt("Go on", [ApiReply::tool_use("Read", json!({"file_path": "sum.txt"}))]),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "helpers of tests")]

    use claude_wire::recording::Header;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name());
        let mut names: Vec<_> = files.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[tokio::test(start_paused = true)]
    async fn only_what_has_its_end_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let draft = Draft::of(&folder.path().join("two")).unwrap();
        assert!(draft.comes_to_its_end().await.is_err());
        fs::create_dir(draft.path()).unwrap();
        assert_eq!(draft.comes_to_its_end().await, Err("nothing was recorded".to_owned()));
        let recording = Recording::new(Header::new());
        recording.save(draft.path().join("001.jsonl")).unwrap();
        assert_eq!(draft.comes_to_its_end().await, Ok(()));
        recording.save_truncated(draft.path().join("002.jsonl")).unwrap();
        let why = draft.comes_to_its_end().await.unwrap_err();
        assert!(why.contains("002.jsonl"), "{why}");
        assert_eq!(whole(&draft.path().join("001.jsonl")), Ok(()));
        assert!(whole(&draft.path().join("002.jsonl")).is_err());
    }

    #[test]
    fn a_recording_that_broke_off_leaves_nothing() {
        for (name, is_folder) in [("one.jsonl", false), ("two", true)] {
            let folder = tempfile::tempdir().unwrap();
            let place = folder.path().join(name);
            let make = |draft: &Draft| match is_folder {
                true => {
                    fs::create_dir(draft.path()).unwrap();
                    fs::write(draft.path().join("001.jsonl"), "{}").unwrap();
                }
                false => fs::write(draft.path(), "{}").unwrap(),
            };
            let draft = Draft::of(&place).unwrap();
            make(&draft);
            assert!(!place.exists(), "{name}");
            drop(draft);
            assert_eq!(names(folder.path()), [""; 0], "{name}");

            let draft = Draft::of(&place).unwrap();
            assert!(draft.keep(&place).is_err(), "{name}: nothing was recorded");
            assert_eq!(names(folder.path()), [""; 0], "{name}");

            let draft = Draft::of(&place).unwrap();
            make(&draft);
            draft.keep(&place).unwrap();
            assert_eq!(names(folder.path()), [name]);
            assert_eq!(place.is_dir(), is_folder);
        }
    }
}
