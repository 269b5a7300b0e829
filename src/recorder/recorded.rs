//! A transport that replays a recording if it exists, and records otherwise.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::error::Error;
use super::mode::Mode;
use super::transport::{Recorder, numbered};
use crate::player::Replay;
use crate::recording::{
    Recording, is_recordings_folder, move_kept, recordings_in, remove_kept, replace_recordings,
};
use crate::transport::{self, BoxFuture, Connection, Launch, PathMap, Transport};

/// A transport that replays a recording or records one, so that a test is written once.
///
/// | `CLAUDE_WIRE_RECORD` | the recording exists | it is missing |
/// |---|---|---|
/// | `none`, unset | replayed | an error |
/// | `once` | replayed | the real CLI is recorded |
/// | `rewrite` | the real CLI is recorded again | the same |
/// | `passthrough` | the real CLI, not recorded | the same |
///
/// If `CI` is set, recording is refused, unless `CLAUDE_WIRE_RECORD_IN_CI=1`.
///
/// A new recording has a temporary name (`.x.jsonl.4711-0.partial`) until [`finish`](Self::finish)
/// is called, so a test that fails half-way does not change or create `x.jsonl`. If the last clone
/// is dropped without `finish`, the temporary file is removed.
///
/// A session that connects more than once has one recording for each connection. With a path that
/// ends in `.jsonl` they are `x.jsonl`, `x-2.jsonl`, and so on, replayed in that order, with the
/// [rules](crate::player::Rules) of `x.rules.json` and the kept files of each. Any other
/// path is a folder of recordings, `001.jsonl`, `002.jsonl`, and so on, each replayed to the
/// connection that has its first prompt (see [`Replay::open`]); `finish` replaces the recordings in
/// it, and the [files](Recorder::keep_files) that are kept with them, and leaves its other files
/// alone.
///
/// ```
/// use claude_wire::Session;
/// use claude_wire::recorder::{Mode, Recorded};
/// use claude_wire::transport::{CliPath, Process};
/// # use claude_wire::{Scenario, reply};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("greeting.jsonl");
/// # // What a first run under `CLAUDE_WIRE_RECORD=once` leaves behind.
/// # let recorder = claude_wire::recorder::Recorder::new(Scenario::new().on_prompt("Hello", reply().text("Hi!")), &path);
/// # let session = Session::builder().transport(recorder.clone()).start()?;
/// # session.query("Hello").text().await?;
/// # session.stop().await.unwrap();
/// # recorder.flush().await?;
/// // In your test: `Recorded::from_env("tests/recordings/greeting.jsonl", Process::new(CliPath::Auto))?`.
/// let cli = Recorded::open(&path, Process::new(CliPath::Auto), Mode::None)?;
/// let session = Session::builder().transport(cli.clone()).start()?;
/// assert_eq!(session.query("Hello").text().await?, "Hi!");
/// session.stop().await.unwrap();
/// cli.finish().await?;
/// # Ok(()) }
/// ```
///
/// Clones share everything: keep one while the session owns the other.
#[derive(Clone, Debug)]
pub struct Recorded {
    path: PathBuf,
    source: Source,
}

#[derive(Clone)]
enum Source {
    Played(Replay),
    Made(Arc<Made>),
    Plain(Arc<dyn Transport>),
}

/// A recording under a temporary name.
struct Made {
    recorder: Recorder,
    /// The temporary folder, if the recording is a folder.
    folder: Option<PathBuf>,
}

impl Recorded {
    /// [`open`](Self::open) in the mode of `CLAUDE_WIRE_RECORD`.
    ///
    /// # Errors
    /// As for [`open`](Self::open), and if there is no such mode.
    pub fn from_env(path: impl Into<PathBuf>, cli: impl Transport) -> Result<Self, Error> {
        Self::open(path, cli, Mode::from_env()?)
    }

    /// Opens the recording at `path`. The CLI behind `cli` is only opened if the mode requires it;
    /// then the recording's folder is created if needed.
    ///
    /// # Errors
    /// If the recording is missing and may not be made, or exists and cannot be played; if its
    /// folder cannot be created.
    pub fn open(path: impl Into<PathBuf>, cli: impl Transport, mode: Mode) -> Result<Self, Error> {
        Self::open_with(path.into(), cli, mode, |recorder| recorder)
    }

