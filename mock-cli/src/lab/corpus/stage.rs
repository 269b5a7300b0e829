//! Where an entry is played: next to a CLI with its API and its files, or next to a replay without
//! them.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use claude_wire::lab::Hermetic;
use claude_wire::transport::{Environment, Inherit, Launch};
use claude_wire::{Scenario, Session, SessionBuilder};
use serde_json::Value;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::entry::{Content, Entry};
use super::host::Wait;
use super::log::{Channel, Item, Log};
use super::pattern::Pattern;

/// The folders of a replay: those that recordings have in place of the real ones.
const NEUTRAL_CWD: &str = "/home/user/project";
const NEUTRAL_HOME: &str = "/home/user";

/// What [`Hermetic`] sets that the CLI shows or that changes what it does.
const NEUTRAL_ENV: [(&str, &str); 6] = [
    ("ANTHROPIC_API_KEY", "sk-ant-api03-made-up"),
    ("ANTHROPIC_BASE_URL", "http://127.0.0.1:1"),
    ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
    ("CLAUDE_CONFIG_DIR", "/home/user/.claude"),
    ("HOME", NEUTRAL_HOME),
    ("TMPDIR", "/tmp"),
];
/// As [`Hermetic`] has it.
const MAX_RETRIES: u32 = 2;

/// A time that passes, on a paused clock, only when nothing else can happen.
const IDLE: Duration = Duration::from_secs(2);

