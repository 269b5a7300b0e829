//! What the environment asks for.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use claude_wire::faults::FaultPlan;
use claude_wire::player::Rules;
use claude_wire::recorder::Mode;

use super::source::Source;

/// The variables, read and checked.
#[derive(Debug)]
pub(crate) struct Environment {
    pub(crate) lenient: bool,
    /// Whether a recording that is made is redacted.
    pub(crate) redact: bool,
    /// The files that are kept with a recording that is made.
    pub(crate) keep: Vec<String>,
    pub(crate) speed: Option<f64>,
    pub(crate) idle_timeout: Option<Duration>,
    /// Before a request of the CLI, and before a result.
    pub(crate) pause: Duration,
    /// What a replay does not compare.
    pub(crate) ignored: Rules,
    /// The folder that the launches of one test share.
    pub(crate) run: Option<PathBuf>,
    /// The file for the report of each launch.
    pub(crate) report: Option<PathBuf>,
    pub(crate) faults: Option<FaultPlan>,
    pub(crate) source: Result<Source, String>,
}

impl Environment {
    /// The variables that a program of this project reads. Others that begin like them have no
    /// effect.
    pub(crate) const NAMES: [&str; 21] = [
        "CLAUDE_WIRE_DIALECT",
        "CLAUDE_WIRE_FAULT",
        "CLAUDE_WIRE_IDLE_TIMEOUT",
        "CLAUDE_WIRE_IGNORE",
        "CLAUDE_WIRE_JOURNAL",
        "CLAUDE_WIRE_KEEP",
        "CLAUDE_WIRE_LENIENT",
        "CLAUDE_WIRE_MOCK_CLAUDE",
        "CLAUDE_WIRE_PAUSE",
        "CLAUDE_WIRE_REAL_CLI",
        "CLAUDE_WIRE_RECORD",
        "CLAUDE_WIRE_RECORD_IN_CI",
        "CLAUDE_WIRE_RECORD_TO",
        "CLAUDE_WIRE_REDACT",
        "CLAUDE_WIRE_REPLAY",
        "CLAUDE_WIRE_REPORT",
        "CLAUDE_WIRE_RUN",
        "CLAUDE_WIRE_SCENARIO",
        "CLAUDE_WIRE_SEED",
        "CLAUDE_WIRE_SPEED",
        "CLAUDE_WIRE_WRITE_DOCS",
    ];

    pub(crate) fn of_process() -> Result<Self, String> {
        Self::read(|name| env::var_os(name))
    }

    fn read(var: impl Fn(&str) -> Option<OsString>) -> Result<Self, String> {
        // An empty variable is an unset one.
        let var = |name: &str| var(name).filter(|value| !value.is_empty());
        let source = Source::read(
            |name| var(name).map(PathBuf::from),
            Mode::is_refused_where(|name| var(name)),
        );
        let faults = faults(var("CLAUDE_WIRE_FAULT"), var("CLAUDE_WIRE_SEED"))?;
        if let (Some(plan), Ok(source)) = (&faults, &source) {
            source.allows(plan)?;
        }
        let lenient = var("CLAUDE_WIRE_LENIENT").is_some_and(|value| value != "0");
        Ok(Self {
            lenient,
            redact: redact(var("CLAUDE_WIRE_REDACT"))?,
            keep: list(var("CLAUDE_WIRE_KEEP")),
            speed: speed(var("CLAUDE_WIRE_SPEED"))?,
            idle_timeout: idle_timeout(var("CLAUDE_WIRE_IDLE_TIMEOUT"))?,
            pause: pause(var("CLAUDE_WIRE_PAUSE"))?,
            ignored: ignored(var("CLAUDE_WIRE_IGNORE"), lenient)?,
            run: var("CLAUDE_WIRE_RUN").map(PathBuf::from),
            report: var("CLAUDE_WIRE_REPORT").map(PathBuf::from),
            faults,
            source,
        })
    }
}