    /// [`open`](Self::open) with a configured recorder: what to redact, the version of the CLI.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub fn open_with(
        path: PathBuf,
        cli: impl Transport,
        mode: Mode,
        change: impl FnOnce(Recorder) -> Recorder,
    ) -> Result<Self, Error> {
        let refused = Mode::is_refused_where(|name| std::env::var_os(name));
        Self::choose(path, cli, mode, change, refused)
    }

    fn choose(
        path: PathBuf,
        cli: impl Transport,
        mode: Mode,
        change: impl FnOnce(Recorder) -> Recorder,
        refused: bool,
    ) -> Result<Self, Error> {
        // A recording that is played does not open it, and a scenario need not be played then.
        cli.taken();
        let is_folder = is_recordings_folder(&path);
        let there = if is_folder {
            recordings_in(&path).is_ok_and(|found| !found.is_empty())
        } else {
            path.exists()
        };
        let source = match mode {
            Mode::Passthrough => Source::Plain(Arc::new(cli)),
            Mode::None | Mode::Once if there => Source::Played(play(&path)?),
            Mode::None => return Err(Error::missing(&path)),
            Mode::Once | Mode::Rewrite if refused => return Err(Error::refused(&path)),
            Mode::Once | Mode::Rewrite => {
                // The first recording of a project has no folder yet.
                path.parent()
                    .map_or(Ok(()), std::fs::create_dir_all)
                    .map_err(|error| Error::uncreated(&path, error))?;
                let partial = partial(&path);
                let recorder = change(Recorder::new(cli, &partial)).overwrite(true);
                Source::Made(Arc::new(if is_folder {
                    std::fs::create_dir(&partial)
                        .map_err(|error| Error::uncreated(&partial, error))?;
                    Made { recorder: recorder.in_folder(), folder: Some(partial) }
                } else {
                    Made { recorder, folder: None }
                }))
            }
        };
        Ok(Self { path, source })
    }

    /// Whether the recording is replayed, so that no CLI is needed.
    pub fn is_played(&self) -> bool {
        matches!(self.source, Source::Played(_))
    }

    /// For the end of a test, after the session has ended. Checks that the whole recording was
    /// replayed without a difference, or saves the new recording.
    ///
    /// # Errors
    /// If the replay differed or something is left of it, with the report; if the recording could
    /// not be written, nothing was recorded at all, or a session has not ended yet.
    ///
    /// # Cancel safety
    /// Can be dropped and called again.
    pub async fn finish(&self) -> Result<(), Error> {
        match &self.source {
            Source::Plain(_) => Ok(()),
            Source::Played(replay) => {
                let report = replay.report();
                if report.is_clean() {
                    Ok(())
                } else {
                    Err(Error::diverged(&self.path, report.to_string()))
                }
            }
            Source::Made(made) => made.publish(&self.path).await,
        }
    }
}

impl Transport for Recorded {
    fn open(&self, launch: Launch) -> BoxFuture<'_, Result<Connection, transport::Error>> {
        match &self.source {
            Source::Played(replay) => replay.open(launch),
            Source::Made(made) => made.recorder.open(launch),
            Source::Plain(cli) => cli.open(launch),
        }
    }

    fn runs_here(&self) -> bool {
        match &self.source {
            Source::Played(replay) => replay.runs_here(),
            Source::Made(made) => made.recorder.runs_here(),
            Source::Plain(cli) => cli.runs_here(),
        }
    }

    fn path_map(&self) -> Option<&PathMap> {
        match &self.source {
            Source::Played(_) => None,
            Source::Made(made) => made.recorder.path_map(),
            Source::Plain(cli) => cli.path_map(),
        }
    }

    fn environment(&self, launch: &Launch) -> BTreeMap<OsString, OsString> {
        match &self.source {
            Source::Played(replay) => replay.environment(launch),
            Source::Made(made) => made.recorder.environment(launch),
            Source::Plain(cli) => cli.environment(launch),
        }
    }

    fn taken(&self) {
        match &self.source {
            Source::Played(replay) => replay.taken(),
            Source::Made(made) => made.recorder.taken(),
            Source::Plain(cli) => cli.taken(),
        }
    }

    /// [`finish`](Self::finish) says what is left.
    fn unfinished(&self) -> Option<String> {
        None
    }
}

