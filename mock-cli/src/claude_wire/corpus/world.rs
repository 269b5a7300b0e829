//! What is around the host: the API behind the CLI and the files beside it, or, in a replay, neither.

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use claude_wire::hermetic::Hermetic;
use claude_wire::transport::{Environment, Inherit, Launch};
use claude_wire::{Session, SessionBuilder};

use super::entry::{Content, Entry};
use super::host::Wait;
use super::log::{Channel, Item, Log};
use super::pattern::Pattern;

/// The folders of a replay: those that recordings name in the place of the real ones.
const NEUTRAL_CWD: &str = "/home/user/project";
const NEUTRAL_HOME: &str = "/home/user";

/// Where an entry is played.
pub(crate) enum World<'a> {
    /// Before a CLI.
    Live(&'a Hermetic, &'a Marks),
    /// Before a recording, which has neither gates nor pipes. In their place the host waits until it has been told as much as it had been then.
    Replay(&'a Marks),
}

/// How much had been delivered when each wait for a gate or a pipe was over.
#[derive(Debug, Default)]
pub(crate) struct Marks(Mutex<VecDeque<usize>>);

impl Marks {
    fn set(&self, delivered: usize) {
        self.lock().push_back(delivered);
    }

    fn next(&self) -> usize {
        self.lock().pop_front().unwrap_or(0)
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl World<'_> {
    /// A session with nothing chosen but where it is.
    pub(super) fn session(&self, entry: &Entry) -> SessionBuilder {
        let builder = match self {
            Self::Live(place, _) => place.session(),
            Self::Replay(_) => Session::builder().inherit_env(Inherit::None).cwd(NEUTRAL_CWD).env("HOME", NEUTRAL_HOME),
        };
        entry.env.iter().fold(builder, |builder, (name, value)| match value {
            Some(value) => builder.env(name, value),
            None => builder.env_remove(name),
        })
    }

    /// A launch without a session.
    pub(super) fn launch(&self, entry: &Entry, args: &[String]) -> Launch {
        let (cwd, vars) = match self {
            Self::Live(place, _) => (place.cwd(), place.env()),
            Self::Replay(_) => (NEUTRAL_CWD.into(), vec![("HOME", NEUTRAL_HOME.into())]),
        };
        let env = vars.into_iter().fold(Environment::new().inherit(Inherit::None), |env, (name, value)| env.set(name, value));
        let env = entry.env.iter().fold(env, |env, (name, value)| match value {
            Some(value) => env.set(name, value),
            None => env.remove(name),
        });
        Launch { args: args.iter().map(Into::into).collect(), env, cwd: Some(cwd) }
    }

    pub(super) fn release(&self, gate: &str) {
        if let Self::Live(place, _) = self {
            place.api().release(gate);
        }
    }

    /// Waits for what is not about turns.
    pub(super) async fn wait(&self, wait: &Wait, log: &Log) -> Result<(), String> {
        let like =
            |pattern: &Pattern, items: &[Item]| items.iter().filter_map(Item::message).filter(|message| pattern.fits(message)).count();
        let exits = |items: &[Item]| items.iter().filter(|item| item.channel == Channel::Exit).count();
        match (wait, self) {
            (Wait::Gate(gate), Self::Live(place, marks)) => {
                place.api().reached(gate).await;
                marks.set(log.len());
            }
            (Wait::Pipe(name), Self::Live(place, marks)) => {
                written(&place.cwd().join(name)).await.map_err(|error| format!("the pipe {name:?}: {error}"))?;
                marks.set(log.len());
            }
            (Wait::Gate(_) | Wait::Pipe(_), Self::Replay(marks)) => {
                let delivered = marks.next();
                log.until(|items| items.len() >= delivered).await;
            }
            (Wait::Message(pattern, times), _) => log.until(|items| like(pattern, items) >= *times).await,
            (Wait::Exits(times), _) => log.until(|items| exits(items) >= *times).await,
            // The session's own business.
            (Wait::Turns, _) => {}
        }
        Ok(())
    }
}

/// Makes the files of an entry.
pub(super) fn furnish(entry: &Entry, cwd: &Path) -> io::Result<()> {
    for (name, content) in &entry.files {
        let path = cwd.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        match content {
            Content::Text(text) => fs::write(path, text)?,
            Content::Repeated { text, repeat } => fs::write(path, text.repeat(*repeat))?,
            Content::Pipe { .. } => make_pipe(&path)?,
        }
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn make_pipe(path: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    Ok(mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)?)
}

/// Waits until somebody writes to a named pipe.
#[cfg(target_os = "linux")]
async fn written(path: &Path) -> io::Result<()> {
    use tokio::io::AsyncReadExt as _;
    // Open for writing as well, so that the end of the one writer is not the end of the pipe.
    let mut pipe = tokio::net::unix::pipe::OpenOptions::new().read_write(true).open_receiver(path)?;
    pipe.read_u8().await.map(drop)
}

#[cfg(not(target_os = "linux"))]
fn make_pipe(_: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(target_os = "linux"))]
async fn written(_: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
