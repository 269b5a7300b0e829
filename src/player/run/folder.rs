//! The folder that the launches of one test share.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::common::owned;
use crate::recording::{is_recordings_folder, recordings_in};

use super::super::compiled::{CompiledRecording, Launched};
use super::super::report::Report;
use super::dirs::create_dirs;
use super::error::RunError;
use super::launches::{self, LaunchReport};
use super::tally::{injections_of, missed_of};

/// The folder that the launches of one test share: which recordings are used, and the report of
/// each launch.
///
/// It is thrown away after the test; recordings are never in it while they are replayed. In Rust,
/// [`Replay`](super::super::Replay) needs none. A program that starts `mock-claude` more than once
/// gets one by the environment variable `CLAUDE_WIRE_RUN`, next to `CLAUDE_WIRE_REPLAY`:
///
/// ```no_run
/// use std::process::Command;
///
/// use claude_wire::player::RunFolder;
///
/// let run = RunFolder::temporary("tests/recordings/two-launches")?;
/// let status = Command::new("python").arg("program.py").envs(run.env()).status()?;
/// assert!(status.success());
/// run.assert_finished();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Clones share the folder.
#[derive(Clone, Debug)]
pub struct RunFolder {
    path: PathBuf,
    /// Removes the folder with the last clone.
    _temporary: Option<Arc<Temporary>>,
}

/// The content of `run.json`.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    #[serde(rename = "claude-wire")]
    kind: String,
    version: u64,
    recordings: String,
    /// Whether its launches are recorded.
    records: bool,
}

/// The report of the last launch that differed.
pub(super) const LAST_FAILURE: &str = "last-failure.json";

const KIND: &str = "run";
const VERSION: u64 = 1;

impl RunFolder {
    /// Makes a new folder for one test, with what it plays: a folder of recordings or one
    /// recording. The last clone removes it.
    ///
    /// # Errors
    /// If it cannot be made in the folder for temporary files.
    pub fn temporary(recordings: impl AsRef<Path>) -> Result<Self, RunError> {
        let path = std::env::temp_dir().join(format!("claude-wire-run-{}", Uuid::new_v4()));
        let mut folder = Self::open(&path)?;
        folder._temporary = Some(Arc::new(Temporary(path)));
        folder.plays(recordings.as_ref(), || false)?;
        Ok(folder)
    }