impl Made {
    /// Renames the complete recordings, and replaces the old ones.
    async fn publish(&self, path: &Path) -> Result<(), Error> {
        let made = self.recorder.paths();
        if made.is_empty() {
            return Err(Error::empty(path));
        }
        if self.folder.is_some() && made.iter().all(|partial| !partial.exists()) {
            // They have their final names already.
            return Ok(());
        }
        self.recorder.flush().await?;
        if !self.recorder.is_sealed() {
            return Err(Error::unfinished(path));
        }
        if self.folder.is_some() {
            replace_recordings(path, &made).map_err(|error| Error::io(path, error))?;
            return Ok(());
        }
        // The first comes last: while it is missing, so is the recording.
        for (index, partial) in made.iter().enumerate().rev() {
            let name = numbered(path, index + 1);
            if partial.exists() {
                move_kept(partial, &name).map_err(|error| Error::io(&name, error))?;
            }
            match std::fs::rename(partial, &name) {
                // It has its final name already.
                Err(error) if error.kind() == io::ErrorKind::NotFound && name.exists() => {}
                renamed => renamed.map_err(|error| Error::io(&name, error))?,
            }
        }
        // Left from a session that connected more often than this one.
        for later in (made.len() + 1..)
            .map(|number| numbered(path, number))
            .take_while(|later| later.exists())
        {
            let removed = std::fs::remove_file(&later).and_then(|()| remove_kept(&later));
            removed.map_err(|error| Error::io(&later, error))?;
        }
        Ok(())
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        for partial in self.recorder.paths() {
            // A complete one has its final name by now.
            let _ = std::fs::remove_file(&partial);
            let _ = remove_kept(&partial);
        }
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_dir(folder);
        }
    }
}

/// A name in the same folder that no other recorder has.
fn partial(path: &Path) -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}-{}.partial", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
    path.with_file_name(name)
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Played(_) => "Played",
            Self::Made(_) => "Made",
            Self::Plain(_) => "Plain",
        })
    }
}

fn play(path: &Path) -> Result<Replay, Error> {
    if is_recordings_folder(path) {
        return Replay::open(path).map_err(|error| Error::unplayable(path, error));
    }
    let mut recordings = Vec::new();
    for path in std::iter::once(path.to_owned()).chain(further(path)) {
        let recording = Recording::open(&path)
            .and_then(|recording| recording.require_whole().map(|()| recording));
        let recording = recording.map_err(|error| Error::unplayable(&path, error))?;
        recordings.push((path, recording));
    }
    // `Recorded::finish` verifies.
    Ok(Replay::of_files(recordings).unverified())
}

