//! The source of a session: recordings, a scenario, or the real CLI.

use std::path::PathBuf;

use claude_wire::faults::{FaultKind, FaultPlan};
use claude_wire::recorder::Mode;
use claude_wire::recording::is_recordings_folder;

use super::record::REAL_CLI;

/// The variables that name one; one at a time.
const VARIABLES: [&str; 3] =
    ["CLAUDE_WIRE_REPLAY", "CLAUDE_WIRE_SCENARIO", "CLAUDE_WIRE_RECORD_TO"];

/// Why a fault is refused.
pub(crate) const SPAWN_FAIL: &str = "spawn_fail cannot be injected by a process that runs already; point your program at a file \
                                     that cannot be executed";

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
    /// A folder of recordings, which the run may make.
    Once(PathBuf),
    /// A folder of recordings, which the run makes again.
    Rewrite(PathBuf),
    /// The real CLI, which is not recorded.
    PassThrough,
}

impl Source {
    /// `var` reads a variable; an empty one is an unset one. `refused`: recording is refused here.
    pub(crate) fn read(
        var: impl Fn(&str) -> Option<PathBuf>,
        refused: bool,
    ) -> Result<Self, String> {
        let legacy = match var("CLAUDE_WIRE_DIALECT") {
            None => false,
            Some(dialect) if dialect.as_os_str() == "legacy" => true,
            Some(other) => {
                return Err(format!("CLAUDE_WIRE_DIALECT must be legacy, or unset, not {other:?}"));
            }
        };
        let mode = match var("CLAUDE_WIRE_RECORD") {
            None => None,
            Some(name) => {
                Some(name.to_string_lossy().parse::<Mode>().map_err(|error| error.to_string())?)
            }
        };
        let set: Vec<(&str, PathBuf)> =
            VARIABLES.into_iter().filter_map(|name| Some((name, var(name)?))).collect();
        let ignores = var("CLAUDE_WIRE_IGNORE").is_some();
        match (set.as_slice(), mode) {
            ([(name @ ("CLAUDE_WIRE_SCENARIO" | "CLAUDE_WIRE_RECORD_TO"), _)], _) if ignores => Err(format!(
                "CLAUDE_WIRE_IGNORE is for recordings that are replayed: with {name} nothing is compared; unset it"
            )),
            ([("CLAUDE_WIRE_REPLAY", _)], _) if legacy => {
                Err("CLAUDE_WIRE_DIALECT is for scenarios: a recording is played as it was recorded".to_owned())
            }
            ([("CLAUDE_WIRE_RECORD_TO", _)], _) if legacy => {
                Err("CLAUDE_WIRE_DIALECT is for scenarios: the real CLI speaks its own, and is recorded as it speaks".to_owned())
            }
            ([("CLAUDE_WIRE_RECORD_TO", _)], Some(_)) => Err(
                "CLAUDE_WIRE_RECORD and CLAUDE_WIRE_RECORD_TO are both set; leave one of them: CLAUDE_WIRE_RECORD_TO alone records, \
                 CLAUDE_WIRE_RECORD says whether the folder of CLAUDE_WIRE_REPLAY is recorded"
                    .to_owned(),
            ),
            ([("CLAUDE_WIRE_SCENARIO", _)], Some(mode)) if mode != Mode::None => Err(format!(
                "CLAUDE_WIRE_RECORD={mode} is for CLAUDE_WIRE_REPLAY: a scenario is not recorded; unset it"
            )),
            ([("CLAUDE_WIRE_REPLAY", path)], None | Some(Mode::None)) => {
                Ok(Self::Replay(path.clone()))
            }
            ([("CLAUDE_WIRE_REPLAY", path)], Some(mode)) => {
                Self::of_mode(path.clone(), mode, var, refused)
            }
            ([("CLAUDE_WIRE_SCENARIO", path)], _) => {
                Ok(Self::Scenario { path: path.clone(), legacy })
            }
            ([(_, path)], None) => Ok(Self::Record(path.clone())),
            ([], _) => Err("nothing to play: set CLAUDE_WIRE_REPLAY to the path of a recording or a folder of recordings, or \
                            CLAUDE_WIRE_SCENARIO to that of a scenario"
                .to_owned()),
            (several, _) => {
                let names: Vec<_> = several.iter().map(|(name, _)| *name).collect();
                Err(format!("{} are both set; leave one of them", names.join(" and ")))
            }
        }
    }

    /// Whether these faults can be injected into it.
    pub(crate) fn allows(&self, plan: &FaultPlan) -> Result<(), String> {
        if plan.faults().iter().any(|fault| fault.name() == "spawn_fail") {
            return Err(format!("CLAUDE_WIRE_FAULT: {SPAWN_FAIL}"));
        }
        let of_api = plan.faults().iter().find(|fault| fault.info().kind() == FaultKind::Api);
        match (self, of_api) {
            (Self::Record(_) | Self::Once(_) | Self::Rewrite(_) | Self::PassThrough, _) => {
                Err("CLAUDE_WIRE_FAULT is for what is played: a recording that is made, and the real CLI, get no faults; \
                     unset it"
                    .to_owned())
            }
            (Self::Replay(_), Some(fault)) => Err(format!(
                "CLAUDE_WIRE_FAULT: {}: a recording asks no API; inject it into a scenario",
                fault.name()
            )),
            _ => Ok(()),
        }
    }