    /// Uses a folder, which is created if it is missing.
    ///
    /// # Errors
    /// If it cannot be created.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, RunError> {
        let path = path.into();
        for folder in [path.join("used"), path.join("launches")] {
            create_dirs(&folder).map_err(|error| RunError::io(&folder, error))?;
        }
        Ok(Self { path, _temporary: None })
    }

    /// Uses the folder of a run that has begun, and creates nothing.
    ///
    /// # Errors
    /// If it cannot be read, or [is not that of a run](RunError::is_no_run): it has neither
    /// `run.json` nor the report of a launch.
    pub fn existing(path: impl Into<PathBuf>) -> Result<Self, RunError> {
        let run = Self { path: path.into(), _temporary: None };
        fs::read_dir(&run.path).map_err(|error| RunError::io(&run.path, error))?;
        if !run.path.join("run.json").is_file() && run.launches()?.is_empty() {
            return Err(RunError::no_run(&run.path));
        }
        Ok(run)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The environment variables with which `mock-claude` plays this run: `CLAUDE_WIRE_RUN`, and
    /// `CLAUDE_WIRE_REPLAY` if it is known what the run plays.
    pub fn env(&self) -> Vec<(String, PathBuf)> {
        let replay = self.recordings().ok().flatten();
        let replay = replay.map(|path| ("CLAUDE_WIRE_REPLAY".to_owned(), path));
        [("CLAUDE_WIRE_RUN".to_owned(), self.path.clone())].into_iter().chain(replay).collect()
    }

    /// What the run plays: a folder of recordings, or one recording. `None` before its first
    /// launch.
    ///
    /// # Errors
    /// If `run.json` cannot be read.
    pub fn recordings(&self) -> Result<Option<PathBuf>, RunError> {
        Ok(self.head()?.map(|head| head.recordings.into()))
    }

    /// Notes what the run plays, and whether its launches are recorded instead. The first launch
    /// decides, and later ones get its answer.
    ///
    /// # Errors
    /// If the run plays other recordings, or `run.json` cannot be read or written; if the path is
    /// empty or not UTF-8.
    pub fn plays(
        &self,
        recordings: &Path,
        records: impl FnOnce() -> bool,
    ) -> Result<bool, RunError> {
        if recordings.as_os_str().is_empty() {
            return Err(RunError::no_path(&self.path));
        }
        let wanted = full(recordings).into_os_string().into_string();
        let wanted = wanted.map_err(|_| RunError::not_utf8(recordings))?;
        let has = match self.head()? {
            Some(head) => head,
            None => {
                let (kind, recordings) = (KIND.to_owned(), wanted.clone());
                let head = Head { kind, version: VERSION, recordings, records: records() };
                let path = self.path.join("run.json");
                match write_once(&path, &to_json(&head)) {
                    // Another launch was faster.
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                        self.head()?.unwrap_or(head)
                    }
                    done => done.map(|()| head).map_err(|error| RunError::io(&path, error))?,
                }
            }
        };
        if has.recordings != wanted {
            return Err(RunError::other_recordings(&self.path, &has.recordings, &wanted));
        }
        Ok(has.records)
    }

    fn head(&self) -> Result<Option<Head>, RunError> {
        let path = self.path.join("run.json");
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(RunError::io(&path, error)),
        };
        let head: Head = serde_json::from_str(&text)
            .map_err(|error| RunError::format(&path, error.to_string()))?;
        if (head.kind.as_str(), head.version) != (KIND, VERSION) {
            let why = format!("this build reads {KIND:?}, version {VERSION}");
            return Err(RunError::format(&path, why));
        }
        Ok(Some(head))
    }

    /// The launches so far, in the order of their starts.
    ///
    /// # Errors
    /// If a report cannot be read.
    pub fn launches(&self) -> Result<Vec<LaunchReport>, RunError> {
        launches::read(&self.path.join("launches"), &injections_of(&self.path))
    }

    /// The last launch that differed from the recordings; `None` if none did. Its number is 0, since
    /// only its end is known.
    ///
    /// # Errors
    /// If its report cannot be read.
    pub fn last_failure(&self) -> Result<Option<LaunchReport>, RunError> {
        let path = self.path.join(LAST_FAILURE);
        if path.exists() { launches::read_one(&path, 0, &[]).map(Some) } else { Ok(None) }
    }

    /// The combined report of all launches so far, and of the recordings that none of them used.
    ///
    /// # Errors
    /// If a report or the folder of recordings cannot be read.
    pub fn report(&self) -> Result<Report, RunError> {
        let mut report = Report::default();
        // A launch that a fault ended would have gone on with what all launches share.
        let (mut is_ended, mut is_unknown) = (false, false);
        for launch in self.launches()? {
            is_ended = launch.report().is_ended_by_fault();
            is_unknown = launch.recording().is_none();
            report.add(launch.into_report());
        }
        match self.turns_left()? {
            Some((prompts, is_shared)) => report.unasked(prompts, is_shared && is_ended),
            None => report.unused(self.unused()?, usize::from(is_ended && is_unknown)),
        }
        if let Some(missed) = missed_of(&self.path) {
            let injected = report.injected().to_vec();
            report = report.with_faults(injected, missed);
        }
        Ok(report)
    }

    /// For the end of a test: checks that no launch differed and nothing is left.
    ///
    /// # Panics
    /// With the report, unless it [is clean](Report::is_clean); if the folder cannot be read.
    #[track_caller]
    pub fn assert_finished(&self) {
        match self.report() {
            Ok(report) => assert!(report.is_clean(), "{report}"),
            Err(error) => panic!("{error}"),
        }
    }

    /// Takes the next number of a kind, from 0, with a note.
    pub(in crate::player) fn take(&self, kind: &str, note: &[u8]) -> Result<usize, String> {
        let folder = self.path.join(kind);
        create_dirs(&folder).map_err(|error| RunError::io(&folder, error).to_string())?;
        for number in 0_usize.. {
            let path = folder.join(number.to_string());
            match write_once(&path, note) {
                Ok(()) => return Ok(number),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(RunError::io(&path, error).to_string()),
            }
        }
        Err(format!("{}: no number is left", folder.display()))
    }

    /// Takes a name of a kind; false if another launch has it.
    pub(in crate::player) fn take_name(&self, kind: &str, name: &str) -> Result<bool, String> {
        let folder = self.path.join(kind);
        create_dirs(&folder).map_err(|error| RunError::io(&folder, error).to_string())?;
        let path = folder.join(name);
        match create(&path) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(RunError::io(&path, error).to_string()),
        }
    }

    /// The notes of the numbers of a kind that are taken, in order.
    pub(in crate::player) fn taken(&self, kind: &str) -> Vec<String> {
        let folder = self.path.join(kind);
        (0_usize..)
            .map_while(|number| fs::read_to_string(folder.join(number.to_string())).ok())
            .collect()
    }

    /// Notes the prompts of a scenario: those of each launch, or one list for all.
    pub(in crate::player) fn plays_turns(&self, turns: &[Vec<String>]) -> Result<(), RunError> {
        let path = self.path.join("turns.json");
        match write_once(&path, &to_json(&turns)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            done => done.map_err(|error| RunError::io(&path, error)),
        }
    }

    /// The prompts of a scenario that no launch had, one line each, and whether they are for any
    /// launch; `None` if there is none.
    fn turns_left(&self) -> Result<Option<(Vec<String>, bool)>, RunError> {
        let path = self.path.join("turns.json");
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(RunError::io(&path, error)),
        };
        let turns: Vec<Vec<String>> = serde_json::from_str(&text)
            .map_err(|error| RunError::format(&path, error.to_string()))?;
        let (taken, started) = (self.taken("turns").len(), self.taken("starts").len());
        Ok(Some(match turns.as_slice() {
            [all] => (all.iter().skip(taken).cloned().collect(), true),
            launches => (launches.iter().skip(started).flatten().cloned().collect(), false),
        }))
    }

    pub(super) fn is_used(&self, recording: &str) -> bool {
        self.used(recording).exists()
    }

    pub(super) fn claim(&self, recording: &str) -> Result<bool, RunError> {
        let path = self.used(recording);
        match create(&path) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(RunError::io(&path, error)),
        }
    }

    /// The recordings that no launch uses, one line each.
    fn unused(&self) -> Result<Vec<String>, RunError> {
        let Some(head) = self.head()?.filter(|head| !head.records) else { return Ok(Vec::new()) };
        let recordings = PathBuf::from(head.recordings);
        let files = if is_recordings_folder(&recordings) {
            recordings_in(&recordings)
                .map_err(|error| RunError::format(&recordings, error.to_string()))?
        } else {
            vec![recordings]
        };
        let recordings = files.iter().map(|file| CompiledRecording::file(file));
        let unused = recordings.filter(|recording| !self.is_used(&recording.short_name()));
        Ok(unused.map(|recording| recording.unused(&Launched::default())).collect())
    }

    fn used(&self, recording: &str) -> PathBuf {
        self.path.join("used").join(recording)
    }
}

