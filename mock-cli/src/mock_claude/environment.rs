//! What the environment asks for.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use claude_wire::recording::Recording;

/// Where the words of the session may come from; one at a time.
const SOURCES: [&str; 3] = ["CLAUDE_WIRE_REPLAY", "CLAUDE_WIRE_SCENARIO", "CLAUDE_WIRE_RECORD_TO"];

/// The variables, read and checked.
#[derive(Debug, PartialEq)]
pub(crate) struct Environment {
    pub(crate) lenient: bool,
    pub(crate) speed: Option<f64>,
    pub(crate) idle_timeout: Option<Duration>,
    replay: Result<PathBuf, String>,
}

impl Environment {
    pub(crate) fn of_process() -> Result<Self, String> {
        Self::read(|name| env::var_os(name))
    }

    fn read(var: impl Fn(&str) -> Option<OsString>) -> Result<Self, String> {
        // An empty variable is an unset one.
        let var = |name: &str| var(name).filter(|value| !value.is_empty());
        Ok(Self {
            lenient: var("CLAUDE_WIRE_LENIENT").is_some_and(|value| value != "0"),
            speed: speed(var("CLAUDE_WIRE_SPEED"))?,
            idle_timeout: idle_timeout(var("CLAUDE_WIRE_IDLE_TIMEOUT"))?,
            replay: replay(var),
        })
    }

    /// The recording to play, whole.
    pub(crate) fn recording(&self) -> Result<Recording, String> {
        let path = self.replay.clone()?;
        let recording = Recording::open(&path).map_err(|error| format!("CLAUDE_WIRE_REPLAY: {error}"))?;
        recording.require_sealed().map_err(|error| format!("CLAUDE_WIRE_REPLAY: {}: {error}", path.display()))?;
        Ok(recording)
    }

    /// The recording's name in reports.
    pub(crate) fn name(&self) -> String {
        self.replay.as_ref().map_or_else(Clone::clone, |path| path.display().to_string())
    }

    /// What the variables of a recording stand for here.
    pub(crate) fn folders(&self) -> BTreeMap<String, String> {
        let cwd = env::current_dir().ok().and_then(|cwd| cwd.into_os_string().into_string().ok());
        let home = env::var("HOME").ok().filter(|home| !home.is_empty());
        [("cwd", cwd), ("home", home)].into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}

fn replay(var: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf, String> {
    let set: Vec<&str> = SOURCES.into_iter().filter(|name| var(name).is_some()).collect();
    match (set.as_slice(), var("CLAUDE_WIRE_REPLAY")) {
        ([_], Some(path)) => Ok(path.into()),
        ([], _) => Err("nothing to play: set CLAUDE_WIRE_REPLAY to the path of a recording".to_owned()),
        ([one], None) => Err(format!("{one} is not supported by this version; set CLAUDE_WIRE_REPLAY to the path of a recording")),
        (several, _) => Err(format!("{} are both set; leave one of them", several.join(" and "))),
    }
}

fn speed(value: Option<OsString>) -> Result<Option<f64>, String> {
    positive(value).map_err(|value| format!("CLAUDE_WIRE_SPEED must be a number over 0, such as 1 or 2.5, not {value:?}"))
}

fn idle_timeout(value: Option<OsString>) -> Result<Option<Duration>, String> {
    let wrong = |value| format!("CLAUDE_WIRE_IDLE_TIMEOUT must be a number of seconds over 0, such as 30 or 0.5, not {value:?}");
    // More than fits is for ever.
    Ok(positive(value).map_err(wrong)?.map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)))
}

/// A finite number over 0; the value where it is none.
fn positive(value: Option<OsString>) -> Result<Option<f64>, OsString> {
    let Some(value) = value else { return Ok(None) };
    let number = value.to_str().and_then(|text| text.parse::<f64>().ok()).filter(|number| number.is_finite() && *number > 0.0);
    number.map(Some).ok_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(vars: &[(&str, &str)]) -> Result<Environment, String> {
        Environment::read(|name| vars.iter().find(|(var, _)| *var == name).map(|(_, value)| value.into()))
    }

    #[test]
    fn reads_what_is_set() {
        let environment = read(&[
            ("CLAUDE_WIRE_REPLAY", "a.jsonl"),
            ("CLAUDE_WIRE_SPEED", "2.5"),
            ("CLAUDE_WIRE_IDLE_TIMEOUT", "0.5"),
            ("CLAUDE_WIRE_LENIENT", "1"),
        ]);
        let expected =
            Environment { lenient: true, speed: Some(2.5), idle_timeout: Some(Duration::from_millis(500)), replay: Ok("a.jsonl".into()) };
        assert_eq!(environment.unwrap(), expected);
        assert!(!read(&[("CLAUDE_WIRE_LENIENT", "0")]).unwrap().lenient);
    }

    #[test]
    fn one_source_and_no_other() {
        let why = |vars: &[(&str, &str)]| read(vars).unwrap().recording().unwrap_err();
        assert!(why(&[]).contains("set CLAUDE_WIRE_REPLAY"));
        assert!(why(&[("CLAUDE_WIRE_REPLAY", "")]).contains("nothing to play"));
        assert!(why(&[("CLAUDE_WIRE_SCENARIO", "s")]).contains("CLAUDE_WIRE_SCENARIO is not supported"));
        assert!(why(&[("CLAUDE_WIRE_REPLAY", "r"), ("CLAUDE_WIRE_SCENARIO", "s")]).contains("are both set"));
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