/// The faults to inject, and the seed of those that have none of their own.
fn faults(faults: Option<OsString>, seed: Option<OsString>) -> Result<Option<FaultPlan>, String> {
    let seed = match seed {
        None => None,
        Some(seed) => {
            Some(seed.to_str().and_then(|text| text.parse::<u64>().ok()).ok_or_else(|| {
                format!("CLAUDE_WIRE_SEED must be a whole number, such as 7, not {seed:?}")
            })?)
        }
    };
    let Some(faults) = faults else {
        return match seed {
            Some(_) => {
                Err("CLAUDE_WIRE_SEED is for faults: set CLAUDE_WIRE_FAULT, or unset it".to_owned())
            }
            None => Ok(None),
        };
    };
    let plan = FaultPlan::parse(&faults.to_string_lossy());
    let plan = plan.map_err(|error| format!("CLAUDE_WIRE_FAULT: {error}"))?;
    Ok(Some(plan.seed(seed.unwrap_or_default())))
}

fn redact(value: Option<OsString>) -> Result<bool, String> {
    match value.as_ref().map(|value| value.to_str()) {
        None | Some(Some("on")) => Ok(true),
        Some(Some("off")) => Ok(false),
        Some(_) => Err(format!(
            "CLAUDE_WIRE_REDACT must be on or off, or unset, not {:?}",
            value.unwrap_or_default()
        )),
    }
}

fn ignored(value: Option<OsString>, lenient: bool) -> Result<Rules, String> {
    let places = list(value);
    let rules = if lenient { Rules::new().lenient() } else { Rules::new() };
    rules.ignore(places).map_err(|error| format!("CLAUDE_WIRE_IGNORE: {error}"))
}

/// What is between the commas of a value.
fn list(value: Option<OsString>) -> Vec<String> {
    let value = value.unwrap_or_default();
    let value = value.to_string_lossy();
    let items = value.split(',').map(str::trim).filter(|item| !item.is_empty());
    items.map(str::to_owned).collect()
}

fn speed(value: Option<OsString>) -> Result<Option<f64>, String> {
    positive(value).map_err(|value| {
        format!("CLAUDE_WIRE_SPEED must be a number over 0, such as 1 or 2.5, not {value:?}")
    })
}

fn idle_timeout(value: Option<OsString>) -> Result<Option<Duration>, String> {
    let wrong = |value| {
        format!(
            "CLAUDE_WIRE_IDLE_TIMEOUT must be a number of seconds over 0, such as 30 or 0.5, not {value:?}"
        )
    };
    // A time that does not fit is unlimited.
    Ok(positive(value)
        .map_err(wrong)?
        .map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)))
}

/// Enough for the programs that were tried, which queue messages and answer requests directly.
const PAUSE: Duration = Duration::from_millis(20);

fn pause(value: Option<OsString>) -> Result<Duration, String> {
    let Some(value) = value else { return Ok(PAUSE) };
    let number = value.to_str().and_then(|text| text.parse().ok()).map(Duration::from_millis);
    number.ok_or_else(|| {
        format!("CLAUDE_WIRE_PAUSE must be a whole number of milliseconds, such as 0 or 50, not {value:?}")
    })
}