/// Removes a folder when it is dropped.
#[derive(Debug)]
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // What cannot be removed stays among the temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A path as other launches find it, from whatever folder they start.
fn full(path: &Path) -> PathBuf {
    let full = path.canonicalize().or_else(|_| std::path::absolute(path));
    full.unwrap_or_else(|_| path.to_owned())
}

/// JSON on several lines, for people.
pub(super) fn to_json(value: &impl Serialize) -> Vec<u8> {
    // Plain data with string keys always serialises.
    let mut json = serde_json::to_vec_pretty(value).unwrap_or_default();
    json.push(b'\n');
    json
}

/// Creates a file that does not exist yet, for its owner alone.
fn create(path: &Path) -> io::Result<fs::File> {
    owned(OpenOptions::new().write(true).create_new(true)).open(path)
}

/// [`create`]s a file with its content at once: another launch may read it at any time.
pub(super) fn write_once(path: &Path, content: &[u8]) -> io::Result<()> {
    let draft = draft(path);
    create(&draft)?.write_all(content)?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            // A file system without links.
            create(path)?.write_all(content)
        }
        linked => linked,
    }
}

/// Replaces a file in one step.
pub(super) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let draft = draft(path);
    create(&draft)?.write_all(content)?;
    fs::rename(&draft, path)
}

fn draft(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}", Uuid::new_v4()));
    path.with_file_name(name)
}
