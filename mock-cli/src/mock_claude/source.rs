//! The source of a session: a recording, a scenario, or the real CLI.

use std::path::PathBuf;

use claude_wire::player::Script;
use claude_wire::recording::Recording;
use claude_wire::{CLI_VERSION, Scenario};

use super::environment;

/// The variables that name one; one at a time.
const VARIABLES: [&str; 3] =
    ["CLAUDE_WIRE_REPLAY", "CLAUDE_WIRE_SCENARIO", "CLAUDE_WIRE_RECORD_TO"];

/// What the environment names.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Source {
    Replay(PathBuf),
    Scenario {
        path: PathBuf,
        /// In the old dialect.
        legacy: bool,
    },
    /// The real CLI, whose recording goes there.
    Record(PathBuf),
}

/// What it held.
pub(crate) struct Loaded {
    /// In reports.
    pub(crate) name: String,
    content: Content,
}

enum Content {
    Recording(Box<Recording>),
    Scenario(Scenario),
}

impl Source {
    /// `var` reads a variable; an empty one is an unset one.
    pub(crate) fn read(var: impl Fn(&str) -> Option<PathBuf>) -> Result<Self, String> {
        let legacy = match var("CLAUDE_WIRE_DIALECT") {
            None => false,
            Some(dialect) if dialect.as_os_str() == "legacy" => true,
            Some(other) => {
                return Err(format!("CLAUDE_WIRE_DIALECT must be legacy, or unset, not {other:?}"));
            }
        };
        let set: Vec<(&str, PathBuf)> =
            VARIABLES.into_iter().filter_map(|name| Some((name, var(name)?))).collect();
        match set.as_slice() {
            [("CLAUDE_WIRE_REPLAY", _)] if legacy => {
                Err("CLAUDE_WIRE_DIALECT is for scenarios: a recording is played as it was recorded".to_owned())
            }
            [("CLAUDE_WIRE_RECORD_TO", _)] if legacy => {
                Err("CLAUDE_WIRE_DIALECT is for scenarios: the real CLI speaks its own, and is recorded as it speaks".to_owned())
            }
            [("CLAUDE_WIRE_RECORD_TO", _)] if var("CLAUDE_WIRE_JOURNAL").is_some() => {
                Err("CLAUDE_WIRE_JOURNAL and CLAUDE_WIRE_RECORD_TO are both set; leave one of them: the recording is the journal"
                    .to_owned())
            }
            [("CLAUDE_WIRE_REPLAY", path)] => Ok(Self::Replay(path.clone())),
            [("CLAUDE_WIRE_SCENARIO", path)] => Ok(Self::Scenario { path: path.clone(), legacy }),
            [(_, path)] => Ok(Self::Record(path.clone())),
            [] => Err("nothing to play: set CLAUDE_WIRE_REPLAY to the path of a recording, or CLAUDE_WIRE_SCENARIO to that of a scenario"
                .to_owned()),
            several => {
                let names: Vec<_> = several.iter().map(|(name, _)| *name).collect();
                Err(format!("{} are both set; leave one of them", names.join(" and ")))
            }
        }
    }

    pub(crate) fn load(&self) -> Result<Loaded, String> {
        match self {
            Self::Replay(path) => {
                let recording = Recording::open(path)
                    .map_err(|error| format!("CLAUDE_WIRE_REPLAY: {error}"))?;
                recording
                    .require_whole()
                    .map_err(|error| format!("CLAUDE_WIRE_REPLAY: {}: {error}", path.display()))?;
                Ok(Loaded {
                    name: path.display().to_string(),
                    content: Content::Recording(Box::new(recording)),
                })
            }
            Self::Record(_) => Err("CLAUDE_WIRE_RECORD_TO names nothing to play".to_owned()),
            Self::Scenario { path, legacy } => {
                let mut scenario = Scenario::load(path)
                    .map_err(|error| format!("CLAUDE_WIRE_SCENARIO: {error}"))?;
                if *legacy {
                    scenario = scenario.legacy();
                }
                Ok(Loaded {
                    name: path.display().to_string(),
                    content: Content::Scenario(scenario),
                })
            }
        }
    }
}

impl Loaded {
    /// The version of the CLI that is played, if the source names it.
    pub(crate) fn version(&self) -> Option<&str> {
        match &self.content {
            Content::Recording(recording) => recording.header.cli.as_deref(),
            Content::Scenario(_) => Some(CLI_VERSION),
        }
    }

    pub(crate) fn warnings(&self) -> &[String] {
        match &self.content {
            Content::Recording(recording) => recording.warnings(),
            Content::Scenario(_) => &[],
        }
    }

    /// For a launch with these arguments.
    pub(crate) fn script(&self, args: &[String]) -> Result<Script, String> {
        let script = match &self.content {
            Content::Recording(recording) => {
                let expanded = recording.expand(&environment::folders());
                Script::new(
                    &expanded
                        .map_err(|error| format!("CLAUDE_WIRE_REPLAY: {}: {error}", self.name))?,
                )
            }
            Content::Scenario(scenario) => scenario.script(args),
        };
        Ok(script.named(&self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(vars: &[(&str, &str)]) -> Result<Source, String> {
        Source::read(|name| {
            vars.iter().find(|(var, _)| *var == name).map(|(_, value)| value.into())
        })
    }

    #[test]
    fn exactly_one_source_is_accepted() {
        assert_eq!(read(&[("CLAUDE_WIRE_REPLAY", "r")]), Ok(Source::Replay("r".into())));
        assert_eq!(
            read(&[("CLAUDE_WIRE_SCENARIO", "s")]),
            Ok(Source::Scenario { path: "s".into(), legacy: false })
        );
        assert_eq!(read(&[("CLAUDE_WIRE_RECORD_TO", "f")]), Ok(Source::Record("f".into())));
        let legacy = read(&[("CLAUDE_WIRE_SCENARIO", "s"), ("CLAUDE_WIRE_DIALECT", "legacy")]);
        assert_eq!(legacy, Ok(Source::Scenario { path: "s".into(), legacy: true }));
        let why = |vars: &[(&str, &str)]| read(vars).unwrap_err();
        assert!(
            why(&[("CLAUDE_WIRE_RECORD_TO", "f"), ("CLAUDE_WIRE_DIALECT", "legacy")])
                .contains("DIALECT is for scenarios")
        );
        assert!(
            why(&[("CLAUDE_WIRE_RECORD_TO", "f"), ("CLAUDE_WIRE_JOURNAL", "j")])
                .contains("JOURNAL and CLAUDE_WIRE_RECORD_TO are both")
        );
        assert!(
            why(&[]).contains("set CLAUDE_WIRE_REPLAY")
                && why(&[]).contains("or CLAUDE_WIRE_SCENARIO")
        );
        assert!(
            why(&[("CLAUDE_WIRE_REPLAY", "r"), ("CLAUDE_WIRE_RECORD_TO", "f")])
                .contains("REPLAY and CLAUDE_WIRE_RECORD_TO are both")
        );
        assert!(
            why(&[("CLAUDE_WIRE_REPLAY", "r"), ("CLAUDE_WIRE_SCENARIO", "s")])
                .contains("REPLAY and CLAUDE_WIRE_SCENARIO are both set")
        );
    }
}