/// Where an entry is played.
pub enum Stage<'a> {
    /// With a CLI.
    Live(&'a Hermetic),
    /// With a recording: gates and pipes are open. If a script must not go on too early, it also
    /// waits for a message. The host has these folders, by the names that they have in recordings,
    /// and neutral ones otherwise: those that the recording was expanded with.
    Replay(&'a BTreeMap<String, String>),
    /// With a simulated CLI, in a runtime whose clock is paused: where the live host waits for a
    /// gate or a pipe, this one waits until nothing else can happen.
    Simulated(&'a Scenario),
}

impl Stage<'_> {
    /// A session with nothing chosen but its folders and its API.
    pub(super) fn session(&self, entry: &Entry) -> SessionBuilder {
        let builder = match self {
            Self::Live(place) => place.session(),
            Self::Replay(folders) => Session::builder()
                .inherit_env(Inherit::None)
                .cwd(folder(folders, "cwd", NEUTRAL_CWD))
                .env("HOME", folder(folders, "home", NEUTRAL_HOME)),
            Self::Simulated(_) => {
                let builder = Session::builder()
                    .inherit_env(Inherit::None)
                    .cwd(NEUTRAL_CWD)
                    .max_retries(MAX_RETRIES);
                NEUTRAL_ENV
                    .iter()
                    .fold(builder, |builder, (name, value)| builder.env(*name, *value))
            }
        };
        entry.env.iter().fold(builder, |builder, (name, value)| match value {
            Some(value) => builder.env(name, value),
            None => builder.env_remove(name),
        })
    }

    /// A launch without a session.
    pub(super) fn launch(&self, entry: &Entry, args: &[String]) -> Launch {
        let (cwd, vars) = match self {
            Self::Live(place) => (place.cwd(), place.env()),
            Self::Replay(folders) => (
                folder(folders, "cwd", NEUTRAL_CWD).into(),
                vec![("HOME", folder(folders, "home", NEUTRAL_HOME).to_owned())],
            ),
            Self::Simulated(_) => {
                let retries = ("CLAUDE_CODE_MAX_RETRIES", MAX_RETRIES.to_string());
                let vars = NEUTRAL_ENV.iter().map(|(name, value)| (*name, (*value).to_owned()));
                (NEUTRAL_CWD.into(), vars.chain([retries]).collect())
            }
        };
        let env = vars
            .into_iter()
            .fold(Environment::new().inherit(Inherit::None), |env, (name, value)| {
                env.set(name, value)
            });
        let env = entry.env.iter().fold(env, |env, (name, value)| match value {
            Some(value) => env.set(name, value),
            None => env.remove(name),
        });
        Launch {
            args: args.iter().map(Into::into).collect(),
            env,
            cwd: Some(cwd),
            ..Launch::default()
        }
    }

    pub(super) fn release(&self, gate: &str) {
        match self {
            Self::Live(place) => place.api().release(gate),
            Self::Replay(_) => {}
            Self::Simulated(scenario) => release(scenario, gate),
        }
    }

    /// Makes an empty file in the working folder.
    pub(super) fn touch(&self, file: &str) -> Result<(), String> {
        match self {
            Self::Live(place) => fs::write(place.cwd().join(file), "")
                .map_err(|error| format!("the file {file:?}: {error}")),
            Self::Replay(_) | Self::Simulated(_) => Ok(()),
        }
    }

    /// Makes a folder in the working folder, and returns its path.
    pub(super) fn folder(&self, name: &str) -> Result<PathBuf, String> {
        match self {
            Self::Live(place) => {
                let folder = place.cwd().join(name);
                fs::create_dir(&folder).map_err(|error| format!("the folder {name:?}: {error}"))?;
                Ok(folder)
            }
            Self::Replay(folders) => Ok(Path::new(folder(folders, "cwd", NEUTRAL_CWD)).join(name)),
            Self::Simulated(_) => Ok(Path::new(NEUTRAL_CWD).join(name)),
        }
    }

    /// Waits for a condition that is not about turns.
    pub(super) async fn wait(&self, wait: &Wait, log: &Log) -> Result<(), String> {
        let like = |pattern: &Pattern, items: &[Item]| {
            items.iter().filter_map(Item::message).filter(|message| pattern.fits(message)).count()
        };
        let exits =
            |items: &[Item]| items.iter().filter(|item| item.channel == Channel::Exit).count();
        match (wait, self) {
            (Wait::Gate(gate), Self::Live(place)) => {
                tokio::select! {
                    // First, because the other would panic.
                    biased;
                    refused = place.api().refused() => return Err(refused.to_string()),
                    () = place.api().reached(gate) => {}
                }
            }
            (Wait::Pipe(name), Self::Live(place)) => {
                written(&place.cwd().join(name))
                    .await
                    .map_err(|error| format!("the pipe {name:?}: {error}"))?;
            }
            (Wait::Gate(_) | Wait::Pipe(_), Self::Replay(_)) => {}
            // Not a race: on the paused clock this passes only when nothing else can happen.
            (Wait::Gate(_) | Wait::Pipe(_), Self::Simulated(_)) => tokio::time::sleep(IDLE).await,
            (Wait::Message(pattern, times), _) => {
                log.until(|items| like(pattern, items) >= *times).await
            }
            (Wait::Exits(times), _) => log.until(|items| exits(items) >= *times).await,
            // Handled by the session.
            (Wait::Turns, _) => {}
        }
        Ok(())
    }
}

fn folder<'a>(folders: &'a BTreeMap<String, String>, name: &str, neutral: &'a str) -> &'a str {
    folders.get(name).map_or(neutral, String::as_str)
}

/// A server on loopback with the answers of the entry; hooks of the settings post to it. It serves
/// until it is dropped.
pub(super) struct Http(MockServer);

impl Http {
    /// Starts a server that answers every request to one of these paths with its JSON, and others
    /// with 404.
    pub(super) async fn start(answers: &BTreeMap<String, Value>) -> Self {
        let server = MockServer::start().await;
        for (at, answer) in answers {
            let answer = ResponseTemplate::new(200).set_body_json(answer);
            Mock::given(path(at.as_str())).respond_with(answer).mount(&server).await;
        }
        Self(server)
    }

    pub(super) fn url(&self) -> String {
        self.0.uri()
    }
}

/// The placeholder for the address of the server in the files of an entry.
const PLACE: &str = "${http}";

/// The start of the path of a file in the folder of the CLI's settings.
const CONFIG: &str = "${config}/";

/// Makes the files of an entry, which may name the address of its server.
pub(super) fn furnish(entry: &Entry, place: &Hermetic, http: &Http) -> io::Result<()> {
    for (name, content) in &entry.files {
        let path = match name.strip_prefix(CONFIG) {
            Some(name) => place.config_dir().join(name),
            None => place.cwd().join(name),
        };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        match content {
            Content::Text(text) => fs::write(path, text)?,
            Content::Lines { lines } => fs::write(path, lines.join("\n") + "\n")?,
            Content::Json { json } => {
                fs::write(path, json.to_string().replace(PLACE, &http.url()))?;
            }
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

/// Waits until a named pipe is written to.
#[cfg(target_os = "linux")]
async fn written(path: &Path) -> io::Result<()> {
    use tokio::io::AsyncReadExt as _;
    // Opened for writing as well, so that the end of the only writer is not the end of the pipe.
    let mut pipe =
        tokio::net::unix::pipe::OpenOptions::new().read_write(true).open_receiver(path)?;
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

/// Lets a reply of the scenario go on.
fn release(scenario: &Scenario, gate: &str) {
    scenario.release(gate);
}
