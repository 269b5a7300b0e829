//! What is played: recordings or a scenario.

use std::path::Path;

use claude_wire::faults::{Fault, FaultPlan};
use claude_wire::player::{self, Report, RunFolder, Script, Signal, Streams};
use claude_wire::transport::{Exit, Launch};
use claude_wire::{CLI_VERSION, Replay, Scenario};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;

use super::environment::Environment;
use super::source::Source;

/// The name in the first line of a report.
const PROGRAM: &str = "mock-claude";

/// What a source held.
pub(crate) struct Loaded {
    /// In reports.
    pub(crate) name: String,
    content: Content,
}

enum Content {
    Recordings(Box<Replay>),
    Scenario(Box<Scenario>),
}

impl Loaded {
    pub(crate) fn read(source: &Source, run: Option<&RunFolder>) -> Result<Self, String> {
        match source {
            Source::Replay(path) | Source::Once(path) | Source::Rewrite(path) => {
                let named = |error: &dyn std::fmt::Display| format!("CLAUDE_WIRE_REPLAY: {error}");
                // `play` returns the report.
                let mut replay = Replay::open(path).map_err(|error| named(&error))?.unverified();
                if let Some(run) = run {
                    replay = replay
                        .in_run(run.clone())
                        .map_err(|error| format!("CLAUDE_WIRE_RUN: {error}"))?;
                }
                Ok(Self::of(path, Content::Recordings(Box::new(replay))))
            }
            Source::Record(_) | Source::PassThrough => {
                Err("the environment names nothing to play".to_owned())
            }
            Source::Scenario { path, legacy } => {
                let mut scenario = Scenario::load(path)
                    .map_err(|error| format!("CLAUDE_WIRE_SCENARIO: {error}"))?
                    .unverified();
                if *legacy {
                    scenario = scenario.legacy();
                }
                if let Some(run) = run {
                    let shared = run.plays(path, || false);
                    scenario = shared
                        .and_then(|_| scenario.in_run(run.clone()))
                        .map_err(|error| format!("CLAUDE_WIRE_RUN: {error}"))?;
                }
                Ok(Self::of(path, Content::Scenario(Box::new(scenario))))
            }
        }
    }

    fn of(path: &Path, content: Content) -> Self {
        Self { name: path.display().to_string(), content }
    }

    /// The version of the CLI that is played, if the source names it.
    pub(crate) fn version(&self) -> Option<String> {
        match &self.content {
            Content::Recordings(replay) => replay.cli_version(),
            Content::Scenario(_) => Some(CLI_VERSION.to_owned()),
        }
    }

    pub(crate) fn is_scenario(&self) -> bool {
        matches!(self.content, Content::Scenario(_))
    }

    /// The faults that are injected: those of the environment, and of a scenario's file.
    pub(crate) fn faults(&self, environment: &Environment) -> Vec<Fault> {
        let mut faults = match &self.content {
            Content::Recordings(_) => Vec::new(),
            Content::Scenario(scenario) => scenario.planned_faults(),
        };
        faults.extend(environment.faults.iter().flat_map(FaultPlan::faults).cloned());
        faults
    }

    pub(crate) fn warnings(&self) -> Vec<String> {
        match &self.content {
            Content::Recordings(replay) => replay.warnings(),
            Content::Scenario(_) => Vec::new(),
        }
    }

    /// Calls this if the launch differs, before its host can read about it.
    pub(crate) fn on_divergence(self, observer: impl Fn(&Report) + Send + Sync + 'static) -> Self {
        let content = match self.content {
            Content::Recordings(replay) => {
                Content::Recordings(Box::new(replay.on_divergence(observer)))
            }
            Content::Scenario(scenario) => {
                Content::Scenario(Box::new(scenario.on_divergence(observer)))
            }
        };
        Self { content, ..self }
    }

    /// Plays a launch with these arguments. `faults` are those of the environment.
    pub(crate) async fn play<R, W, E>(
        self,
        args: &[String],
        environment: &Environment,
        faults: Option<FaultPlan>,
        streams: Streams<R, W, E>,
        signals: mpsc::Receiver<Signal>,
    ) -> Result<(Exit, Report), String>
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
        E: AsyncWrite + Unpin,
    {
        // The wait for a process has a limit.
        let idle_timeout = environment.idle_timeout.unwrap_or(player::IDLE_TIMEOUT);
        let args = args.iter().map(Into::into).collect();
        let launch = Launch { args, ..Launch::default() };
        match self.content {
            Content::Recordings(replay) => {
                let mut replay = replay.pause(environment.pause).idle_timeout(idle_timeout);
                replay = replay.rules(environment.ignored.clone());
                replay = replay.reported_by(PROGRAM);
                if let Some(speed) = environment.speed {
                    replay = replay.speed(speed);
                }
                if let Some(faults) = faults {
                    replay = replay.faults(faults);
                }
                let played = replay.play(&launch, streams, signals).await;
                played.map_err(|error| why("CLAUDE_WIRE_REPLAY", &error))
            }
            Content::Scenario(mut scenario) => {
                if let Some(faults) = faults {
                    *scenario = scenario.faults(faults);
                }
                let change = |script: Script| {
                    let script = script.named(&self.name).pause(environment.pause);
                    let script = script.idle_timeout(idle_timeout).reported_by(PROGRAM);
                    match environment.speed {
                        Some(speed) => script.speed(speed),
                        None => script,
                    }
                };
                let played = scenario.play(&launch, change, streams, signals).await;
                played.map_err(|error| why("CLAUDE_WIRE_SCENARIO", &error))
            }
        }
    }
}

/// Why a launch cannot be played.
fn why(variable: &str, error: &dyn std::error::Error) -> String {
    let cause = error.source().map(ToString::to_string);
    format!("{variable}: {}", cause.unwrap_or_else(|| error.to_string()))
}
