//! A recorder around any transport.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::disk::{Disk, QUEUE, STALL};
use super::error::Error;
use super::filter::Filter;
use super::keep::{self, Keep};
use super::launch_context::LaunchContext;
use super::log::Log;
use super::tee::tee;
use crate::common::{lock, rfc3339};
use crate::recording::{Header, Redaction, Root};
use crate::transport::{self, BoxFuture, Connection, Launch, Notes, PathMap, Transport};

/// Records every connection of a transport to a file.
///
/// The first connection is recorded to the given path, a further one (a session that reconnects)
/// next to it: `x.jsonl`, `x-2.jsonl`, `x-3.jsonl`. All bytes of the three streams are recorded
/// unchanged, as lines; so are the end of each stream, the signals and the exit. The header has
/// only a short list of environment variables.
///
/// **Secrets never reach the file.** By default, what [`Redaction`] describes is replaced before a
/// line is written: keys, tokens, addresses, the CLI's own long texts, and what the launch gives
/// away (the working directory and the home folder become `${cwd}` and `${home}`; values of
/// `ANTHROPIC_API_KEY`, `*_TOKEN` and the like are found wherever they occur, also encoded; so is
/// the name of this machine, unless it is a plain word). [`redaction`](Self::redaction) adds what
/// only you know, [`unredacted`](Self::unredacted) turns it off.
///
/// The session is not disturbed. If the file cannot be created or written, the recording ends
/// there, and the error is logged and kept for [`error`](Self::error); the file can still be read
/// as a truncated recording. An existing file is such an error, unless
/// [`overwrite`](Self::overwrite) allows it. Each connection has a thread that redacts and writes;
/// up to 64 MiB may wait for it. A longer burst waits until half of that is written; if the file
/// accepts nothing for 5 seconds meanwhile, that is such an error too.
///
/// Clones share everything: keep one while the session owns the other.
/// Clones share everything: keep one while the session owns the other.
///
/// ```
/// use claude_wire::recorder::Recorder;
/// use claude_wire::recording::Recording;
/// use claude_wire::transport::{Exit, Launch, Memory, Transport};
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let echo = Memory::new(|_launch, mut peer| async move {
///     let _ = tokio::io::copy(&mut peer.stdin, &mut peer.stdout).await;
///     Exit::from_code(0)
/// });
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("echo.jsonl");
/// let recorder = Recorder::new(echo, &path);
/// let mut cli = recorder.open(Launch::default()).await?;
/// cli.stdin.write_all(b"{\"type\":\"user\"}\n").await?;
/// drop(cli.stdin);
/// cli.stdout.read_to_end(&mut Vec::new()).await?;
/// cli.stderr.read_to_end(&mut Vec::new()).await?;
/// cli.control.wait().await?;
/// recorder.flush().await?;
///
/// let recording = Recording::open(&path)?;
/// assert_eq!(recording.events.len(), 4, "in, eof, out, exit: {recording:?}");
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Recorder {
    inner: Arc<dyn Transport>,
    path: PathBuf,
    header: Header,
    overwrite: bool,
    /// Whether the path is a folder, with one recording for each connection.
    in_folder: bool,
    /// `None` to keep everything.
    redaction: Option<Redaction>,
    /// Which files are kept.
    keep: Vec<String>,
    /// How much may wait for the file, and how long the file may accept nothing.
    pub(super) queue: (usize, Duration),
    opened: Arc<Mutex<Vec<Disk>>>,
}

impl Recorder {
    /// Records what goes through `transport`, at `path`. Nothing is created before a connection is
    /// open.
    pub fn new(transport: impl Transport, path: impl Into<PathBuf>) -> Self {
        let mut header = Header::new();
        header.recorder = Some(concat!("claude-wire ", env!("CARGO_PKG_VERSION")).to_owned());
        Self {
            inner: Arc::new(transport),
            path: path.into(),
            header,
            overwrite: false,
            in_folder: false,
            redaction: Some(Redaction::new()),
            keep: Vec::new(),
            queue: (QUEUE, STALL),
            opened: Arc::default(),
        }
    }

    /// Sets the version of the CLI in the header, such as `2.1.329`. Otherwise the header gets, at
    /// the end, the version that the CLI reports in its first message, if it does.
    #[must_use]
    pub fn cli_version(mut self, version: impl Into<String>) -> Self {
        self.header.cli = Some(version.into());
        self
    }

    /// Whether existing files are replaced. Default: no.
    #[must_use]
    pub fn overwrite(mut self, yes: bool) -> Self {
        self.overwrite = yes;
        self
    }

    /// The path is a folder: `001.jsonl`, `002.jsonl`, ...
    pub(super) fn in_folder(mut self) -> Self {
        self.in_folder = true;
        self
    }

    /// Redacts this as well as what the rules find.
    #[must_use]
    pub fn redaction(mut self, redaction: Redaction) -> Self {
        self.redaction = Some(redaction);
        self
    }

    /// Keeps everything unchanged, secrets too; only the working directory becomes `${cwd}`, whose
    /// value is in the header. [`scrub`](crate::recording::scrub) such a recording before you share
    /// it.
    #[must_use]
    pub fn unredacted(mut self) -> Self {
        self.redaction = None;
        self
    }

    /// Keeps files that a launch leaves in its working directory: those that these patterns match
    /// when it has ended, such as `out/report.txt`, `*.md` or `src/**/*.rs`. They are copied next to
    /// the recording, from `DIR/NAME.jsonl` to `DIR/files/NAME`, where they replace those that it
    /// had. A [`Replay`](crate::Replay) of the recording puts them back.
    ///
    /// A pattern is a path below the working directory, with `/`. `*`, `?` and `[abc]` match within
    /// a name, and not its leading dot; `**` matches folders. Text is redacted as the recording is,
    /// with the same placeholders; what is not UTF-8 is kept as it is, and not searched. Links, and
    /// what is below one, are not kept, nor files over 1 MiB, over 16 MiB together, or over 1,000.
    /// [`not_kept`](Self::not_kept) says what was left out.
    ///
    /// What is not such a pattern is refused when the recorder is opened.
    #[must_use]
    pub fn keep_files(mut self, patterns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.keep.extend(patterns.into_iter().map(Into::into));
        self
    }

    /// The files of the launches so far that [`keep_files`](Self::keep_files) names and that were
    /// not kept, and why: one line each. A pattern that matches nothing is one, too. Complete after
    /// [`flush`](Self::flush).
    pub fn not_kept(&self) -> Vec<String> {
        self.opened().iter().flat_map(Disk::not_kept).collect()
    }

    /// The first error of the recordings so far. The sessions are not affected.
    pub fn error(&self) -> Option<Error> {
        self.opened().iter().find_map(Disk::error)
    }

    /// The files of the connections so far, in order.
    pub fn paths(&self) -> Vec<PathBuf> {
        self.opened().iter().map(|disk| disk.path().to_owned()).collect()
    }

    /// Waits until everything so far is in its file. Useful before a file is read, and before the
    /// program exits. When the last part of a connection is dropped, it waits by itself: up to 10
    /// seconds while the file makes progress, otherwise up to a second.
    ///
    /// # Errors
    /// The first error of the recordings so far.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the recorder writing.
    pub async fn flush(&self) -> Result<(), Error> {
        let opened = self.opened().clone();
        for disk in opened {
            // A blocking task, so that a paused clock does not run ahead of the disk. It only fails
            // when the runtime shuts down.
            let _ = tokio::task::spawn_blocking(move || disk.wait(Duration::MAX)).await;
        }
        self.error().map_or(Ok(()), Err)
    }

    /// Whether every recording so far has its footer.
    pub(super) fn is_sealed(&self) -> bool {
        self.opened().iter().all(Disk::is_sealed)
    }

    /// Waits until everything so far is in its file, or the file makes no progress for `stall`.
    pub(super) async fn settle(&self, stall: Duration) {
        let opened = self.opened().clone();
        for disk in opened {
            // It only fails when the runtime shuts down.
            let _ =
                tokio::task::spawn_blocking(move || disk.wait_while_moving(stall, Duration::MAX))
                    .await;
        }
    }

    /// Opens the recorded transport.
    pub(super) async fn open_inner(&self, launch: Launch) -> Result<Connection, transport::Error> {
        for pattern in &self.keep {
            keep::check(pattern).map_err(transport::Error::other)?;
        }
        self.inner.open(launch).await
    }

    pub(super) fn begin(&self, launch: &Launch, start: Instant, notes: Option<Notes>) -> Log {
        let mut header = self.header.clone();
        header.recorded_at = Some(rfc3339(SystemTime::now()));
        header.argv = Some(launch.args.iter().map(text).collect());
        let env = launch.env.resolve(std::env::vars_os(), launch.cwd.as_deref());
        let launch_context =
            LaunchContext { env, cwd: launch.working_dir(), given_cwd: launch.cwd.clone() };
        header.env = launch_context.named();
        let filter = match &self.redaction {
            Some(redaction) => {
                Filter::redacting(&launch_context.redaction(redaction.clone()), &mut header)
            }
            None => {
                let roots: Vec<Root> = launch_context
                    .cwd
                    .iter()
                    .cloned()
                    .map(|cwd| Root::new("cwd", cwd.clone(), cwd))
                    .collect();
                Filter::hiding(&roots, &mut header)
            }
        };
        let mut opened = self.opened();
        let number = opened.len() + 1;
        let path = if self.in_folder {
            self.path.join(format!("{number:03}.jsonl"))
        } else {
            numbered(&self.path, number)
        };
        let keep = (!self.keep.is_empty()).then(|| Keep {
            patterns: self.keep.clone(),
            cwd: launch.working_dir().map(Into::into),
        });
        let disk = Disk::create(path, header, filter, self.overwrite, keep, self.queue);
        opened.push(disk.clone());
        Log::new(disk, start, notes)
    }

    fn opened(&self) -> MutexGuard<'_, Vec<Disk>> {
        lock(&self.opened)
    }
}

/// As for the inner transport. A connection that cannot be opened leaves no file.
impl Transport for Recorder {
    fn open(&self, launch: Launch) -> BoxFuture<'_, Result<Connection, transport::Error>> {
        Box::pin(async move {
            let (start, given) = (Instant::now(), launch.clone());
            let connection = self.open_inner(launch).await?;
            let notes = connection.control.notes();
            Ok(tee(connection, self.begin(&given, start, notes)))
        })
    }

    fn runs_here(&self) -> bool {
        self.inner.runs_here()
    }

    fn path_map(&self) -> Option<&PathMap> {
        self.inner.path_map()
    }

    fn environment(&self, launch: &Launch) -> BTreeMap<OsString, OsString> {
        self.inner.environment(launch)
    }

    fn taken(&self) {
        self.inner.taken();
    }

    fn unfinished(&self) -> Option<String> {
        self.inner.unfinished()
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder")
            .field("path", &self.path)
            .field("overwrite", &self.overwrite)
            .finish_non_exhaustive()
    }
}

/// `x.jsonl`, `x-2.jsonl`, ...
pub(super) fn numbered(path: &Path, number: usize) -> PathBuf {
    if number == 1 {
        return path.to_owned();
    }
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-{number}"));
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

fn text(text: &OsString) -> String {
    text.to_string_lossy().into_owned()
}
