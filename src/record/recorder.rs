use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::date::rfc3339;
use super::disk::{Disk, QUEUE};
use super::error::Error;
use super::log::Log;
use super::tee::tee;
use crate::recording::{Header, Hider, Root};
use crate::transport::{self, BoxFuture, Connection, Launch, Transport};

/// The variables that a recording's header names: they change what the CLI does, and none of them is a secret.
const ENV: [&str; 12] = [
    "API_TIMEOUT_MS",
    "CLAUDE_AGENT_SDK_DISABLE_BUILTIN_AGENTS",
    "CLAUDE_AGENT_SDK_VERSION",
    "CLAUDE_CODE_DISABLE_BUNDLED_SKILLS",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
    "CLAUDE_CODE_ENABLE_SDK_FILE_CHECKPOINTING",
    "CLAUDE_CODE_ENTRYPOINT",
    "CLAUDE_CODE_MAX_RETRIES",
    "CLAUDE_CODE_STARTUP_FAILURE_RESULTS",
    "CLAUDE_CODE_STREAM_EVENT_HOLD_MS",
    "DISABLE_AUTOUPDATER",
    "DISABLE_TELEMETRY",
];

/// Records every connection of a transport to a file.
///
/// The first connection goes to the path given, a further one (a session that reconnects) to a file beside it: `x.jsonl`, `x-2.jsonl`,
/// `x-3.jsonl`. All bytes of the three streams are kept as they are, in lines; so are the end of each stream, the signals, the exit. Only
/// the working directory becomes the variable `${cwd}`, whose value the header holds, so that the recording can be played elsewhere. Of the
/// environment the header names a short list of variables and no others. What was said stands in the file: [`scrub`](crate::recording::scrub)
/// it before you share it.
///
/// The session is never disturbed. When the file cannot be created or written, the recording ends there, an error is logged and
/// kept for [`error`](Self::error); what is in the file can be read, as a truncated recording. A file that is there already is such an
/// error, unless the recorder was told to [`overwrite`](Self::overwrite). A thread of each connection's own writes; up to 64 MiB may wait
/// for a slow disk, and more than that is such an error too.
///
/// Clones share everything: keep one while the session owns the other.
///
/// ```
/// use claude_wire::record::Recorder;
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
    pub(super) queue: usize,
    opened: Arc<Mutex<Vec<Disk>>>,
}

impl Recorder {
    /// Records what goes through `transport`, at `path`. Nothing is created before a connection is open.
    pub fn new(transport: impl Transport, path: impl Into<PathBuf>) -> Self {
        let mut header = Header::new();
        header.recorder = Some(concat!("claude-wire ", env!("CARGO_PKG_VERSION")).to_owned());
        Self { inner: Arc::new(transport), path: path.into(), header, overwrite: false, queue: QUEUE, opened: Arc::default() }
    }

    /// Notes the version of the CLI, as in `2.1.329`, in the header: the header comes first in the file, and nothing on the wire says it
    /// before.
    #[must_use]
    pub fn cli_version(mut self, version: impl Into<String>) -> Self {
        self.header.cli = Some(version.into());
        self
    }

    /// Whether files that are there already are replaced. Default: no.
    #[must_use]
    pub fn overwrite(mut self, yes: bool) -> Self {
        self.overwrite = yes;
        self
    }

    /// The first error of the recordings so far. The sessions went on.
    pub fn error(&self) -> Option<Error> {
        self.opened().iter().find_map(Disk::error)
    }

    /// The files of the connections so far, in order.
    pub fn paths(&self) -> Vec<PathBuf> {
        self.opened().iter().map(|disk| disk.path().to_owned()).collect()
    }

    /// Waits until everything so far is in its file. Useful before a file is read, and before the program ends; a connection whose last part
    /// is dropped waits by itself, up to a second.
    ///
    /// # Errors
    /// The first error of the recordings so far.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the recorder writing.
    pub async fn flush(&self) -> Result<(), Error> {
        let opened = self.opened().clone();
        for disk in opened {
            // A blocking task, so that a paused clock does not run ahead of the disk. It fails only when the runtime goes down.
            let _ = tokio::task::spawn_blocking(move || disk.wait(Duration::MAX)).await;
        }
        self.error().map_or(Ok(()), Err)
    }

    fn begin(&self, launch: &Launch, start: Instant) -> Log {
        let mut header = self.header.clone();
        header.recorded_at = Some(rfc3339(SystemTime::now()));
        header.argv = Some(launch.args.iter().map(text).collect());
        let env = launch.env.resolve(std::env::vars_os(), launch.cwd.as_deref());
        let known = env.iter().filter(|(name, _)| ENV.iter().any(|known| name.as_os_str() == *known));
        header.env = known.map(|(name, value)| (text(name), text(value))).collect();
        let roots: Vec<Root> = cwd(launch).map(|cwd| Root::new("cwd", cwd.clone(), cwd)).into_iter().collect();
        let hider = Hider::new(&roots, &mut header);
        let mut opened = self.opened();
        let path = numbered(&self.path, opened.len() + 1);
        let disk = Disk::create(path, header, self.overwrite, self.queue);
        opened.push(disk.clone());
        Log::new(disk, hider, start)
    }

    fn opened(&self) -> MutexGuard<'_, Vec<Disk>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// As the transport inside; a connection that cannot be opened leaves no file.
impl Transport for Recorder {
    fn open(&self, launch: Launch) -> BoxFuture<'_, Result<Connection, transport::Error>> {
        Box::pin(async move {
            let (start, given) = (Instant::now(), launch.clone());
            let connection = self.inner.open(launch).await?;
            Ok(tee(connection, self.begin(&given, start)))
        })
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("path", &self.path).field("overwrite", &self.overwrite).finish_non_exhaustive()
    }
}

/// The working directory as the CLI sees it: without links.
fn cwd(launch: &Launch) -> Option<String> {
    let cwd = launch.cwd.clone().or_else(|| std::env::current_dir().ok())?;
    let cwd = cwd.canonicalize().unwrap_or(cwd);
    cwd.into_os_string().into_string().ok()
}

/// `x.jsonl`, `x-2.jsonl`, ...
fn numbered(path: &Path, number: usize) -> PathBuf {
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