/// The existing recordings of further connections.
fn further(path: &Path) -> Vec<PathBuf> {
    (2..).map(|number| numbered(path, number)).take_while(|path| path.exists()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Session;
    use crate::{Scenario, reply};

    fn cli(says: &str) -> Scenario {
        Scenario::new().on_prompt("Hello", reply().text(says))
    }

    struct Setup {
        _folder: tempfile::TempDir,
        path: PathBuf,
    }

    fn setup() -> Setup {
        let folder = tempfile::tempdir().unwrap();
        Setup { path: folder.path().join("x.jsonl"), _folder: folder }
    }

    impl Setup {
        fn choose(&self, says: &str, mode: Mode, refused: bool) -> Result<Recorded, Error> {
            Recorded::choose(
                self.path.clone(),
                cli(says),
                mode,
                |recorder| recorder.cli_version("2.1.329"),
                refused,
            )
        }

        /// A typical test of a user.
        async fn run(&self, says: &str, mode: Mode) -> String {
            let cli = self.choose(says, mode, false).unwrap();
            let session = Session::builder().transport(cli.clone()).start().unwrap();
            let said = session.query("Hello").text().await.unwrap();
            session.stop().await.unwrap();
            cli.finish().await.unwrap();
            said
        }
    }

    #[tokio::test(start_paused = true)]
    async fn once_records_and_then_plays() {
        let setup = setup();
        assert_eq!(setup.run("one", Mode::Once).await, "one");
        assert_eq!(Recording::open(&setup.path).unwrap().header.cli.as_deref(), Some("2.1.329"));
        assert_eq!(setup.run("two", Mode::Once).await, "one");
        assert_eq!(setup.run("two", Mode::None).await, "one");
        assert!(
            setup.choose("two", Mode::Once, true).unwrap().is_played(),
            "a build server may play"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_recording_makes_its_folder() {
        let Setup { _folder, path } = setup();
        let setup = Setup { path: path.with_file_name("new").join("x.jsonl"), _folder };
        assert!(
            setup.choose("one", Mode::None, false).is_err()
                && !setup.path.parent().unwrap().exists()
        );
        assert_eq!(setup.run("one", Mode::Once).await, "one");
        assert_eq!(setup.run("two", Mode::None).await, "one");
    }

    #[tokio::test(start_paused = true)]
    async fn rewrite_records_again_and_passthrough_does_neither() {
        let setup = setup();
        assert_eq!(setup.run("one", Mode::Rewrite).await, "one");
        let before = std::fs::read(&setup.path).unwrap();
        assert_eq!(setup.run("two", Mode::Passthrough).await, "two");
        assert_eq!(std::fs::read(&setup.path).unwrap(), before);
        let later = setup.path.with_file_name("x-2.jsonl");
        std::fs::write(&later, "of a session that reconnected").unwrap();
        assert_eq!(setup.run("two", Mode::Rewrite).await, "two");
        assert!(!later.exists());
        assert_eq!(setup.run("three", Mode::None).await, "two");
    }

    #[tokio::test(start_paused = true)]
    async fn a_test_that_fails_half_way_leaves_what_was_there() {
        let setup = setup();
        let half = async |mode| {
            let cli = setup.choose("half", mode, false).unwrap();
            let session = Session::builder().transport(cli.clone()).start().unwrap();
            session.query("Hello").text().await.unwrap();
            let error = cli.finish().await.unwrap_err();
            assert!(error.is_unfinished() && error.to_string().contains("x.jsonl"), "{error}");
            session.stop().await.unwrap();
        };
        let names = || {
            std::fs::read_dir(setup.path.parent().unwrap())
                .unwrap()
                .map(|entry| entry.unwrap().file_name())
                .collect::<Vec<_>>()
        };
        half(Mode::Once).await;
        assert_eq!(names(), [""; 0]);
        setup.run("one", Mode::Once).await;
        half(Mode::Rewrite).await;
        assert_eq!(names(), ["x.jsonl"]);
        assert_eq!(setup.run("two", Mode::None).await, "one");
    }

    #[tokio::test(start_paused = true)]
    async fn a_folder_has_one_recording_for_each_connection() {
        let Setup { _folder, path } = setup();
        let setup = Setup { path: path.with_file_name("launches"), _folder };
        let run = async |mode, words: [&str; 2]| {
            let cli = Scenario::new()
                .on_prompt("one", reply().text(words[0]))
                .on_prompt("two", reply().text(words[1]));
            let cli = Recorded::choose(setup.path.clone(), cli, mode, |it| it, false).unwrap();
            let mut said = Vec::new();
            for prompt in ["one", "two"] {
                let session = Session::builder().transport(cli.clone()).start().unwrap();
                said.push(session.query(prompt).text().await.unwrap());
                session.stop().await.unwrap();
            }
            cli.finish().await.unwrap();
            cli.finish().await.unwrap();
            said
        };
        let names = |folder: &Path| {
            let mut names: Vec<_> = std::fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        };
        assert_eq!(run(Mode::Once, ["a", "b"]).await, ["a", "b"]);
        assert_eq!(names(&setup.path), ["001.jsonl", "002.jsonl"]);
        assert_eq!(names(setup.path.parent().unwrap()), ["launches"], "nothing temporary");
        std::fs::write(setup.path.join("rules.json"), "{}").unwrap();
        std::fs::write(setup.path.join("003.jsonl"), "of another launch").unwrap();
        assert_eq!(run(Mode::Rewrite, ["c", "d"]).await, ["c", "d"]);
        assert_eq!(names(&setup.path), ["001.jsonl", "002.jsonl", "rules.json"]);
        assert_eq!(run(Mode::Once, ["e", "f"]).await, ["c", "d"]);
    }

    #[cfg(unix)]
    #[tokio::test(start_paused = true)]
    async fn a_recording_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let setup = setup();
        setup.run("one", Mode::Once).await;
        assert_eq!(std::fs::metadata(&setup.path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[tokio::test(start_paused = true)]
    async fn a_missing_recording_says_how_to_make_it() {
        let setup = setup();
        let error = setup.choose("one", Mode::None, false).unwrap_err();
        let text = error.to_string();
        assert!(
            error.is_missing()
                && text.contains("x.jsonl")
                && text.contains("CLAUDE_WIRE_RECORD=once"),
            "{text}"
        );
        assert_eq!(error.path(), Some(setup.path.as_path()));
        assert_eq!(
            format!("{error:?}"),
            format!("Error({text})"),
            "what a test shows that fails by `unwrap`"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_build_server_does_not_record() {
        let setup = setup();
        for mode in [Mode::Once, Mode::Rewrite] {
            let error = setup.choose("one", mode, true).unwrap_err();
            assert!(
                error.is_refused() && error.to_string().contains("CLAUDE_WIRE_RECORD_IN_CI=1"),
                "{error}"
            );
        }
        assert!(setup.choose("one", Mode::Passthrough, true).is_ok());
        assert!(!setup.path.exists());
    }

    #[tokio::test(start_paused = true)]
    async fn differences_and_missing_recordings_are_reported_at_the_end() {
        let setup = setup();
        let error = setup.choose("one", Mode::Once, false).unwrap().finish().await.unwrap_err();
        assert!(error.is_empty(), "{error}");
        setup.run("one", Mode::Once).await;
        let unused = setup.choose("one", Mode::None, false).unwrap();
        let error = unused.finish().await.unwrap_err();
        assert!(error.is_divergence() && error.to_string().contains("x.jsonl"), "{error}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_that_connects_again_has_a_recording_for_each() {
        let setup = setup();
        for mode in [Mode::Once, Mode::None] {
            let turn = || reply().text("one");
            let cli = Scenario::new().on_prompt("Hello", turn()).on_prompt("Hello", turn());
            let cli = Recorded::choose(setup.path.clone(), cli, mode, |it| it, false).unwrap();
            for _ in 0..2 {
                let session = Session::builder().transport(cli.clone()).start().unwrap();
                assert_eq!(session.query("Hello").text().await.unwrap(), "one");
                session.stop().await.unwrap();
            }
            cli.finish().await.unwrap();
        }
        assert!(setup.path.with_file_name("x-2.jsonl").exists());
    }

    #[tokio::test(start_paused = true)]
    async fn redacted_prompts_match_in_a_replay() {
        let setup = setup();
        const PROMPT: &str = "Tell ann@x.io that the key is sk-ant-1";
        for mode in [Mode::Once, Mode::None] {
            let cli = Scenario::new().on_prompt(PROMPT, reply().text("Wrote to ann@x.io."));
            let cli = Recorded::choose(setup.path.clone(), cli, mode, |recorder| recorder, false)
                .unwrap();
            let session = Session::builder().transport(cli.clone()).start().unwrap();
            let answer = session.query(PROMPT).text().await.unwrap();
            assert_eq!(
                answer,
                if cli.is_played() {
                    "Wrote to user1@redacted.invalid."
                } else {
                    "Wrote to ann@x.io."
                }
            );
            session.stop().await.unwrap();
            cli.finish().await.unwrap();
        }
        assert!(!std::fs::read_to_string(&setup.path).unwrap().contains("ann@x.io"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_recording_that_was_cut_off_is_not_played() {
        let setup = setup();
        setup.run("one", Mode::Once).await;
        let whole = std::fs::read(&setup.path).unwrap();
        std::fs::write(&setup.path, &whole[..whole.len() / 2]).unwrap();
        let error = setup.choose("one", Mode::Once, false).unwrap_err();
        assert!(error.is_unplayable() && error.to_string().contains("truncated"), "{error}");
    }
}
