//! What the environment asks for.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use claude_wire::player::Rules;
use claude_wire::recorder::Mode;

use super::source::Source;

/// Reserved names: if one is set, it is refused, because it would have no effect.
const RESERVED: [&str; 2] = ["CLAUDE_WIRE_FAULT", "CLAUDE_WIRE_SEED"];

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
        if let Some(name) = RESERVED.into_iter().find(|name| var(name).is_some()) {
            return Err(format!("{name} is not supported yet; unset it"));
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
            source: Source::read(
                |name| var(name).map(PathBuf::from),
                Mode::is_refused_where(|name| var(name)),
            ),
        })
    }
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
    fn what_is_not_supported_yet_is_refused() {
        for name in ["CLAUDE_WIRE_FAULT", "CLAUDE_WIRE_SEED"] {
            let why = read(&[("CLAUDE_WIRE_REPLAY", "a.jsonl"), (name, "7")]).unwrap_err();
            assert_eq!(why, format!("{name} is not supported yet; unset it"));
            assert!(
                read(&[("CLAUDE_WIRE_REPLAY", "a.jsonl"), (name, "")]).is_ok(),
                "an empty variable is an unset one"
            );
        }
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