    fn of_mode(
        path: PathBuf,
        mode: Mode,
        var: impl Fn(&str) -> Option<PathBuf>,
        refused: bool,
    ) -> Result<Self, String> {
        let asked = format!("CLAUDE_WIRE_RECORD={mode}");
        if var(REAL_CLI).is_none() {
            return Err(format!("{asked} needs {REAL_CLI}: the path of the claude to run"));
        }
        if mode == Mode::Passthrough {
            return Ok(Self::PassThrough);
        }
        if refused {
            return Err(format!(
                "{asked} is refused, because CI is set; record elsewhere, or set CLAUDE_WIRE_RECORD_IN_CI=1"
            ));
        }
        if var("CLAUDE_WIRE_RUN").is_none() {
            return Err(format!(
                "{asked} needs CLAUDE_WIRE_RUN: a folder that the launches of one test share, where recordings are made"
            ));
        }
        if !is_recordings_folder(&path) {
            return Err(format!(
                "{asked} needs a folder of recordings in CLAUDE_WIRE_REPLAY, not the file {}",
                path.display()
            ));
        }
        Ok(if mode == Mode::Once { Self::Once(path) } else { Self::Rewrite(path) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_where(vars: &[(&str, &str)], refused: bool) -> Result<Source, String> {
        Source::read(
            |name| vars.iter().find(|(var, _)| *var == name).map(|(_, value)| value.into()),
            refused,
        )
    }

    fn read(vars: &[(&str, &str)]) -> Result<Source, String> {
        read_where(vars, false)
    }

    fn why(vars: &[(&str, &str)]) -> String {
        read(vars).unwrap_err()
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
        assert!(
            why(&[("CLAUDE_WIRE_RECORD_TO", "f"), ("CLAUDE_WIRE_DIALECT", "legacy")])
                .contains("DIALECT is for scenarios")
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

    #[test]
    fn places_to_ignore_are_refused_where_nothing_is_compared() {
        let ignore = ("CLAUDE_WIRE_IGNORE", "--model");
        let legacy = ("CLAUDE_WIRE_DIALECT", "legacy");
        for vars in [
            &[("CLAUDE_WIRE_SCENARIO", "s"), ignore][..],
            &[("CLAUDE_WIRE_SCENARIO", "s"), legacy, ignore],
            &[("CLAUDE_WIRE_RECORD_TO", "f"), ignore],
        ] {
            let why = why(vars);
            assert!(why.contains("with CLAUDE_WIRE_") && why.contains("unset it"), "{why}");
        }
        assert_eq!(read(&[("CLAUDE_WIRE_REPLAY", "r"), ignore]), Ok(Source::Replay("r".into())));
    }

    #[test]
    fn a_mode_says_whether_a_folder_is_recorded() {
        let with = |mode: &'static str| {
            let vars = [
                ("CLAUDE_WIRE_REPLAY", "r"),
                ("CLAUDE_WIRE_REAL_CLI", "claude"),
                ("CLAUDE_WIRE_RUN", "run"),
                ("CLAUDE_WIRE_RECORD", mode),
            ];
            move |refused| read_where(&vars, refused)
        };
        assert_eq!(with("none")(true), Ok(Source::Replay("r".into())));
        assert_eq!(with("once")(false), Ok(Source::Once("r".into())));
        assert_eq!(with("rewrite")(false), Ok(Source::Rewrite("r".into())));
        assert_eq!(with("passthrough")(true), Ok(Source::PassThrough));
        for mode in ["once", "rewrite"] {
            assert!(with(mode)(true).unwrap_err().contains("CLAUDE_WIRE_RECORD_IN_CI=1"), "{mode}");
        }
        assert!(with("onec")(false).unwrap_err().contains("none, once, rewrite, passthrough"));
    }

    #[test]
    fn a_mode_without_what_it_needs_is_refused() {
        let replay = ("CLAUDE_WIRE_REPLAY", "r");
        let (cli, run) = (("CLAUDE_WIRE_REAL_CLI", "claude"), ("CLAUDE_WIRE_RUN", "run"));
        for mode in ["once", "rewrite"] {
            let mode = ("CLAUDE_WIRE_RECORD", mode);
            assert!(why(&[replay, mode, run]).contains("needs CLAUDE_WIRE_REAL_CLI"));
            assert!(why(&[replay, mode, cli]).contains("needs CLAUDE_WIRE_RUN"));
            let file = ("CLAUDE_WIRE_REPLAY", "r.jsonl");
            assert!(why(&[file, mode, cli, run]).contains("not the file r.jsonl"));
            let both = why(&[("CLAUDE_WIRE_RECORD_TO", "f"), mode, cli, run]);
            assert!(
                both.contains("CLAUDE_WIRE_RECORD and CLAUDE_WIRE_RECORD_TO are both set"),
                "{both}"
            );
            assert!(why(&[("CLAUDE_WIRE_SCENARIO", "s"), mode, cli, run]).contains("unset it"));
            assert!(why(&[mode, cli, run]).contains("nothing to play"));
        }
        let through = ("CLAUDE_WIRE_RECORD", "passthrough");
        assert!(why(&[replay, through]).contains("needs CLAUDE_WIRE_REAL_CLI"));
        assert_eq!(read(&[replay, through, cli]), Ok(Source::PassThrough));
    }
}
