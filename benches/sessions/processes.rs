//! Sessions over stand-ins, each a process.

use std::path::PathBuf;

use claude_wire::player::PromptMatch;
use claude_wire::testing::mock_claude;
use claude_wire::{Scenario, Session, SessionBuilder, reply};

use crate::{run, runtime};

/// How many processes start at a time.
const STARTING: usize = 8;

pub(crate) fn run(sessions: usize) -> Vec<String> {
    let stand_in = StandIn::new();
    let make = |_| stand_in.session().start().expect("a session");
    let answer = |_, _| "An answer.".to_owned();
    run::run("processes", &runtime(), sessions, STARTING, Some(run::UNFAIR), make, answer)
}

/// A stand-in that answers any prompt.
pub(crate) struct StandIn {
    folder: tempfile::TempDir,
    pub(crate) cli: PathBuf,
}

impl StandIn {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let scenario = Scenario::new().when(PromptMatch::Any, reply().text("An answer.")).always();
        std::fs::write(folder.path().join("scenario.json"), scenario.unverified().to_json())
            .expect("a scenario");
        let cli = mock_claude().expect("`cargo build --release -p claude-wire-cli` builds it");
        Self { folder, cli }
    }

    pub(crate) fn env(&self) -> [(&'static str, String); 3] {
        let path = |name: &str| self.folder.path().join(name).display().to_string();
        [
            ("CLAUDE_WIRE_SCENARIO", path("scenario.json")),
            ("CLAUDE_CONFIG_DIR", path("config")),
            ("CLAUDE_WIRE_PAUSE", "0".into()),
        ]
    }

    pub(crate) fn session(&self) -> SessionBuilder {
        self.env()
            .into_iter()
            .fold(Session::builder().cli_path(&self.cli), |builder, (name, value)| {
                builder.env(name, value)
            })
    }
}