/// A finite number over 0; otherwise the value as an error.
fn positive(value: Option<OsString>) -> Result<Option<f64>, OsString> {
    let Some(value) = value else { return Ok(None) };
    let number = value
        .to_str()
        .and_then(|text| text.parse::<f64>().ok())
        .filter(|number| number.is_finite() && *number > 0.0);
    number.map(Some).ok_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(vars: &[(&str, &str)]) -> Result<Environment, String> {
        Environment::read(|name| {
            vars.iter().find(|(var, _)| *var == name).map(|(_, value)| value.into())
        })
    }

    #[test]
    fn reads_what_is_set() {
        let environment = read(&[
            ("CLAUDE_WIRE_REPLAY", "a.jsonl"),
            ("CLAUDE_WIRE_SPEED", "2.5"),
            ("CLAUDE_WIRE_IDLE_TIMEOUT", "0.5"),
            ("CLAUDE_WIRE_LENIENT", "1"),
            ("CLAUDE_WIRE_PAUSE", "7"),
            ("CLAUDE_WIRE_RUN", "run"),
        ]);
        let read_all = environment.unwrap();
        assert!(read_all.lenient && read_all.redact);
        assert_eq!(read_all.speed, Some(2.5));
        assert_eq!(read_all.idle_timeout, Some(Duration::from_millis(500)));
        assert_eq!(read_all.pause, Duration::from_millis(7));
        assert_eq!(read_all.run, Some("run".into()));
        assert_eq!(read_all.report, None);
        assert_eq!(read_all.source, Ok(Source::Replay("a.jsonl".into())));
        assert!(!read(&[("CLAUDE_WIRE_LENIENT", "0")]).unwrap().lenient);
        assert!(
            read(&[("CLAUDE_WIRE_REPLAY", "")])
                .unwrap()
                .source
                .unwrap_err()
                .contains("nothing to play")
        );
    }

    #[test]
    fn faults_have_names_and_a_seed() {
        let faults = |vars: &[(&str, &str)]| {
            let vars = [&[("CLAUDE_WIRE_SCENARIO", "a.json")], vars].concat();
            read(&vars).map(|found| found.faults.map(|plan| plan.to_string()))
        };
        let fault = ("CLAUDE_WIRE_FAULT", "exit_mid_turn:nth=2; latency:seed=3");
        assert_eq!(faults(&[]), Ok(None));
        assert_eq!(
            faults(&[fault]),
            Ok(Some("exit_mid_turn:nth=2,seed=0;latency:seed=3".to_owned()))
        );
        assert_eq!(
            faults(&[fault, ("CLAUDE_WIRE_SEED", "7")]),
            Ok(Some("exit_mid_turn:nth=2,seed=7;latency:seed=3".to_owned()))
        );
        for (vars, why) in [
            (
                &[("CLAUDE_WIRE_FAULT", "exit_midturn")][..],
                "CLAUDE_WIRE_FAULT: no fault \"exit_midturn\"; did you mean exit_mid_turn?",
            ),
            (&[("CLAUDE_WIRE_FAULT", ";")], "CLAUDE_WIRE_FAULT: expected a fault"),
            (&[("CLAUDE_WIRE_FAULT", "spawn_fail")], "a process that runs already"),
            (&[fault, ("CLAUDE_WIRE_SEED", "x")], "CLAUDE_WIRE_SEED must be a whole number"),
            (&[("CLAUDE_WIRE_SEED", "7")], "set CLAUDE_WIRE_FAULT, or unset it"),
        ] {
            let error = faults(vars).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
        let api = ("CLAUDE_WIRE_FAULT", "api_529");
        assert!(faults(&[api]).is_ok());
        let why = read(&[("CLAUDE_WIRE_REPLAY", "a.jsonl"), api]).unwrap_err();
        assert!(why.contains("api_529: a recording asks no API"), "{why}");
        let record = [("CLAUDE_WIRE_RECORD_TO", "r"), ("CLAUDE_WIRE_FAULT", "crlf")];
        let why = read(&record).unwrap_err();
        assert!(why.contains("CLAUDE_WIRE_FAULT is for what is played"), "{why}");
    }

    #[test]
    fn ignored_places_are_checked() {
        let ignored = |value: &str| read(&[("CLAUDE_WIRE_IGNORE", value)]).map(|_| ());
        assert_eq!(ignored("--model, prompt[0],set_model /model,"), Ok(()));
        let why = ignored("--model,--modle").unwrap_err();
        assert!(why.starts_with("CLAUDE_WIRE_IGNORE: ignore[1]: \"--modle\""), "{why}");
    }

    #[test]
    fn redaction_is_on_or_off() {
        let redact = |value: &str| {
            read(&[("CLAUDE_WIRE_REDACT", value)]).map(|environment| environment.redact)
        };
        assert_eq!((redact(""), redact("on"), redact("off")), (Ok(true), Ok(true), Ok(false)));
        for value in ["0", "no", "Off", "true"] {
            let why = redact(value).unwrap_err();
            assert!(why.contains("must be on or off") && why.contains(value), "{why}");
        }
    }

    #[test]
    fn a_pause_is_a_number_of_milliseconds() {
        let pause = |value: &str| read(&[("CLAUDE_WIRE_PAUSE", value)]).map(|found| found.pause);
        assert_eq!(pause(""), Ok(Duration::from_millis(20)));
        assert_eq!(pause("0"), Ok(Duration::ZERO));
        for value in ["-1", "0.5", "off", "1s", "99999999999999999999"] {
            let why = pause(value).unwrap_err();
            assert!(why.contains("CLAUDE_WIRE_PAUSE") && why.contains(value), "{why}");
        }
    }

    #[test]
    fn a_speed_and_a_time_are_positive_numbers() {
        for number in ["0", "-1", "fast", "inf", "NaN"] {
            for name in ["CLAUDE_WIRE_SPEED", "CLAUDE_WIRE_IDLE_TIMEOUT"] {
                let why = read(&[(name, number)]).unwrap_err();
                assert!(why.contains(name) && why.contains(number), "{why}");
            }
        }
    }
}
